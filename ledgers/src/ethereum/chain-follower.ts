import {
  MidlockError,
  hashLockOf,
  type Cursor,
  type LedgerUpdate,
  type LegFact,
} from '@midlock/protocol';
import { createChainWindow, type SeenBlock } from './chain-window.ts';
import type { Endpoints } from './endpoints.ts';
import { readBlock, readFinalized, type Finality } from './finality.ts';
import { RpcRefusal } from './json-rpc.ts';
import { createRecent } from '../recent.ts';
import { sleep } from '../sleep.ts';
import type { BlockHeader } from './wire.ts';

export interface FollowOptions {
  readonly endpoints: Endpoints;
  readonly finality: Finality;
  /** First block that can hold a fact: where the escrow was deployed. */
  readonly startBlock: bigint;
  readonly pollMs: number;
  /** Blocks per log query while catching up; halved when a node refuses. */
  readonly logRange: bigint;
  /** How far below a cursor that no longer stands everything is read again. */
  readonly rescanBlocks: bigint;
  /** The facts of one block. */
  readonly factsIn: (block: BlockHeader) => Promise<readonly LegFact[]>;
  /** The facts of a range of final blocks, by block height ascending. */
  readonly factsBetween: (from: bigint, to: bigint) => Promise<readonly BlockFacts[]>;
  /** Secrets outside facts: pool and failed calldata. Must not throw. */
  readonly strayedSecrets: (block: BlockHeader | undefined) => Promise<readonly Uint8Array[]>;
  readonly onTrouble: (error: unknown) => void;
  /** Called after each poll that found a new head. */
  readonly onHead: () => Promise<void>;
}

/** A block of the past and what happened in it. */
export interface BlockFacts {
  readonly block: BlockHeader;
  readonly facts: readonly LegFact[];
}

const MAX_BACKOFF_MS = 15_000;
/** Secrets that were told already are not told again while they stand in the pool. */
const KEPT_SECRETS = 512;
/** So far behind finality it is cheaper to ask for ranges than for single blocks. */
const CATCH_UP_FROM = 16n;

/**
 * Follows a chain: blocks in order with their facts, `rollback` when a reported block no longer stands, `finalized` as
 * it moves. Every block that is not final is compared again at each poll. Trouble with nodes is reported and retried
 * with back-off; only the signal ends the sequence. While catching up, final blocks without facts are left out.
 */
export async function* followChain(
  options: FollowOptions,
  cursor: Cursor | undefined,
  signal: AbortSignal,
): AsyncGenerator<LedgerUpdate, void, undefined> {
  const follower = createFollower(options, cursor);
  let failures = 0;
  while (!signal.aborted) {
    try {
      yield* follower.poll(signal);
      failures = 0;
    } catch (error) {
      failures += 1;
      options.onTrouble(error);
    }
    await sleep(Math.min(options.pollMs * 2 ** Math.min(failures, 10), MAX_BACKOFF_MS), signal);
  }
}

interface Follower {
  poll(signal: AbortSignal): AsyncGenerator<LedgerUpdate, void, undefined>;
}

