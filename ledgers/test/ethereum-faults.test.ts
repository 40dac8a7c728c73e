import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { swapIdOf, type LedgerUpdate } from '@midlock/protocol';
import type { EthereumLedger } from '../src/index.ts';
import { startAnvil, type Anvil } from './anvil.ts';
import { deploy, ledgerFor, newSwap, type Deployment, type TestSwap } from './escrow-fixture.ts';
import { startFaultProxy, type FaultProxy } from '../../test/proxy/fault-proxy.ts';
import { hangsUp, logGaps, lying, nullTags, tagsSetBackTo } from '../../test/proxy/faults.ts';

let anvil: Anvil;
let deployment: Deployment;
let owner: EthereumLedger;
let proxy: FaultProxy;

beforeAll(async () => {
  anvil = await startAnvil('--no-mining');
  deployment = await deploy(anvil);
  owner = ledgerFor(anvil, deployment, 0);
  proxy = await startFaultProxy(anvil.url);
});
afterEach(() => {
  proxy.fault = undefined;
});
afterAll(async () => {
  await proxy.stop();
  await anvil.stop();
});

async function locked(): Promise<TestSwap> {
  const swap = newSwap(deployment, { expiresAtSec: (await owner.head()).timeSec + 600n });
  await owner.submit(await owner.prepare({ action: 'lock', terms: swap.terms }));
  await anvil.mine();
  return swap;
}

async function claimed(): Promise<TestSwap> {
  const swap = await locked();
  const beneficiary = ledgerFor(anvil, deployment, 1);
  await beneficiary.submit(await beneficiary.prepare({ action: 'claim', ...swap }));
  await anvil.mine();
  return swap;
}

/** A reader behind the lying node alone, or with honest ones beside it. */
const through = (
  honest: number,
  quorum = 1,
  onTrouble?: (error: unknown) => void,
): EthereumLedger =>
  ledgerFor(anvil, deployment, 7, {
    endpoints: [proxy.url, ...Array.from({ length: honest }, () => anvil.url)],
    quorum,
    timeoutMs: 1_000,
    ...(onTrouble === undefined ? {} : { onTrouble }),
  });

/** Watches from the first block until an update satisfies the last of `steps`; each is called with every update until it holds. */
async function watchThrough(
  ledger: EthereumLedger,
  ...steps: readonly ((update: LedgerUpdate) => boolean | Promise<boolean>)[]
): Promise<readonly LedgerUpdate[]> {
  const stop = new AbortController();
  const updates: LedgerUpdate[] = [];
  let done = 0;
  for await (const update of ledger.watch(undefined, stop.signal)) {
    updates.push(update);
    if (await steps[done]?.(update)) done += 1;
    if (done === steps.length) stop.abort();
  }
  return updates;
}

const isBlockAt =
  (height: bigint) =>
  (update: LedgerUpdate): boolean =>
    update.kind === 'block' && update.block.height === height;

/** Everything up to the present head. */
async function watchToHead(ledger: EthereumLedger): Promise<readonly LedgerUpdate[]> {
  return watchThrough(ledger, isBlockAt((await owner.head()).height));
}

const claimsIn = (updates: readonly LedgerUpdate[], swap: TestSwap) =>
  updates.filter(
    (update) =>
      update.kind === 'block' &&
      update.block.facts.some(
        (fact) => fact.kind === 'claimed' && fact.swapId === swapIdOf(swap.terms),
      ),
  );

describe('a node that hides logs', () => {
  it('cannot make a claimed lock look open', async () => {
    const swap = await claimed();
    proxy.fault = logGaps((index) => index === 0);
    await expect(through(0).leg(swap.terms)).rejects.toMatchObject({ code: 'ENDPOINT_LIED' });
  });

  it('is outvoted by a quorum, for legs and for facts', async () => {
    const swap = await claimed();
    proxy.fault = logGaps();
    expect(await through(2, 2).leg(swap.terms)).toMatchObject({ state: 'claimed' });
    expect(claimsIn(await watchToHead(through(2, 2)), swap)).toHaveLength(1);
  });

  it('stops a reader that needs its agreement: nothing is believed', async () => {
    const swap = await claimed();
    proxy.fault = logGaps();
    await expect(through(1, 2).leg(swap.terms)).rejects.toMatchObject({ code: 'ENDPOINT_LIED' });
    const stop = new AbortController();
    const trouble: unknown[] = [];
    const reader = through(1, 2, (error) => {
      if (trouble.push(error) === 3) stop.abort();
    });
    const updates: LedgerUpdate[] = [];
    for await (const update of reader.watch(undefined, stop.signal)) updates.push(update);
    expect(claimsIn(updates, swap)).toHaveLength(0);
    expect(trouble[0]).toMatchObject({ code: 'ENDPOINT_LIED' });
  });
});

