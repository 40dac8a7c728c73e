import type { Cursor, LedgerBlock, LedgerName, LedgerUpdate } from '@midlock/protocol';
import type { Bell } from './ports.ts';

/** What following needs of a model. */
export interface ModelChain {
  readonly ledger: LedgerName;
  blocks(): readonly Omit<LedgerBlock, 'ledger'>[];
  finalizedHeight(): bigint;
  /** Secrets outside blocks. */
  strayed(): readonly LedgerUpdate[];
}

/** Reports a model as an adapter reports a ledger: blocks in order, rollbacks, finality, strayed secrets. */
export async function* followModel(
  chain: ModelChain,
  bell: Bell,
  cursor: Cursor | undefined,
  signal: AbortSignal,
): AsyncGenerator<LedgerUpdate, void, undefined> {
  const { ledger } = chain;
  let at: Cursor | undefined = cursor;
  let finalized = -1n;
  while (!signal.aborted) {
    const blocks = chain.blocks();
    if (at !== undefined && blocks[Number(at.height)]?.hash !== at.hash) {
      // The model keeps no orphans: going back to the last final block is always far enough.
      const floor = blocks[Number(chain.finalizedHeight())];
      at = { height: floor?.height ?? 0n, hash: floor?.hash ?? '' };
      yield { kind: 'rollback', ledger, ...at };
    }
    for (const block of blocks.slice(at === undefined ? 0 : Number(at.height) + 1)) {
      at = { height: block.height, hash: block.hash };
      yield { kind: 'block', block: { ledger, ...block } };
    }
    const height = chain.finalizedHeight();
    const final = chain.blocks()[Number(height)];
    // The chain may have changed while a block was taken in; then what was reported is rolled back first.
    if (at !== undefined && chain.blocks()[Number(at.height)]?.hash !== at.hash) continue;
    if (height > finalized && final !== undefined) {
      finalized = height;
      yield { kind: 'finalized', ledger, height, hash: final.hash, timeSec: final.timeSec };
    }
    yield* chain.strayed();
    const seen = chain.blocks();
    if (seen.at(-1)?.hash === at?.hash && chain.finalizedHeight() <= finalized)
      await bell.wait(signal);
  }
}
