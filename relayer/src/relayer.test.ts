import { createMemoryStore, stateOf } from '@midlock/client';
import {
  ALICE,
  BOB,
  CAROL,
  TOKENS,
  createKillable,
  createRig,
  runToEnd,
  startSwap,
  type Rig,
} from '@midlock/client/testing';
import { ETH, swapIdOf, type Hex32 } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { createRelayer, type Relayer } from './relayer.ts';

async function startRelayer(rig: Rig, store = createMemoryStore()): Promise<Relayer> {
  const relayer = createRelayer(
    { profile: rig.profile, tickMs: 1000 },
    { store, clock: rig.clock, ...rig.ports(CAROL, store.nonces) },
  );
  await relayer.start();
  return relayer;
}

async function endOf(rig: Rig, relayer: Relayer, swapId: Hex32): Promise<string> {
  for (let second = 0; second < 120; second += 1) {
    await rig.second();
    const stored = await relayer.stored(swapId);
    if (stored?.open === false) return stateOf(stored.session);
  }
  return 'open';
}

describe('a relayer on the models', () => {
  it('finds a fabric-first swap on the ledgers and claims for a responder that is gone', async () => {
    const rig = createRig();
    const relayer = await startRelayer(rig);
    const { bob, swapId } = await startSwap(rig, 'fabric-first');
    while (rig.ethereum.locksOf(swapId).length === 0) await rig.second();
    bob.kill();
    expect(await endOf(rig, relayer, swapId)).toBe('settled');
    expect(rig.fabric.balance(BOB.fabric, TOKENS)).toBe(1040n);
    expect(rig.conserved()).toBe(true);
    await relayer.close();
  });

  it('refunds both sides of an abandoned swap without any party', async () => {
    const rig = createRig();
    const relayer = await startRelayer(rig);
    const { alice, bob, swapId } = await startSwap(rig, 'fabric-first');
    while (rig.ethereum.locksOf(swapId).length === 0) await rig.second();
    alice.kill();
    bob.kill();
    expect(await endOf(rig, relayer, swapId)).toBe('refunded');
    expect(rig.fabric.balance(ALICE.fabric, TOKENS)).toBe(1000n);
    expect(rig.ethereum.balance(BOB.ethereum, ETH)).toBe(1000n);
    await relayer.close();
  });

  it('rebuilds its swaps from the ledgers when its store is lost', async () => {
    const rig = createRig();
    const first = await startRelayer(rig);
    const alice = createKillable(rig, ALICE);
    await alice.start();
    const terms = rig.terms('fabric-first', 1);
    await alice.take(terms);
    for (let second = 0; second < 3; second += 1) await rig.second();
    alice.kill();
    await first.close();
    const second = await startRelayer(rig);
    expect(await endOf(rig, second, swapIdOf(terms))).toBe('refunded');
    await second.close();
  });

  it('two relayers on one swap change nothing', async () => {
    const rig = createRig();
    const relayers = [await startRelayer(rig), await startRelayer(rig)];
    const agents = [createKillable(rig, ALICE), createKillable(rig, BOB)];
    for (const agent of agents) await agent.start();
    const terms = rig.terms('fabric-first', 1);
    for (const agent of agents) await agent.take(terms);
    expect(await runToEnd(rig, agents, [swapIdOf(terms)])).toEqual(['settled', 'settled']);
    expect(rig.conserved()).toBe(true);
    for (const relayer of relayers) await relayer.close();
  });

  it("drains: finishes what is open, takes nothing on, then may end; a later lock is its successor's", async () => {
    const rig = createRig();
    const store = createMemoryStore();
    const relayer = await startRelayer(rig, store);
    const agents = [createKillable(rig, ALICE), createKillable(rig, BOB)];
    for (const agent of agents) await agent.start();
    const [first, second] = [rig.terms('fabric-first', 1), rig.terms('fabric-first', 2)];
    for (const agent of agents) await agent.take(first);
    while (relayer.open().length === 0) await rig.second();
    const end = { drained: false };
    void relayer.drained.then(() => {
      end.drained = true;
    });
    relayer.drain();
    await rig.settle();
    expect(end).toEqual({ drained: false });
    await expect(
      relayer.watch({ version: 1, terms: second, acceptances: {} }),
    ).rejects.toBeDefined();
    for (let count = 0; count < 40 && !end.drained; count += 1) {
      if (count === 2) await agents[0]?.take(rig.terms('fabric-first', 3));
      await rig.second();
    }
    expect(end).toEqual({ drained: true });
    expect(stateOf((await relayer.stored(swapIdOf(first)))?.session as never)).toBe('settled');
    const left = relayer.open().map(({ swapId }) => swapId);
    expect(left.length).toBe(1);
    await relayer.close();
    const successor = await startRelayer(rig, store);
    expect(await endOf(rig, successor, left[0] as Hex32)).toBe('refunded');
    await successor.close();
  });

  it('serves what is nearest to its deadline first when more is due than it can do at once', async () => {
    const rig = createRig();
    const alice = createKillable(rig, ALICE);
    await alice.start();
    // The first to be taken expires last.
    const all = [5n, 4n, 3n, 2n, 1n].map((place, index) => {
      const terms = rig.terms('fabric-first', index + 1);
      const later = <L extends { readonly expiresAtSec: bigint }>(leg: L): L => ({
        ...leg,
        expiresAtSec: leg.expiresAtSec + 10n * place,
      });
      return { ...terms, fabric: later(terms.fabric), ethereum: later(terms.ethereum) };
    });
    for (const terms of all) await alice.take(terms);
    for (let second = 0; second < 3; second += 1) await rig.second();
    alice.kill();
    for (let second = 0; second < 120; second += 1) await rig.second();
    const store = createMemoryStore();
    const ports = rig.ports(CAROL, store.nonces);
    const served: Hex32[] = [];
    const relayer = createRelayer(
      { profile: rig.profile, tickMs: 1000, concurrency: 1 },
      {
        store,
        clock: rig.clock,
        ethereum: ports.ethereum,
        fabric: {
          ...ports.fabric,
          prepare: (intent, options) => {
            served.push(swapIdOf(intent.terms));
            return ports.fabric.prepare(intent, options);
          },
        },
      },
    );
    await relayer.start();
    for (let second = 0; second < 60; second += 1) await rig.second();
    const [first, ...rest] = served;
    // The one that it finds first is under way before it knows of the others.
    const locked = all.map((terms) => swapIdOf(terms)).filter((id) => rig.fabric.midAccount(id));
    expect(locked.length).toBeGreaterThan(3);
    expect(rest).toEqual(locked.filter((id) => id !== first).reverse());
    expect(rig.fabric.balance(ALICE.fabric, TOKENS)).toBe(1000n);
    await relayer.close();
  });

  it('takes on nothing that is not signed by both', async () => {
    const rig = createRig();
    const relayer = await startRelayer(rig);
    const unsigned = { version: 1, terms: rig.terms('fabric-first', 1), acceptances: {} } as const;
    await expect(relayer.watch(unsigned)).rejects.toMatchObject({
      code: 'TERMS_SIGNATURE_INVALID',
    });
    await relayer.close();
  });
});
