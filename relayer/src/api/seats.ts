import { MidlockError } from '@midlock/protocol';

/** A bounded number of places, all together and for each caller. */
export interface Seats {
  /** Takes a place; what it returns gives it back. Throws OVERLOADED, with reason `rate` for the caller's own bound. */
  take(caller: string): () => void;
}

export function createSeats(most: number, mostPerCaller: number): Seats {
  const taken = new Map<string, number>();
  let all = 0;
  return {
    take(caller) {
      const own = taken.get(caller) ?? 0;
      if (own >= mostPerCaller)
        throw new MidlockError('OVERLOADED', { reason: 'rate', limit: mostPerCaller });
      if (all >= most)
        throw new MidlockError('OVERLOADED', { reason: 'event streams', limit: most });
      all += 1;
      taken.set(caller, own + 1);
      return () => {
        all -= 1;
        const left = (taken.get(caller) ?? 1) - 1;
        if (left === 0) taken.delete(caller);
        else taken.set(caller, left);
      };
    },
  };
}
