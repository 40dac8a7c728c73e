import { createHash } from 'node:crypto';
import type { Store } from '@midlock/client';
import { MidlockError, canonicalJson } from '@midlock/protocol';
import type { RouteCall } from './route.ts';

const KEPT = 10_000;

/** Gives the write of a key one effect, however often and by how many at once it is asked for, also across a crash. */
export interface IdempotentWrites {
  /**
   * Runs `work` alone among those with the caller's key. `work` calls `begin` once it knows that the request is not refused
   * and before it does anything; `begin` makes durable what must be the same in each repetition and returns it: that of the
   * first time, which `work` also gets as `noted` when there was one. A request without a key begins anew each time.
   * Throws IDEMPOTENCY_MISMATCH, REQUEST_INVALID.
   */
  run<T>(
    call: RouteCall,
    work: (begin: (note: string) => Promise<string>, noted: string | undefined) => Promise<T>,
  ): Promise<T>;
}

export function createIdempotentWrites(store: Store): IdempotentWrites {
  const busy = new Map<string, Promise<unknown>>();

  async function alone<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = busy.get(key) ?? Promise.resolve();
    const mine = before.then(work, work);
    busy.set(key, mine);
    try {
      return await mine;
    } finally {
      if (busy.get(key) === mine) busy.delete(key);
    }
  }

  return {
    run({ body, request, caller = '' }, work) {
      const given = keyOf(request.headers['idempotency-key']);
      if (given === undefined) return work((note) => Promise.resolve(note), undefined);
      const route = request.routeOptions.url ?? '';
      const key = `${route} ${caller} ${given}`;
      return alone(key, async () => {
        const fingerprint = createHash('sha256')
          .update(canonicalJson(body as object))
          .digest('hex');
        const known = await store.document('idempotency', key);
        const [first = '', noted = ''] = known?.split(' ') ?? [];
        if (known !== undefined && first !== fingerprint)
          throw new MidlockError('IDEMPOTENCY_MISMATCH');
        return work(
          async (note) => {
            if (known !== undefined) return noted;
            await store.putDocument('idempotency', key, `${fingerprint} ${note}`, KEPT);
            return note;
          },
          known === undefined ? undefined : noted,
        );
      });
    },
  };
}

function keyOf(header: string | string[] | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (typeof header === 'string' && /^[\x21-\x7e]{1,128}$/.test(header)) return header;
  throw new MidlockError('REQUEST_INVALID', { field: 'Idempotency-Key' });
}