function createFollower(options: FollowOptions, cursor: Cursor | undefined): Follower {
  const { endpoints, startBlock } = options;
  const window = createChainWindow();
  const told = createRecent<string, true>(KEPT_SECRETS);
  let started = cursor === undefined;
  let logRange = options.logRange;
  let finalized: BlockHeader | undefined;
  let lastHeadHash: string | undefined;

  async function* poll(signal: AbortSignal): AsyncGenerator<LedgerUpdate, void, undefined> {
    const head = await endpoints.head();
    const final = await readFinalized(endpoints, options.finality, head);
    if (!started && cursor !== undefined) yield* resume(cursor);
    yield* rollBack(head);
    if (final !== null) yield* catchUp(final, head, signal);
    yield* append(head, signal);
    yield* reportFinality(final, head);
    yield* reportSecrets(undefined);
    if (head.hash !== lastHeadHash) {
      lastHeadHash = head.hash;
      await options.onHead();
    }
  }

  /** The cursor's block must still stand; else everything from a safe distance below is read again. */
  async function* resume({ height, hash }: Cursor): AsyncGenerator<LedgerUpdate> {
    const block = await readBlock(endpoints, height);
    if (block?.hash === hash) {
      window.push({ ...block, facts: [] });
    } else {
      const to = await existing(rescanFrom(height));
      window.push({ ...to, facts: [] });
      // Cursors stand at final blocks. A node without the block may lag; one with another in its place breaks the promise.
      if (block !== null && to.height < height)
        yield {
          kind: 'finality-regressed',
          ledger: 'ethereum',
          fromHeight: height,
          toHeight: to.height,
        };
      yield { kind: 'rollback', ledger: 'ethereum', height: to.height, hash: to.hash };
    }
    started = true;
  }

  /** A chain may have become shorter than the place to go back to. */
  async function existing(height: bigint): Promise<BlockHeader> {
    const block = (await readBlock(endpoints, height)) ?? (await readBlock(endpoints, 0n));
    if (block !== null) return block;
    throw new MidlockError('ENDPOINT_LIED', { what: 'no genesis block' });
  }

  async function* rollBack(head: BlockHeader): AsyncGenerator<LedgerUpdate> {
    const tip = window.tip();
    if (tip === undefined) return;
    const meeting = tip.height < head.height ? tip.height : head.height;
    const mine = window.at(meeting);
    // A head below everything in the window is a node that lags, or a chain set back behind finality: wait or be told.
    if (mine === undefined || (await stands(mine, head))) return;
    for (const candidate of window.descending()) {
      if (candidate.height < meeting && (await stands(candidate, head))) {
        yield* cutTo(candidate);
        return;
      }
    }
    // Not even the last final block stands.
    const to = await existing(rescanFrom((window.descending().at(-1) ?? mine).height));
    const orphans = window.cutAbove(-1n);
    window.push({ ...to, facts: [] });
    yield* rollback(to);
    yield* secretsOf(orphans);
  }

  /** The last block that is kept when nothing is sure from `height` on; block 0 holds no facts. */
  function rescanFrom(height: bigint): bigint {
    const back = height - options.rescanBlocks;
    const floor = startBlock > 0n ? startBlock - 1n : 0n;
    return back > floor ? back : floor;
  }

  async function stands(block: SeenBlock, head: BlockHeader): Promise<boolean> {
    if (block.height === head.height) return block.hash === head.hash;
    return (await readBlock(endpoints, block.height))?.hash === block.hash;
  }

  function* cutTo(block: SeenBlock): Generator<LedgerUpdate> {
    const orphans = window.cutAbove(block.height);
    yield* rollback(block);
    yield* secretsOf(orphans);
  }

  /** What an orphaned block revealed stays revealed. */
  function* secretsOf(orphans: readonly SeenBlock[]): Generator<LedgerUpdate> {
    for (const fact of orphans.flatMap(({ facts }) => facts)) {
      if (fact.kind === 'claimed') yield secretUpdate(fact.secret);
    }
  }

  /** Final history in ranges: a node that refuses a range is asked for half. */
  async function* catchUp(
    final: BlockHeader,
    head: BlockHeader,
    signal: AbortSignal,
  ): AsyncGenerator<LedgerUpdate> {
    const end = final.height < head.height ? final.height : head.height;
    while (nextHeight() + CATCH_UP_FROM <= end && !signal.aborted) {
      const from = nextHeight();
      const to = from + logRange - 1n < end ? from + logRange - 1n : end;
      const found = await factsBetween(from, to);
      if (found === undefined) continue;
      for (const { block, facts } of found) {
        if (block.height < to) yield* report(block, facts);
      }
      const last = await readBlock(endpoints, to);
      if (last === null) return;
      yield* report(last, found.find(({ block }) => block.hash === last.hash)?.facts ?? []);
      window.dropBelow(last.height);
    }
  }

  /** Undefined when the node refused the range; the next one is half as long. */
  async function factsBetween(
    from: bigint,
    to: bigint,
  ): Promise<readonly BlockFacts[] | undefined> {
    try {
      return await options.factsBetween(from, to);
    } catch (error) {
      if (!(error instanceof RpcRefusal) || logRange === 1n) throw error;
      logRange = logRange / 2n;
      return undefined;
    }
  }

  async function* append(head: BlockHeader, signal: AbortSignal): AsyncGenerator<LedgerUpdate> {
    while (nextHeight() <= head.height && !signal.aborted) {
      const block = nextHeight() === head.height ? head : await readBlock(endpoints, nextHeight());
      const tip = window.tip();
      // The chain changed between two calls: the next poll rolls back first.
      if (block === null || (tip?.height === block.height - 1n && tip.hash !== block.parentHash))
        return;
      yield* report(block, await options.factsIn(block));
      yield* reportSecrets(block);
    }
  }

  function* report(block: BlockHeader, facts: readonly LegFact[]): Generator<LedgerUpdate> {
    const { height, hash, parentHash, timeSec } = block;
    const tip = window.tip();
    if (
      tip !== undefined &&
      (height <= tip.height || (height === tip.height + 1n && parentHash !== tip.hash))
    )
      throw new MidlockError('ENDPOINT_LIED', { what: 'block that does not follow', height });
    window.push({ height, hash, timeSec, facts });
    yield {
      kind: 'block',
      block: { ledger: 'ethereum', height, hash, parentHash, timeSec, facts },
    };
  }

  function nextHeight(): bigint {
    const tip = window.tip();
    return tip === undefined ? startBlock : tip.height + 1n;
  }

  /** A node that has no final block to tell says nothing: what was final before stays so. */
  function* reportFinality(final: BlockHeader | null, head: BlockHeader): Generator<LedgerUpdate> {
    if (final === null) return;
    if (finalized !== undefined && isMerelyShorter(finalized, final, head)) return;
    if (finalized !== undefined && hasRegressed(finalized, final)) {
      yield* regress(final.height);
      finalized = final;
      return;
    }
    if (final.hash === finalized?.hash || !wasReported(final)) return;
    finalized = final;
    window.dropBelow(final.height);
    const { height, hash, timeSec } = final;
    yield { kind: 'finalized', ledger: 'ethereum', height, hash, timeSec };
  }

  /** By depth a shorter chain, or a node that lags, counts fewer blocks: what was final is so while the head is above it. */
  function isMerelyShorter(before: BlockHeader, now: BlockHeader, head: BlockHeader): boolean {
    const { mode } = options.finality;
    return mode === 'depth' && now.height < before.height && head.height >= before.height;
  }

  /** Final means nothing to the consumer before the block itself was reported. */
  function wasReported({ height, hash }: BlockHeader): boolean {
    const tip = window.tip();
    if (tip === undefined || height > tip.height) return false;
    return (window.at(height)?.hash ?? hash) === hash;
  }

  function* regress(toHeight: bigint): Generator<LedgerUpdate> {
    if (finalized === undefined) return;
    const fromHeight = finalized.height;
    finalized = undefined;
    yield { kind: 'finality-regressed', ledger: 'ethereum', fromHeight, toHeight };
  }

  /** Going back behind a final block breaks the node's promise: said before the rollback itself. */
  function* rollback({
    height,
    hash,
  }: Pick<SeenBlock, 'height' | 'hash'>): Generator<LedgerUpdate> {
    if (finalized !== undefined && height < finalized.height) yield* regress(height);
    yield { kind: 'rollback', ledger: 'ethereum', height, hash };
  }

  async function* reportSecrets(block: BlockHeader | undefined): AsyncGenerator<LedgerUpdate> {
    for (const secret of await options.strayedSecrets(block)) {
      const update = secretUpdate(secret);
      if (told.has(update.hashLock)) continue;
      told.set(update.hashLock, true);
      yield update;
    }
  }

  return { poll };
}

function hasRegressed(before: BlockHeader, now: BlockHeader): boolean {
  return now.height < before.height || (now.height === before.height && now.hash !== before.hash);
}

function secretUpdate(secret: Uint8Array): LedgerUpdate & { kind: 'secret' } {
  return { kind: 'secret', ledger: 'ethereum', hashLock: hashLockOf(secret), secret };
}
