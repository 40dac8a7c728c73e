import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { LedgerUpdate } from '@midlock/protocol';
import type { EthereumLedger } from '@midlock/ledgers';
import {
  deploy,
  ledgerFor,
  newSwap,
  type Deployment,
  type TestSwap,
} from '../../ledgers/test/escrow-fixture.ts';
import { startFaultProxy, type FaultProxy } from '../proxy/fault-proxy.ts';
import {
  delays,
  hangsUp,
  logGaps,
  lostPool,
  nullTags,
  refuses,
  tagsSetBackTo,
} from '../proxy/faults.ts';
import { heightOf, startNode, type NodeKind, type TestNode } from './nodes.ts';
import { PRECOMPILES } from './precompiles.ts';

/** What is known of a node, and differs between them. */
export interface NodeFacts {
  /** Its `finalized` for a head. */
  readonly finalized: (head: bigint) => bigint;
  /** Block times stay above those of blocks that were thrown away. */
  readonly timeGoesOn: boolean;
}

const DEPTH = { mode: 'depth', blocks: 2n } as const;
const LIMIT_MS = 90_000;

/** An endpoint that Midlock can relay from: every check against one kind of node behind the fault proxy. */
export function endpointSuite(kind: NodeKind, facts: NodeFacts): void {
  const running: { stop(): Promise<void> }[] = [];
  let node: TestNode;
  let proxy: FaultProxy;
  let deployment: Deployment;

  beforeAll(async () => {
    node = await startNode(kind);
    running.push(node);
    proxy = await startFaultProxy(node.url);
    running.push(proxy);
    deployment = await deploy(node);
    await node.mine(3);
  }, LIMIT_MS);
  afterEach(() => {
    proxy.fault = undefined;
  });
  afterAll(async () => {
    for (const part of running.reverse()) await part.stop();
  });

  /** A ledger of a development account through the proxy, final two blocks below the head. */
  const ledger = (index: number, options: Parameters<typeof ledgerFor>[3] = {}): EthereumLedger =>
    ledgerFor({ ...node, url: proxy.url }, deployment, index, {
      finality: DEPTH,
      timeoutMs: 2_000,
      ...options,
    });

  async function swapFrom(owner: EthereumLedger): Promise<TestSwap> {
    return newSwap(deployment, { expiresAtSec: (await owner.head()).timeSec + 900n });
  }

  async function locked(): Promise<TestSwap> {
    const owner = ledger(0);
    const swap = await swapFrom(owner);
    await owner.submit(await owner.prepare({ action: 'lock', terms: swap.terms }));
    await node.mine();
    return swap;
  }

  describe('transactions', () => {
    it('are found with their facts, and final two blocks later', async () => {
      const swap = await locked();
      const beneficiary = ledger(1);
      const claim = await beneficiary.prepare({ action: 'claim', ...swap });
      await beneficiary.submit(claim);
      await node.mine();
      expect(await beneficiary.outcome(claim)).toMatchObject({ kind: 'valid' });
      await node.mine(2);
      expect(await beneficiary.outcome(claim)).toMatchObject({ kind: 'valid', final: true });
      expect(await ledger(7).leg(swap.terms)).toMatchObject({ state: 'claimed', final: true });
    });

    it('are taken with EIP-1559 and with legacy fees', async () => {
      for (const legacyFees of [false, true]) {
        const swap = await locked();
        const beneficiary = ledger(1, { legacyFees });
        const claim = await beneficiary.prepare({ action: 'claim', ...swap });
        // EIP-2718: a typed transaction starts with its type, a legacy one with an RLP list.
        expect(claim.bytes[0]).toSatisfy((byte: number) =>
          legacyFees ? byte >= 0xc0 : byte === 2,
        );
        await beneficiary.submit(claim);
        await node.mine();
        expect(await beneficiary.outcome(claim)).toMatchObject({ kind: 'valid' });
      }
    });

    it('wait behind a gap of nonces, can be replaced there, and get in when it closes', async () => {
      const owner = ledger(0);
      const [first, second] = [await swapFrom(owner), await swapFrom(owner)];
      const before = await owner.prepare({ action: 'lock', terms: first.terms });
      const behind = await owner.prepare({ action: 'lock', terms: second.terms });
      await owner.submit(behind);
      expect((await owner.outcome(behind)).kind).not.toBe('valid');
      const dearer = await owner.prepare(
        { action: 'lock', terms: second.terms },
        { replaces: behind },
      );
      await owner.submit(dearer);
      await owner.submit(before);
      await node.mine(2);
      expect(await owner.outcome(before)).toMatchObject({
        kind: 'valid',
        at: { txId: before.txId },
      });
      // Whichever of the two stands, both ask for the same and tell the same.
      expect(await owner.outcome(behind)).toMatchObject({
        kind: 'valid',
        at: { txId: dearer.txId },
      });
      await expect(owner.submit(behind)).resolves.toBeUndefined();
    });
  });

  describe('reorgs', () => {
    it('bring back to the chain what they removed', async () => {
      const owner = ledger(0);
      const swap = await swapFrom(owner);
      const lock = await owner.prepare({ action: 'lock', terms: swap.terms });
      const reorg = await node.mark();
      await owner.submit(lock);
      await node.mine();
      expect(await owner.outcome(lock)).toMatchObject({ kind: 'valid' });
      await reorg();
      const { resent } = await owner.tend();
      await node.mine();
      expect(await owner.outcome(lock)).toMatchObject({ kind: 'valid' });
      expect(await owner.leg(swap.terms)).toMatchObject({ state: 'locked' });
      expect(resent).toBe(1);
    });

    it('are followed block by block, whatever the clock of the new branch says', async () => {
      const reorg = await node.mark();
      const times: bigint[] = [];
      const updates = await follow(ledger(7), async (seen) => {
        await node.mine(2);
        const old = await ledger(7).head();
        await until(() => seen.some((update) => heightOfUpdate(update) === old.height));
        await reorg();
        await node.mine(3);
        const head = await ledger(7).head();
        await until(() =>
          seen.some((update) => update.kind === 'block' && update.block.hash === head.hash),
        );
        times.push(old.timeSec, head.timeSec);
      });
      const at = updates.findIndex(({ kind }) => kind === 'rollback');
      expect(at).toBeGreaterThan(0);
      expect(updates[at + 1]).toMatchObject({ kind: 'block' });
      // A follower that fell behind passes final blocks without facts over; what it names is one chain all the same.
      const blocks = updates
        .slice(at)
        .flatMap((update) => (update.kind === 'block' ? [update.block] : []));
      for (const [index, block] of blocks.entries()) {
        const next = blocks[index + 1];
        if (next === undefined) continue;
        expect(next.height > block.height).toBe(true);
        if (next.height === block.height + 1n) expect(next.parentHash).toBe(block.hash);
      }
      if (facts.timeGoesOn) expect((times[1] ?? 0n) > (times[0] ?? 0n)).toBe(true);
    });

    it('below a final block are told before anything else', async () => {
      const reorg = await node.mark();
      const updates = await follow(ledger(7), async (seen) => {
        await node.mine(5);
        const { finalizedHeight } = await ledger(7).head();
        await until(() =>
          seen.some((update) => update.kind === 'finalized' && update.height >= finalizedHeight),
        );
        await reorg();
        await node.mine(3);
        await until(() => seen.some(({ kind }) => kind === 'finality-regressed'));
      });
      const kinds = updates.map(({ kind }) => kind);
      expect(kinds).toContain('finality-regressed');
      if (kinds.includes('rollback'))
        expect(kinds.indexOf('finality-regressed')).toBeLessThan(kinds.indexOf('rollback'));
    });
  });

  describe('finality tags', () => {
    it('are where this node puts them', async () => {
      const { height, finalizedHeight } = await ledger(7, { finality: { mode: 'tag' } }).head();
      expect(finalizedHeight).toBe(facts.finalized(height));
    });

    it('may be null: nothing is final then, and everything else goes on', async () => {
      const swap = await locked();
      proxy.fault = nullTags;
      const reader = ledger(7, { finality: { mode: 'tag' } });
      expect(await reader.leg(swap.terms)).toMatchObject({ state: 'locked', final: false });
      expect(await reader.head()).toMatchObject({ finalizedHeight: 0n });
    });

    it('that go back are reported, so that nothing new is begun', async () => {
      const reader = ledger(7, { finality: { mode: 'tag', tag: 'safe' } });
      const updates = await follow(reader, async (seen) => {
        await node.mine(3);
        await until(() => seen.some(({ kind }) => kind === 'finalized'));
        proxy.fault = tagsSetBackTo(1n);
        await until(() => seen.some(({ kind }) => kind === 'finality-regressed'));
      });
      expect(updates.at(-1)).toMatchObject({ kind: 'finality-regressed', toHeight: 1n });
    });
  });

  describe('a bad way to the node', () => {
    it('that swallows transactions is found out, and they are sent again', async () => {
      const owner = ledger(0);
      const swap = await swapFrom(owner);
      const lock = await owner.prepare({ action: 'lock', terms: swap.terms });
      proxy.fault = lostPool;
      await owner.submit(lock);
      expect(await owner.outcome(lock)).toMatchObject({ kind: 'unknown' });
      proxy.fault = undefined;
      expect(await owner.tend()).toMatchObject({ resent: 1 });
      await node.mine();
      expect(await owner.outcome(lock)).toMatchObject({ kind: 'valid' });
    });

    it('that loses logs is called a liar, and outvoted by honest ones', async () => {
      const swap = await locked();
      const beneficiary = ledger(1);
      await beneficiary.submit(await beneficiary.prepare({ action: 'claim', ...swap }));
      await node.mine();
      proxy.fault = logGaps((index) => index === 0);
      await expect(ledger(7).leg(swap.terms)).rejects.toMatchObject({ code: 'ENDPOINT_LIED' });
      const several = { endpoints: [proxy.url, node.url, node.url], quorum: 2 };
      expect(await ledger(7, several).leg(swap.terms)).toMatchObject({ state: 'claimed' });
    });

    it('that is slow, or hangs up for a while, costs only time', async () => {
      const updates = await follow(ledger(7, { timeoutMs: 500 }), async (seen) => {
        await node.mine();
        proxy.fault = hangsUp;
        await new Promise((resolve) => setTimeout(resolve, 150));
        proxy.fault = delays(50);
        await node.mine();
        const { height } = await ledger(7).head();
        await until(() => seen.some((update) => (heightOfUpdate(update) ?? 0n) >= height));
      });
      const heights = updates.flatMap((update) => heightOfUpdate(update) ?? []);
      expect(new Set(heights).size).toBe(heights.length);
    });

    it('that caps log queries is asked for less', async () => {
      const swap = await locked();
      proxy.fault = async (call) => {
        const { fromBlock, toBlock } = (call.params[0] ?? {}) as Record<string, string>;
        const wide = fromBlock !== undefined && BigInt(toBlock ?? '0') - BigInt(fromBlock) >= 4n;
        return wide ? refuses('eth_getLogs', -32_005, 'range too wide')(call) : call.forward();
      };
      const reader = ledger(7, { logRange: 4n });
      expect(await reader.leg(swap.terms)).toMatchObject({ state: 'locked' });
    });

    it('to another chain is refused', async () => {
      await expect(ledger(7, { chainId: 5n }).head()).rejects.toMatchObject({
        code: 'ENDPOINT_WRONG_CHAIN',
      });
    });
  });

  it.each(PRECOMPILES.map((call) => [call.name, call] as const))(
    'computes %s',
    async (_name, { address, input, output }) => {
      const to = `0x${address.padStart(40, '0')}`;
      expect(await node.rpc('eth_call', { to, data: `0x${input}` }, 'latest')).toBe(`0x${output}`);
    },
  );

  // The others keep their chain in memory only, and finality near the head.
  if (kind === 'geth') {
    it('calls every 32nd block final, and none any more after debug_setHead', async () => {
      const reader = ledger(7, { finality: { mode: 'tag' } });
      while ((await heightOf(node.url)) < 34n) await node.mine();
      expect((await reader.head()).finalizedHeight % 32n).toBe(0n);
      const updates = await follow(reader, async (seen) => {
        await until(() => seen.some(({ kind: what }) => what === 'finalized'));
        await node.rpc('debug_setHead', '0x14');
        await until(() => seen.some(({ kind: what }) => what === 'finality-regressed'));
      });
      expect(updates.find(({ kind: what }) => what === 'finality-regressed')).toMatchObject({
        toHeight: 0n,
      });
    });

    it('is followed again after its process was restarted', async () => {
      const updates = await follow(ledger(7), async (seen) => {
        const before = await heightOf(node.url);
        await node.restart?.();
        await node.mine();
        await until(() => seen.some((update) => (heightOfUpdate(update) ?? 0n) > before));
      });
      expect(updates.some(({ kind: what }) => what === 'finality-regressed')).toBe(false);
    });
  }
}

/** Follows a chain while `act` runs; everything reported. */
async function follow(
  ledger: EthereumLedger,
  act: (seen: readonly LedgerUpdate[]) => Promise<void>,
): Promise<readonly LedgerUpdate[]> {
  const stop = new AbortController();
  const seen: LedgerUpdate[] = [];
  const following = (async () => {
    for await (const update of ledger.watch(undefined, stop.signal)) seen.push(update);
  })();
  try {
    await until(() => seen.some(({ kind }) => kind === 'block'));
    await act(seen);
  } finally {
    stop.abort();
    await following;
  }
  return seen;
}

const heightOfUpdate = (update: LedgerUpdate): bigint | undefined =>
  update.kind === 'block' ? update.block.height : undefined;

async function until(done: () => boolean): Promise<void> {
  const limit = Date.now() + 20_000;
  while (!done()) {
    if (Date.now() > limit) throw new Error('not seen in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
