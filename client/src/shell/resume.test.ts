import { swapIdOf } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { createMemoryStore, type MemoryStore } from '../store/memory-store.ts';
import { createKillable } from '../testing/agents.ts';
import { ALICE, BOB, createRig, type Rig } from '../testing/rig.ts';
import { createAgent, type Agent } from './agent.ts';

/** Bob, whose node says once at first that what was final is not. */
function startBob(rig: Rig, store: MemoryStore, regressesAt: () => boolean): Agent {
  const ports = rig.ports(BOB, store.nonces);
  let told = false;
  return createAgent(
    { accounts: BOB, profile: rig.profile, tickMs: 1000 },
    {
      store,
      seed: BOB.seed,
      clock: rig.clock,
      fabric: ports.fabric,
      ethereum: {
        ...ports.ethereum,
        async *watch(cursor, signal) {
          for await (const update of ports.ethereum.watch(cursor, signal)) {
            if (!told && regressesAt()) {
              told = true;
              yield {
                kind: 'finality-regressed',
                ledger: 'ethereum',
                fromHeight: 9n,
                toHeight: 3n,
              };
            }
            yield update;
          }
        },
      },
    },
  );
}

/** Alice has locked her long leg on Ethereum, and Bob's agent knows it as final. */
async function lockedForGood(rig: Rig, store: MemoryStore) {
  const alice = createKillable(rig, ALICE);
  await alice.start();
  const bob = startBob(rig, store, () => false);
  await bob.start();
  const terms = rig.terms('ethereum-first', 1);
  const swapId = swapIdOf(terms);
  await alice.take(terms);
  await bob.take({ version: 1, terms, acceptances: {} });
  const isFinal = async (): Promise<boolean> =>
    (await bob.session(swapId))?.legs.ethereum.lock?.final === true;
  for (let second = 0; second < 20 && !(await isFinal()); second += 1) await rig.second();
  expect(await isFinal()).toBe(true);
  return { alice, bob, terms, swapId };
}

