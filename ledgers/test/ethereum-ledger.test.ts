import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  ETH,
  hashLockOf,
  swapIdOf,
  type LedgerUpdate,
  type LegFact,
  type SignedTransaction,
} from '@midlock/protocol';
import { createMemoryNonceStore, type EthereumLedger } from '../src/index.ts';
import { startAnvil, type Anvil } from './anvil.ts';
import { deploy, ledgerFor, newSwap, type Deployment, type TestSwap } from './escrow-fixture.ts';

let anvil: Anvil;
let deployment: Deployment;
let owner: EthereumLedger;
let beneficiary: EthereumLedger;

beforeAll(async () => {
  anvil = await startAnvil('--no-mining');
  deployment = await deploy(anvil);
  owner = ledgerFor(anvil, deployment, 0);
  beneficiary = ledgerFor(anvil, deployment, 1);
});
afterAll(() => anvil.stop());

async function soon(seconds = 600n): Promise<bigint> {
  return (await owner.head()).timeSec + seconds;
}

async function swap(wish: Partial<Parameters<typeof newSwap>[1]> = {}): Promise<TestSwap> {
  return newSwap(deployment, { expiresAtSec: await soon(), ...wish });
}

/** Submits and mines; the transaction must be valid. */
async function settle(ledger: EthereumLedger, transaction: SignedTransaction) {
  await ledger.submit(transaction);
  await anvil.mine();
  const outcome = await ledger.outcome(transaction);
  expect(outcome.kind).toBe('valid');
  return outcome;
}

const lock = async (terms: TestSwap['terms']) =>
  settle(owner, await owner.prepare({ action: 'lock', terms }));

async function jumpTo(timeSec: bigint): Promise<void> {
  await anvil.rpc('evm_setNextBlockTimestamp', Number(timeSec));
  await anvil.mine();
}

