import type { Cursor, LedgerBlock, LedgerName, LedgerUpdate } from '@midlock/protocol';
import type { Bell } from './bell.ts';

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
  /** Up to here the consumer relies on finality: cursors stand at final blocks. */
  let promised = cursor?.height ?? -1n;
  /** Blocks that stand unless the chain has changed, oldest first. */
  let reported: Cursor[] = cursor === undefined ? [] : [cursor];
  while (!signal.aborted) {
    const blocks = chain.blocks();
    if (at !== undefined && blocks[Number(at.height)]?.hash !== at.hash) {
      // Finality may have passed the fork meanwhile: what was reported decides how far to go back, not what is final now.
      at = reported.findLast(({ height, hash }) => blocks[Number(height)]?.hash === hash) ?? {
        height: 0n,
        hash: blocks[0]?.hash ?? '',
      };
      const { height: top } = at;
      reported = reported.filter(({ height }) => height <= top);
      // As the adapter: where a final block was, the cursor's or a later one, there is another now.
      if (top < promised) {
        yield { kind: 'finality-regressed', ledger, fromHeight: promised, toHeight: top };
        [promised, finalized] = [top, -1n];
      }
      yield { kind: 'rollback', ledger, ...at };
    }
    for (const block of blocks.slice(at === undefined ? 0 : Number(at.height) + 1)) {
      at = { height: block.height, hash: block.hash };
      reported.push(at);
      yield { kind: 'block', block: { ledger, ...block } };
    }
    const height = chain.finalizedHeight();
    const final = chain.blocks()[Number(height)];
    // The chain may have changed while a block was taken in; then what was reported is rolled back first.
    if (at !== undefined && chain.blocks()[Number(at.height)]?.hash !== at.hash) continue;
    if (height > finalized && final !== undefined) {
      [promised, finalized] = [height, height];
      yield { kind: 'finalized', ledger, height, hash: final.hash, timeSec: final.timeSec };
    }
    yield* chain.strayed();
    const seen = chain.blocks();
    if (seen.at(-1)?.hash === at?.hash && chain.finalizedHeight() <= finalized)
      await bell.wait(signal);
  }
}
