import { MidlockError, type Hex32, type NoteJson } from '@midlock/protocol';

/** Remembers which notes are promised to transactions in flight, so that two locks never take the same one. */
export interface NoteReservations {
  /** Picks free notes worth at least `amount` and reserves them until released or `untilMs`. */
  take(notes: readonly NoteJson[], amount: bigint, untilMs: bigint): readonly Hex32[];
  release(ids: readonly Hex32[]): void;
}

/** The ledger is the judge (MVCC); reservations only keep one process from racing with itself. */
export function createNoteReservations(nowMs: () => bigint): NoteReservations {
  const reserved = new Map<Hex32, bigint>();
  return {
    take: (notes, amount, untilMs) => {
      for (const [id, until] of reserved) if (until <= nowMs()) reserved.delete(id);
      const chosen = selectNotes(
        notes.filter(({ id }) => !reserved.has(id)),
        amount,
      );
      for (const id of chosen) reserved.set(id, untilMs);
      return chosen;
    },
    release: (ids) => {
      for (const id of ids) reserved.delete(id);
    },
  };
}

/**
 * Chooses notes worth at least `amount`, in this order: one of exactly that worth; the smallest single one above it;
 * else the largest ones until the sum suffices, so that few keys are touched. Pure.
 * @throws {MidlockError} BALANCE_INSUFFICIENT.
 */
export function selectNotes(notes: readonly NoteJson[], amount: bigint): readonly Hex32[] {
  const sorted = [...notes].sort((a, b) => compare(BigInt(a.amount), BigInt(b.amount)));
  const single = sorted.find((note) => BigInt(note.amount) >= amount);
  if (single !== undefined) return [single.id];
  const chosen: Hex32[] = [];
  let sum = 0n;
  for (const note of sorted.reverse()) {
    chosen.push(note.id);
    sum += BigInt(note.amount);
    if (sum >= amount) return chosen;
  }
  throw new MidlockError('BALANCE_INSUFFICIENT', { needed: amount, free: sum });
}

function compare(a: bigint, b: bigint): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