describe('after a ledger whose finality went backwards', () => {
  it.each(['running', 'started again'])(
    'a %s process is halted until the word of the operator, and not after it',
    async (which) => {
      const rig = createRig();
      const store = createMemoryStore();
      let bob = startBob(rig, store, () => true);
      await bob.start();
      for (let second = 0; second < 3; second += 1) await rig.second();
      if (which === 'started again') {
        await bob.close();
        bob = startBob(rig, store, () => false);
        await bob.start();
        await rig.second();
      }
      expect(bob.world().halted).toEqual(['ethereum']);
      await bob.resume('ethereum');
      expect(bob.world().halted).toEqual([]);
      expect((await store.mark('ethereum'))?.halted).toBe(false);
      for (let second = 0; second < 4; second += 1) await rig.second();
      expect(bob.world().halted).toEqual([]);
      await bob.close();
    },
  );

  it('the halt stays while the node is behind what was final', async () => {
    const rig = createRig();
    const store = createMemoryStore();
    const bob = startBob(rig, store, () => rig.ethereum.blocks.length > 8);
    await bob.start();
    for (let second = 0; second < 10; second += 1) await rig.second();
    expect(bob.world().halted).toEqual(['ethereum']);
    const was = await store.mark('ethereum');
    if (was === undefined) throw new Error('no mark');
    const ahead = { ...was, finalizedHeight: 1_000n };
    await bob.close();
    await store.commit({
      epoch: await store.acquireEpoch(),
      mark: { ledger: 'ethereum', mark: ahead },
      journal: [],
    });
    const again = startBob(rig, store, () => false);
    await again.start();
    await expect(again.resume('ethereum')).rejects.toMatchObject({
      code: 'FINALITY_REGRESSED',
      data: { wasFinal: 1_000n },
    });
    expect(again.world().halted).toContain('ethereum');
    await again.close();
  });

  it('the halt stays while a final lock of an open swap is gone', async () => {
    const rig = createRig();
    const store = createMemoryStore();
    const { alice, bob, swapId } = await lockedForGood(rig, store);
    alice.kill();
    await bob.close();
    const mark = await store.mark('ethereum');
    if (mark === undefined) throw new Error('no mark');
    await store.commit({
      epoch: await store.acquireEpoch(),
      mark: { ledger: 'ethereum', mark: { ...mark, halted: true } },
      journal: [],
    });
    const ports = rig.ports(BOB, store.nonces);
    const fooled = createAgent(
      { accounts: BOB, profile: rig.profile, tickMs: 1000 },
      {
        store,
        seed: BOB.seed,
        clock: rig.clock,
        fabric: ports.fabric,
        ethereum: { ...ports.ethereum, leg: () => Promise.resolve({ state: 'none' }) },
      },
    );
    await fooled.start();
    await expect(fooled.resume('ethereum')).rejects.toMatchObject({
      code: 'FINALITY_REGRESSED',
      data: { swapId },
    });
    expect(fooled.world().halted).toContain('ethereum');
    await fooled.close();
  });

  it.each(['running', 'stopped meanwhile'])(
    'a %s party sees final blocks replaced, locks nothing, and ends the swap after the word of the operator',
    async (which) => {
      const rig = createRig();
      const store = createMemoryStore();
      const { alice, bob: before, terms, swapId } = await lockedForGood(rig, store);
      let bob = before;
      alice.kill();
      if (which !== 'running') await bob.close();
      rig.rules.finalityDepth = 1_000n;
      rig.ethereum.reorg(rig.ethereum.blocks.length - 1, 'lost', 'final-too');
      for (let second = 0; second < 30; second += 1) await rig.second();
      if (which !== 'running') {
        bob = startBob(rig, store, () => false);
        await bob.start();
        await rig.second();
      }
      expect(bob.world().halted).toContain('ethereum');
      expect((await bob.session(swapId))?.legs.ethereum).toEqual({});
      await expect(bob.resume('ethereum')).rejects.toMatchObject({ code: 'FINALITY_REGRESSED' });
      rig.rules.finalityDepth = 2n;
      for (let second = 0; second < 3; second += 1) await rig.second();
      await bob.resume('ethereum');
      while (rig.clock.nowMs() / 1000n < terms.ethereum.expiresAtSec + 10n) await rig.second();
      expect((await store.load(swapId))?.open).toBe(false);
      expect(rig.fabric.midAccount(swapId)).toBeUndefined();
      await bob.close();
    },
  );

  it('a refund that was final and is gone is sent again, though its swap had ended', async () => {
    const rig = createRig();
    const store = createMemoryStore();
    const terms = rig.terms('ethereum-first', 1);
    const swapId = swapIdOf(terms);
    const killable = createKillable(rig, ALICE, undefined, store);
    await killable.start();
    await killable.take(terms);
    const endOf = async (): Promise<unknown> => (await killable.session(swapId))?.legs.ethereum.end;
    for (let second = 0; second < 200 && (await endOf()) === undefined; second += 1)
      await rig.second();
    expect(await endOf()).toMatchObject({ how: 'expiry' });
    for (let second = 0; second < 3; second += 1) await rig.second();
    expect(await endOf()).toMatchObject({ final: true });
    expect((await store.load(swapId))?.open).toBe(false);
    rig.ethereum.reorg(4, 'lost', 'final-too');
    for (let second = 0; second < 20; second += 1) await rig.second();
    const journal = await store.journal({ afterSeq: 0, limit: 1_000, swapId });
    expect(journal.map(({ kind }) => kind)).toContain('reopened');
    expect(journal.findLast(({ kind }) => kind === 'hand-over')?.data).toMatchObject({
      ledger: 'ethereum',
      action: 'refund',
      attempt: '2',
    });
    killable.kill();
  });
});
