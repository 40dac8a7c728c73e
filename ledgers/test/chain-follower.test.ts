import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Cursor, LedgerUpdate } from '@midlock/protocol';
import { followChain, type FollowOptions } from '../src/ethereum/chain-follower.ts';
import { createEndpoints } from '../src/ethereum/endpoints.ts';
import { startAnvil, type Anvil } from './anvil.ts';

let anvil: Anvil;
beforeAll(async () => {
  anvil = await startAnvil('--no-mining');
});
afterAll(() => anvil.stop());

function options(finality: FollowOptions['finality'] = { mode: 'tag' }): FollowOptions {
  return {
    endpoints: createEndpoints({ urls: [anvil.url], chainId: 31_337n }),
    finality,
    startBlock: 0n,
    pollMs: 10,
    logRange: 2_000n,
    rescanBlocks: 64n,
    factsIn: () => Promise.resolve([]),
    factsBetween: () => Promise.resolve([]),
    strayedSecrets: () => Promise.resolve([]),
    onTrouble: () => undefined,
    onHead: () => Promise.resolve(),
  };
}

/** Waits until what was reported satisfies a condition. */
type Until = (seen: (updates: readonly LedgerUpdate[]) => boolean) => Promise<void>;

/** Follows until `done` says so; returns everything reported. */
async function collect(
  done: (updates: readonly LedgerUpdate[]) => boolean,
  cursor?: Cursor,
  act?: (until: Until) => Promise<void>,
  finality?: FollowOptions['finality'],
): Promise<LedgerUpdate[]> {
  const stop = new AbortController();
  const updates: LedgerUpdate[] = [];
  const acting = act?.(async (seen) => {
    while (!seen(updates)) await new Promise((resolve) => setTimeout(resolve, 10));
  });
  for await (const update of followChain(options(finality), cursor, stop.signal)) {
    updates.push(update);
    if (done(updates)) stop.abort();
  }
  await acting;
  return updates;
}

const blocksOf = (updates: readonly LedgerUpdate[]) =>
  updates.flatMap((update) => (update.kind === 'block' ? [update.block] : []));

async function blockAt(height: number | string): Promise<{ number: string; hash: string }> {
  const tag = typeof height === 'number' ? `0x${height.toString(16)}` : height;
  return (await anvil.rpc('eth_getBlockByNumber', tag, false)) as { number: string; hash: string };
}

