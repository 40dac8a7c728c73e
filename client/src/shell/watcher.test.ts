import { MidlockError, swapIdOf, type LedgerUpdate } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { stepParty } from '../core/party.ts';
import { openSession } from '../core/session.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { createKillable, runToEnd, startSwap } from '../testing/agents.ts';
import { ALICE, BOB, TOKENS, createRig } from '../testing/rig.ts';
import { secretsFrom } from './seed.ts';
import { createSwapService } from './service.ts';

describe('following the ledgers', () => {
  it('closes a swap that was over before a restart, although nothing new happens on the ledgers', async () => {
    const rig = createRig();
    const { alice, swapId } = await startSwap(rig, 'fabric-first');
    while ((await alice.session(swapId))?.legs.ethereum.end === undefined) await rig.second();
    alice.kill();
    for (let second = 0; second < 10; second += 1) await rig.second();
    rig.rules.mines = false;
    await alice.start();
    for (let second = 0; second < 3; second += 1) await rig.second();
    expect((await alice.store.load(swapId))?.open).toBe(false);
    const kinds = (await alice.store.journal({ afterSeq: 0, limit: 1000 })).map(({ kind }) => kind);
    expect(kinds.filter((kind) => kind === 'done')).toEqual(['done']);
  });

  it('halts new work when finality goes backwards, and remembers it across a restart', async () => {
    const rig = createRig();
    const lying = createKillable(rig, BOB, (party, nonces) => {
      const ports = rig.ports(party, nonces);
      return {
        ...ports,
        ethereum: {
          ...ports.ethereum,
          async *watch(cursor, signal) {
            yield {
              kind: 'finality-regressed',
              ledger: 'ethereum',
              fromHeight: 9n,
              toHeight: 3n,
            } as const;
            yield* ports.ethereum.watch(cursor, signal);
          },
        },
      };
    });
    const alice = createKillable(rig, ALICE);
    await alice.start();
    await lying.start();
    const terms = rig.terms('fabric-first', 1);
    await alice.take(terms);
    await lying.take(terms);
    for (let second = 0; second < 10; second += 1) await rig.second();
    expect(rig.ethereum.locksOf(swapIdOf(terms))).toEqual([]);
    expect((await lying.store.mark('ethereum'))?.halted).toBe(true);
  });

  it('forgets after a restart what a reorg took back, also before anything was ever final', async () => {
    const rig = createRig();
    rig.rules.finalityDepth = 1000n;
    const { alice, bob, swapId } = await startSwap(rig, 'ethereum-first');
    while ((await bob.session(swapId))?.legs.ethereum.lock === undefined) await rig.second();
    alice.kill();
    bob.kill();
    rig.ethereum.reorg(2, 'lost');
    await bob.start();
    rig.rules.finalityDepth = 0n;
    for (let second = 0; second < 3; second += 1) await rig.second();
    expect((await bob.session(swapId))?.legs.ethereum).toEqual({});
    expect(rig.fabric.midAccount(swapId)).toBeUndefined();
  });

  it('keeps no mark past a fact whose write was reported as failed although it had happened', async () => {
    const rig = createRig();
    rig.rules.finalityDepth = 1000n;
    const memory = createMemoryStore();
    let torn = true;
    const bob = createKillable(rig, BOB, rig.ports.bind(rig), {
      ...memory,
      commit: async (change, written) => {
        await memory.commit(change, written);
        if (!torn || change.sessions?.[0]?.session.legs.ethereum.lock === undefined) return;
        torn = false;
        throw new MidlockError('STORE_UNWRITABLE', {});
      },
    });
    const alice = createKillable(rig, ALICE);
    await alice.start();
    await bob.start();
    const terms = rig.terms('ethereum-first', 1);
    const swapId = swapIdOf(terms);
    await alice.take(terms);
    await bob.take(terms);
    while ((await bob.session(swapId))?.legs.ethereum.lock === undefined) await rig.second();
    alice.kill();
    rig.ethereum.reorg(2, 'lost');
    rig.rules.finalityDepth = 2n;
    for (let second = 0; second < 40; second += 1) await rig.second();
    bob.kill();
    await bob.start();
    for (let second = 0; second < 3; second += 1) await rig.second();
    expect((await bob.session(swapId))?.legs.ethereum).toEqual({});
    expect(rig.fabric.midAccount(swapId)).toBeUndefined();
  });

  it('follows from a mark whose write was reported as failed although it had happened', async () => {
    const rig = createRig();
    const memory = createMemoryStore();
    const terms = rig.terms('fabric-first', 1);
    let claimedAt: bigint | undefined;
    let passed = false;
    let healthy = false;
    const badNetwork = (): boolean => passed && !healthy;
    /**
     * Bob's second process. Each mark of Ethereum seems lost and is not; past the claim it hears of the swap, when its network
     * lets it see the lock once more and not the claim.
     */
    const heir = createKillable(
      rig,
      BOB,
      (party, nonces) => {
        const ports = rig.ports(party, nonces);
        const isClaim = (update: LedgerUpdate): boolean =>
          update.kind === 'block' && update.block.facts.some(({ kind }) => kind === 'claimed');
        return {
          ...ports,
          ethereum: {
            ...ports.ethereum,
            leg: (wanted) =>
              badNetwork()
                ? Promise.reject(new MidlockError('ENDPOINT_UNREACHABLE'))
                : ports.ethereum.leg(wanted),
            async *watch(cursor, signal) {
              for await (const update of ports.ethereum.watch(cursor, signal)) {
                if (update.kind === 'block' && isClaim(update)) claimedAt = update.block.height;
                if (badNetwork() && isClaim(update)) return;
                yield update;
              }
            },
          },
        };
      },
      {
        ...memory,
        commit: async (change, written) => {
          await memory.commit(change, written);
          if (healthy || change.mark?.ledger !== 'ethereum') return;
          const { height } = change.mark.mark.cursor ?? { height: -1n };
          passed ||= claimedAt !== undefined && height >= claimedAt;
          throw new MidlockError('STORE_UNWRITABLE', {});
        },
      },
    );
    const [alice, bob] = [createKillable(rig, ALICE), createKillable(rig, BOB)];
    for (const agent of [alice, bob, heir]) await agent.start();
    for (const agent of [alice, bob]) await agent.take(terms);
    while (rig.ethereum.locksOf(swapIdOf(terms)).length === 0) await rig.second();
    bob.kill();
    while (!badNetwork()) await rig.second();
    await heir.take(terms);
    for (let second = 0; second < 3; second += 1) await rig.second();
    heir.kill();
    healthy = true;
    await heir.start();
    expect(await runToEnd(rig, [alice, heir], [swapIdOf(terms)])).toEqual(['settled', 'settled']);
    expect(rig.fabric.balance(BOB.fabric, TOKENS)).toBe(1040n);
  });

  it('works on a swap whose first write was reported as failed although it had happened', async () => {
    const rig = createRig();
    const store = createMemoryStore();
    const ports = rig.ports(ALICE, store.nonces);
    let torn = true;
    const service = createSwapService(
      { reducer: stepParty, secrets: secretsFrom(ALICE.seed), tickMs: 1000 },
      {
        ...ports,
        clock: rig.clock,
        store: {
          ...store,
          commit: async (change) => {
            await store.commit(change);
            if (!torn) return;
            torn = false;
            throw new MidlockError('STORE_UNWRITABLE', {});
          },
        },
      },
    );
    await service.start();
    const terms = rig.terms('fabric-first', 1);
    const nowSec = rig.clock.nowMs() / 1000n;
    const session = openSession({
      terms,
      role: 'initiator',
      profile: rig.profile,
      nowSec,
      accepted: true,
    });
    await expect(service.add(session, 'taken')).rejects.toThrow('STORE_UNWRITABLE');
    for (let second = 0; second < 3; second += 1) await rig.second();
    expect(rig.fabric.midAccount(swapIdOf(terms))?.state).toBe('locked');
    await service.close();
  });
});
