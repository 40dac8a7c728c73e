import { createMemoryStore, type Store } from '@midlock/client';

/** A store whose journal holds many events, and which says how far it was read. */
export interface EventStore extends Store {
  readonly readTo: () => number;
}

/** Fills a journal with `count` events of about `bytes` bytes. */
export async function createEventStore(count: number, bytes: number): Promise<EventStore> {
  const store = createMemoryStore();
  await store.commit({
    epoch: await store.acquireEpoch(),
    journal: Array.from({ length: count }, (_, index) => ({
      atMs: BigInt(index),
      swapId: null,
      kind: 'taken',
      data: { filler: 'x'.repeat(bytes) },
    })),
  });
  let readTo = 0;
  return {
    ...store,
    readTo: () => readTo,
    async journal(filter) {
      const rows = await store.journal(filter);
      // Looking one event up is not following.
      if (filter.limit > 1) readTo = Math.max(readTo, rows.at(-1)?.seq ?? 0);
      return rows;
    },
  };
}