describe('chain follower on anvil', () => {
  it('reports every block once, chained, and finality behind it', async () => {
    await anvil.mine(5);
    const updates = await collect((seen) => seen.some(({ kind }) => kind === 'finalized'));
    const blocks = blocksOf(updates);
    expect(blocks.map(({ height }) => height)).toEqual([0n, 1n, 2n, 3n, 4n, 5n]);
    for (let i = 1; i < blocks.length; i += 1)
      expect(blocks[i]!.parentHash).toBe(blocks[i - 1]!.hash);
    expect(updates.at(-1)).toMatchObject({ kind: 'finalized', height: 3n });
  });

  it('resumes behind a cursor that stands', async () => {
    const { hash } = await blockAt(4);
    const updates = await collect((seen) => blocksOf(seen).length >= 1, { height: 4n, hash });
    expect(blocksOf(updates)[0]).toMatchObject({ height: 5n, parentHash: hash });
    expect(updates.some(({ kind }) => kind === 'rollback')).toBe(false);
  });

  it('tells of a cursor whose block was replaced, which was final, and takes it back', async () => {
    const hash = `0x${'11'.repeat(32)}`;
    const updates = await collect((seen) => blocksOf(seen).length >= 5, { height: 4n, hash });
    expect(updates.slice(0, 2)).toMatchObject([
      { kind: 'finality-regressed', fromHeight: 4n, toHeight: 0n },
      { kind: 'rollback', height: 0n },
    ]);
    expect(blocksOf(updates)[0]).toMatchObject({ height: 1n });
  });

  it('rolls back to the fork and reports the new branch', async () => {
    const head = await blockAt('latest');
    const forkHeight = BigInt(head.number) - 2n;
    let reorged = false;
    const updates = await collect(
      (seen) => reorged && blocksOf(seen).filter(({ height }) => height > forkHeight).length >= 4,
      undefined,
      async (until) => {
        await until((seen) => blocksOf(seen).at(-1)?.hash === head.hash);
        await anvil.rpc('anvil_reorg', 2, []);
        reorged = true;
      },
    );
    const at = updates.findIndex(({ kind }) => kind === 'rollback');
    expect(updates[at]).toMatchObject({ kind: 'rollback', height: forkHeight });
    const after = blocksOf(updates.slice(at));
    expect(after[0]).toMatchObject({ height: forkHeight + 1n });
    expect(after.at(-1)!.hash).toBe((await blockAt('latest')).hash);
  });

  it('says so when the chain goes back behind a final block', async () => {
    let reorged = false;
    const updates = await collect(
      (seen) =>
        reorged &&
        seen.some(({ kind }) => kind === 'finality-regressed') &&
        seen.at(-1)?.kind === 'block',
      undefined,
      async (until) => {
        await until((seen) => seen.some(({ kind }) => kind === 'finalized'));
        await anvil.rpc('anvil_reorg', 4, []);
        reorged = true;
      },
    );
    const kinds = updates.map(({ kind }) => kind);
    expect(kinds.indexOf('finality-regressed')).toBeGreaterThan(kinds.indexOf('finalized'));
    expect(kinds.indexOf('rollback')).toBeGreaterThan(kinds.indexOf('finality-regressed'));
  });

  it('by depth, takes a shorter chain for no broken promise while its last final block stands', async () => {
    await anvil.mine(10);
    const head = BigInt((await blockAt('latest')).number);
    const finalAt = (height: bigint) => (seen: readonly LedgerUpdate[]) =>
      seen.some((update) => update.kind === 'finalized' && update.height === height);
    let deepened = false;
    const updates = await collect(
      (seen) => deepened && seen.some(({ kind }) => kind === 'finality-regressed'),
      undefined,
      async (until) => {
        await until(finalAt(head - 3n));
        await anvil.rpc('anvil_rollback', 2);
        await until((seen) => blocksOf(seen).at(-1)?.height === head);
        // Shorter than before for at least one poll, then longer.
        await new Promise((resolve) => setTimeout(resolve, 100));
        await anvil.mine(3);
        await until(finalAt(head - 2n));
        deepened = true;
        await anvil.rpc('anvil_rollback', 5);
      },
      { mode: 'depth', blocks: 3n },
    );
    const breaks = updates.filter(
      ({ kind }) => kind === 'rollback' || kind === 'finality-regressed',
    );
    expect(breaks).toMatchObject([
      { kind: 'rollback', height: head - 2n },
      { kind: 'finality-regressed', fromHeight: head - 2n },
    ]);
  });

  it('catches up in ranges over final history and follows single blocks from there', async () => {
    await anvil.mine(60);
    const ranges: [bigint, bigint][] = [];
    const stop = new AbortController();
    const heights: bigint[] = [];
    const follow = followChain(
      {
        ...options(),
        logRange: 20n,
        factsBetween: (from, to) => {
          ranges.push([from, to]);
          return Promise.resolve([]);
        },
      },
      undefined,
      stop.signal,
    );
    const head = BigInt((await blockAt('latest')).number);
    for await (const update of follow) {
      if (update.kind === 'block') heights.push(update.block.height);
      if (heights.at(-1) === head) stop.abort();
    }
    expect(ranges[0]).toEqual([0n, 19n]);
    expect(heights[0]).toBe(19n);
    expect(heights.slice(-3)).toEqual([head - 2n, head - 1n, head]);
    for (const [from, to] of ranges) expect(to - from).toBeLessThan(20n);
  });
});