/** Runs a helper call while blocks are mined. */
async function withMining<T>(work: Promise<T>): Promise<T> {
  const timer = setInterval(() => void anvil.mine(), 50);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

async function watchUntil(
  ledger: EthereumLedger,
  done: (updates: readonly LedgerUpdate[]) => boolean,
): Promise<readonly LedgerUpdate[]> {
  const stop = new AbortController();
  const updates: LedgerUpdate[] = [];
  for await (const update of ledger.watch(undefined, stop.signal)) {
    updates.push(update);
    if (done(updates)) stop.abort();
  }
  return updates;
}

const factsIn = (updates: readonly LedgerUpdate[]): readonly LegFact[] =>
  updates.flatMap((update) => (update.kind === 'block' ? update.block.facts : []));

describe('a leg on Ethereum', () => {
  it('is locked with ETH, claimed for the beneficiary and final two blocks later', async () => {
    const { terms, secret } = await swap();
    expect(await owner.leg(terms)).toEqual({ state: 'none' });
    await lock(terms);
    const locked = await beneficiary.leg(terms);
    expect(locked).toMatchObject({
      state: 'locked',
      final: false,
      lock: { direct: true, amount: 1_000n },
    });
    await anvil.mine(2);
    expect(await beneficiary.leg(terms)).toMatchObject({ state: 'locked', final: true });

    const before = await owner.account.tokenBalance(ETH, beneficiary.address);
    const relayer = ledgerFor(anvil, deployment, 5);
    await settle(relayer, await relayer.prepare({ action: 'claim', terms, secret }));
    expect(await owner.leg(terms)).toMatchObject({ state: 'claimed', final: false, secret });
    expect(await owner.account.tokenBalance(ETH, beneficiary.address)).toBe(before + 1_000n);
    await anvil.mine(2);
    expect(await owner.leg(terms)).toMatchObject({ state: 'claimed', final: true });
  });

  it('is locked with a token from the balance in the escrow, and goes back by a refund', async () => {
    await withMining(owner.account.approve(deployment.token, 5_000n));
    await withMining(owner.account.deposit(deployment.token, 5_000n));
    const { terms } = await swap({ asset: 'token', amount: 3_000n, expiresAtSec: await soon(30n) });
    await lock(terms);
    expect(await owner.leg(terms)).toMatchObject({ lock: { direct: false } });
    expect(await owner.account.balance(deployment.token)).toBe(2_000n);
    await expect(owner.prepare({ action: 'refund', terms })).rejects.toMatchObject({
      code: 'REFUND_TOO_EARLY',
    });
    await jumpTo(terms.ethereum.expiresAtSec);
    await settle(owner, await owner.prepare({ action: 'refund', terms }));
    expect(await owner.leg(terms)).toMatchObject({ state: 'refunded' });
    expect(await owner.account.balance(deployment.token)).toBe(5_000n);
    await withMining(owner.account.withdraw(deployment.token, 5_000n));
    expect(await owner.account.balance(deployment.token)).toBe(0n);
  });

  it('goes back to its owner from the lock alone, for whoever asks and not before the deadline', async () => {
    const { terms } = await swap();
    await lock(terms);
    const view = await owner.leg(terms);
    if (view.state !== 'locked' || view.lock === undefined) throw new Error('not locked');
    await expect(owner.prepareReturn(view.lock)).rejects.toMatchObject({
      code: 'REFUND_TOO_EARLY',
    });
    await jumpTo(terms.ethereum.expiresAtSec);
    const before = await owner.account.tokenBalance(ETH, owner.address);
    await settle(beneficiary, await beneficiary.prepareReturn(view.lock));
    expect(await owner.leg(terms)).toMatchObject({ state: 'refunded' });
    expect(await owner.account.tokenBalance(ETH, owner.address)).toBe(
      before + terms.ethereum.amount,
    );
    const twice = await owner.prepareReturn(view.lock);
    await owner.submit(twice);
    await anvil.mine();
    expect((await owner.outcome(twice)).kind).toBe('invalid');
  });

  it('uses settled slots again with their next generation, and never one twice at once', async () => {
    const [a, b] = [await swap(), await swap()];
    const [first, second] = [
      await owner.prepare({ action: 'lock', terms: a.terms }),
      await owner.prepare({ action: 'lock', terms: b.terms }),
    ];
    await owner.submit(first);
    await owner.submit(second);
    await anvil.mine();
    const [viewA, viewB] = [await owner.leg(a.terms), await owner.leg(b.terms)];
    if (viewA.state !== 'locked' || viewB.state !== 'locked') throw new Error('expected two locks');
    expect(viewA.lock?.generation).toBeGreaterThan(0n);
    expect(viewA.lock?.slot).not.toBe(viewB.lock?.slot);
  });

  it('locked many times at once takes different slots, and no money twice', async () => {
    await withMining(owner.account.deposit(ETH, 2_500n));
    const swaps = await Promise.all(Array.from({ length: 4 }, () => swap()));
    const transactions = await Promise.all(
      swaps.map(({ terms }) => owner.prepare({ action: 'lock', terms })),
    );
    for (const transaction of transactions) await owner.submit(transaction);
    await anvil.mine();
    const views = await Promise.all(swaps.map(({ terms }) => owner.leg(terms)));
    const locks = views.flatMap((view) =>
      view.state === 'locked' && view.lock ? [view.lock] : [],
    );
    expect(new Set(locks.map(({ slot }) => slot)).size).toBe(4);
    // Two from the balance, two with the call.
    expect(locks.map(({ direct }) => direct).sort()).toEqual([false, false, true, true]);
    await withMining(owner.account.withdraw(ETH, 500n));
  });

  it('that is closed unsent gives back its nonce, its slot and its money', async () => {
    const [closed, next] = [await swap(), await swap()];
    const unsent = await owner.prepare({ action: 'lock', terms: closed.terms });
    await owner.abandon(unsent);
    const lockNext = await owner.prepare({ action: 'lock', terms: next.terms });
    expect(lockNext.lane).toEqual(unsent.lane);
    await settle(owner, lockNext);
    expect(await owner.leg(next.terms)).toMatchObject({ state: 'locked' });
    expect(await owner.leg(closed.terms)).toMatchObject({ state: 'none' });
  });

  it('that is closed unsent below others does not hold them up', async () => {
    const [closed, next] = [await swap(), await swap()];
    const unsent = await owner.prepare({ action: 'lock', terms: closed.terms });
    const lockNext = await owner.prepare({ action: 'lock', terms: next.terms });
    await owner.submit(lockNext);
    await owner.abandon(unsent);
    await anvil.mine();
    expect(await owner.outcome(lockNext)).toMatchObject({ kind: 'valid' });
    expect(await owner.outcome(unsent)).toMatchObject({ kind: 'invalid', code: 'REPLACED' });
  });

  it('goes back early when the beneficiary releases it', async () => {
    const { terms } = await swap();
    await lock(terms);
    await expect(owner.prepare({ action: 'release', terms })).rejects.toMatchObject({
      code: 'NOT_BENEFICIARY',
    });
    await settle(beneficiary, await beneficiary.prepare({ action: 'release', terms }));
    expect(await owner.leg(terms)).toMatchObject({ state: 'refunded' });
    const updates = await watchUntil(ledgerFor(anvil, deployment, 0), (seen) =>
      factsIn(seen).some((fact) => fact.kind === 'refunded' && fact.swapId === swapIdOf(terms)),
    );
    expect(factsIn(updates).at(-1)).toMatchObject({ kind: 'refunded', how: 'cooperative' });
  });

  it('refuses what cannot succeed, before anything is signed', async () => {
    const { terms, secret } = await swap();
    const wrong = (change: Partial<typeof terms.ethereum>) => ({
      ...terms,
      ethereum: { ...terms.ethereum, ...change },
    });
    await expect(owner.prepare({ action: 'claim', terms, secret })).rejects.toMatchObject({
      code: 'LOCK_UNKNOWN',
    });
    await expect(
      owner.prepare({ action: 'claim', terms, secret: new Uint8Array(31) }),
    ).rejects.toMatchObject({ code: 'SECRET_INVALID' });
    await expect(owner.prepare({ action: 'decline', terms })).rejects.toMatchObject({
      code: 'SWAP_STATE',
    });
    await expect(
      owner.prepare({ action: 'lock', terms: wrong({ chainId: 1n }) }),
    ).rejects.toMatchObject({ code: 'NETWORK_MISMATCH' });
    await expect(beneficiary.prepare({ action: 'lock', terms })).rejects.toMatchObject({
      code: 'NOT_OWNER',
    });
    await expect(
      owner.prepare({
        action: 'lock',
        terms: wrong({ token: deployment.token, amount: 1n << 100n }),
      }),
    ).rejects.toMatchObject({ code: 'BALANCE_INSUFFICIENT' });
    await expect(
      owner.prepare({ action: 'lock', terms: wrong({ expiresAtSec: await soon(1n) }) }),
    ).rejects.toMatchObject({ code: 'DEADLINE_TOO_CLOSE' });
    await expect(
      owner.prepare({ action: 'lock', terms: wrong({ amount: 10n ** 23n }) }),
    ).rejects.toMatchObject({ code: 'FEE_BUDGET' });
    await lock(terms);
    await expect(owner.prepare({ action: 'lock', terms })).rejects.toMatchObject({
      code: 'LOCK_EXISTS',
    });
    // A store from before the lock must not lead to a second one.
    const restored = ledgerFor(anvil, deployment, 0);
    await expect(restored.prepare({ action: 'lock', terms })).rejects.toMatchObject({
      code: 'LOCK_EXISTS',
    });
    await settle(beneficiary, await beneficiary.prepare({ action: 'claim', terms, secret }));
    await expect(owner.prepare({ action: 'claim', terms, secret })).rejects.toMatchObject({
      code: 'LOCK_SETTLED',
    });
  });
});

describe('transactions', () => {
  it('are unknown, pending, valid and final, in this order; sending again changes nothing', async () => {
    const { terms } = await swap();
    const transaction = await owner.prepare({ action: 'lock', terms });
    expect(await owner.outcome(transaction)).toEqual({ kind: 'unknown' });
    await owner.submit(transaction);
    await owner.submit(transaction);
    expect(await owner.outcome(transaction)).toEqual({ kind: 'pending' });
    await anvil.mine();
    expect(await owner.outcome(transaction)).toMatchObject({ kind: 'valid', final: false });
    await owner.submit(transaction);
    await anvil.mine(2);
    expect(await owner.outcome(transaction)).toMatchObject({ kind: 'valid', final: true });
  });

  it('are replaced by dearer ones of the same nonce, whose outcome is theirs', async () => {
    const { terms } = await swap();
    const first = await owner.prepare({ action: 'lock', terms });
    await owner.submit(first);
    const second = await owner.prepare({ action: 'lock', terms }, { replaces: first });
    expect(second.lane).toEqual(first.lane);
    expect(second.txId).not.toBe(first.txId);
    await owner.submit(second);
    await anvil.mine();
    expect(await owner.outcome(first)).toMatchObject({ kind: 'valid', at: { txId: second.txId } });
  });

  it('tell why the contract refused them', async () => {
    const { terms, secret } = await swap({ expiresAtSec: await soon(20n) });
    await lock(terms);
    const claim = await beneficiary.prepare({ action: 'claim', terms, secret });
    await anvil.rpc('evm_setNextBlockTimestamp', Number(terms.ethereum.expiresAtSec));
    await beneficiary.submit(claim);
    await anvil.mine();
    expect(await beneficiary.outcome(claim)).toMatchObject({
      kind: 'invalid',
      code: 'CLAIM_TOO_LATE',
    });
  });

  it('come back after a reorg dropped them', async () => {
    const { terms } = await swap();
    const store = createMemoryNonceStore();
    const ledger = ledgerFor(anvil, deployment, 0, { store });
    const transaction = await ledger.prepare({ action: 'lock', terms });
    await ledger.submit(transaction);
    await anvil.mine();
    await anvil.rpc('anvil_reorg', 1, []);
    expect(await ledger.outcome(transaction)).toEqual({ kind: 'unknown' });
    expect(await ledger.tend()).toEqual({ resent: 1, filled: 0 });
    await anvil.mine();
    expect(await ledger.outcome(transaction)).toMatchObject({ kind: 'valid' });
  });

  it('that nobody sends give their nonce back', async () => {
    const ledger = ledgerFor(anvil, deployment, 3);
    const { terms, secret } = await swap();
    await lock(terms);
    const unused = await ledger.prepare({ action: 'claim', terms, secret });
    await ledger.abandon(unused);
    const next = await ledger.prepare({ action: 'claim', terms, secret });
    expect(next.lane?.nonce).toBe(unused.lane?.nonce);
  });
});

describe('watching Ethereum', () => {
  it('reports locks and claims as facts, and secrets before they are mined', async () => {
    const { terms, secret } = await swap();
    await lock(terms);
    await beneficiary.submit(await beneficiary.prepare({ action: 'claim', terms, secret }));
    const { hashLock } = terms;
    const pool = await watchUntil(ledgerFor(anvil, deployment, 0), (seen) =>
      seen.some((update) => update.kind === 'secret' && update.hashLock === hashLock),
    );
    expect(
      factsIn(pool).some((fact) => fact.kind === 'claimed' && hashLockOf(fact.secret) === hashLock),
    ).toBe(false);
    await anvil.mine();
    const mined = await watchUntil(ledgerFor(anvil, deployment, 0), (seen) =>
      factsIn(seen).some((fact) => fact.kind === 'claimed' && fact.swapId === swapIdOf(terms)),
    );
    const facts = factsIn(mined).filter(({ swapId }) => swapId === swapIdOf(terms));
    expect(facts.map(({ kind }) => kind)).toEqual(['locked', 'claimed']);
  });

  it('reports the secret of a claim that failed', async () => {
    const { terms, secret } = await swap({ expiresAtSec: await soon(20n) });
    await lock(terms);
    const claim = await beneficiary.prepare({ action: 'claim', terms, secret });
    await anvil.rpc('evm_setNextBlockTimestamp', Number(terms.ethereum.expiresAtSec));
    await beneficiary.submit(claim);
    await anvil.mine();
    const { hashLock } = terms;
    await watchUntil(ledgerFor(anvil, deployment, 0), (seen) =>
      seen.some((update) => update.kind === 'secret' && update.hashLock === hashLock),
    );
  });

  it('takes a claim back with its block, but not its secret', async () => {
    const { terms, secret } = await swap();
    await lock(terms);
    await anvil.mine(3);
    await settle(beneficiary, await beneficiary.prepare({ action: 'claim', terms, secret }));
    let reorged = false;
    const updates = await watchUntil(
      ledgerFor(anvil, deployment, 0, { watchCalldata: false }),
      (seen) => {
        const claimed = factsIn(seen).some(
          (fact) => fact.kind === 'claimed' && fact.swapId === swapIdOf(terms),
        );
        if (claimed && !reorged) {
          reorged = true;
          void anvil.rpc('anvil_reorg', 1, []);
        }
        return seen.some(({ kind }) => kind === 'secret');
      },
    );
    expect(updates.at(-2)).toMatchObject({ kind: 'rollback' });
    expect(updates.at(-1)).toMatchObject({ kind: 'secret', secret });
  });
});

describe('batches and books', () => {
  it('locks and claims many swaps in two transactions, and the books balance', async () => {
    // The reorg above dropped a claim: its nonce is open until it is sent again.
    await beneficiary.tend();
    await withMining(owner.account.deposit(ETH, 10_000n));
    const swaps = [await swap(), await swap(), await swap()];
    await settle(owner, await owner.batches.lockMany(swaps.map(({ terms }) => terms)));
    await settle(beneficiary, await beneficiary.batches.claimMany(swaps));
    for (const { terms } of swaps)
      expect(await owner.leg(terms)).toMatchObject({ state: 'claimed' });
    expect(await beneficiary.account.balance(ETH)).toBe(3_000n);
    const books = await owner.conservation([ETH, deployment.token]);
    expect(books.map(({ holds, surplus }) => [holds, surplus])).toEqual([
      [true, 0n],
      [true, 0n],
    ]);
    expect(books[0]?.owed).toBeGreaterThanOrEqual(10_000n);
    expect(books[0]?.held).toBe(books[0]?.owed);
  });
});