describe('a node with odd finality', () => {
  it('may know no final block: nothing counts as final, everything else goes on', async () => {
    const swap = await locked();
    await anvil.mine(3);
    proxy.fault = nullTags;
    expect(await through(0).leg(swap.terms)).toMatchObject({ state: 'locked', final: false });
    const { height } = await owner.head();
    const updates = await watchThrough(
      through(0),
      async (update) => isBlockAt(height)(update) && (await anvil.mine(), true),
      isBlockAt(height + 1n),
    );
    expect(updates.some(({ kind }) => kind === 'finalized' || kind === 'finality-regressed')).toBe(
      false,
    );
  });

  it('is reported when its final block goes back', async () => {
    await anvil.mine(5);
    const updates = await watchThrough(
      through(0),
      ({ kind }) => {
        if (kind === 'finalized') proxy.fault = tagsSetBackTo(0n);
        return kind === 'finalized';
      },
      ({ kind }) => kind === 'finality-regressed',
    );
    expect(updates.at(-1)).toMatchObject({ kind: 'finality-regressed', toHeight: 0n });
  });

  it('may count by depth or be final at once', async () => {
    const swap = await locked();
    const byDepth = (blocks: bigint) =>
      ledgerFor(anvil, deployment, 7, { finality: { mode: 'depth', blocks } });
    expect(await byDepth(1n).leg(swap.terms)).toMatchObject({ final: false });
    await anvil.mine();
    expect(await byDepth(1n).leg(swap.terms)).toMatchObject({ final: true });
    expect(await byDepth(2n).leg(swap.terms)).toMatchObject({ final: false });
    const instant = ledgerFor(anvil, deployment, 7, { finality: { mode: 'instant' } });
    expect(await instant.leg(swap.terms)).toMatchObject({ final: true });
  });
});

describe('a node that fails', () => {
  it('is survived by the watcher, which goes on where it stopped', async () => {
    const trouble: unknown[] = [];
    const { height } = await owner.head();
    const ledger = ledgerFor(anvil, deployment, 7, {
      endpoints: [proxy.url],
      timeoutMs: 1_000,
      onTrouble: (error) => {
        trouble.push(error);
        proxy.fault = undefined;
      },
    });
    const updates = await watchThrough(
      ledger,
      async (update) => {
        if (!isBlockAt(height)(update)) return false;
        proxy.fault = hangsUp;
        await anvil.mine(2);
        return true;
      },
      isBlockAt(height + 2n),
    );
    const heights = updates.flatMap((update) =>
      update.kind === 'block' ? [update.block.height] : [],
    );
    expect(trouble.length).toBeGreaterThan(0);
    expect(new Set(heights).size).toBe(heights.length);
  });

  it('that refuses long ranges of logs is asked for shorter ones', async () => {
    const swap = await claimed();
    await anvil.mine(100);
    const ranges: bigint[] = [];
    proxy.fault = lying((method, params, result) => {
      const { fromBlock, toBlock } = (params[0] ?? {}) as { fromBlock?: string; toBlock?: string };
      if (method !== 'eth_getLogs' || fromBlock === undefined || toBlock === undefined)
        return result;
      ranges.push(BigInt(toBlock) - BigInt(fromBlock) + 1n);
      return result;
    });
    expect(claimsIn(await watchToHead(through(0)), swap)).toHaveLength(1);
    const short = ledgerFor(anvil, deployment, 7, { endpoints: [proxy.url], logRange: 10n });
    ranges.length = 0;
    expect(await short.leg(swap.terms)).toMatchObject({ state: 'claimed' });
    expect(Math.max(...ranges.map(Number))).toBeLessThanOrEqual(10);
  });

  it('cannot pass another transaction off as ours', async () => {
    const swap = await locked();
    const beneficiary = ledgerFor(anvil, deployment, 1, { endpoints: [proxy.url] });
    const claim = await beneficiary.prepare({ action: 'claim', ...swap });
    const other = (await claimed()).terms;
    const view = await owner.leg(other);
    if (view.state !== 'claimed') throw new Error('expected a claim');
    const receipt = await anvil.rpc('eth_getTransactionReceipt', view.at.txId);
    proxy.fault = lying((method, _, result) =>
      method === 'eth_getTransactionReceipt' ? receipt : result,
    );
    await expect(beneficiary.outcome(claim)).rejects.toMatchObject({ code: 'ENDPOINT_LIED' });
  });
});

describe('fees', () => {
  it('are legacy where the chain wants them so', async () => {
    const legacy = ledgerFor(anvil, deployment, 6, { legacyFees: true });
    const swap = await locked();
    const claim = await legacy.prepare({ action: 'claim', ...swap });
    expect(claim.bytes[0]).toBeGreaterThan(0x7f);
    await legacy.submit(claim);
    await anvil.mine();
    expect(await legacy.outcome(claim)).toMatchObject({ kind: 'valid' });
  });

  it('are refused above the cap and beyond the balance, before a nonce is taken', async () => {
    const swap = await locked();
    const capped = ledgerFor(anvil, deployment, 6, { fees: { maxFeePerGasCap: 1n } });
    await expect(capped.prepare({ action: 'claim', ...swap })).rejects.toMatchObject({
      code: 'FEE_BUDGET',
    });
    const poor = ledgerFor(anvil, deployment, 8);
    await anvil.rpc('anvil_setBalance', poor.address, '0x1');
    await expect(poor.prepare({ action: 'claim', ...swap })).rejects.toMatchObject({
      code: 'FEE_BUDGET',
    });
  });
});
