import {
  acceptSwap,
  createAgent,
  createMemoryStore,
  stateOf,
  type Agent,
  type TermsFile,
} from '@midlock/client';
import {
  CAROL,
  createRig,
  partyFor,
  testSigners,
  type Party,
  type Rig,
} from '@midlock/client/testing';
import { swapIdOf } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { createRelayer, type Relayer } from './relayer.ts';

const SIGNERS = [testSigners(0), testSigners(1)] as const;
const [A, B] = [partyFor('a', SIGNERS[0]), partyFor('b', SIGNERS[1])];

/** A relayer with an empty store, as after its loss. */
async function startAnew(rig: Rig): Promise<Relayer> {
  const store = createMemoryStore();
  const relayer = createRelayer(
    { profile: rig.profile, tickMs: 1000 },
    { store, clock: rig.clock, ...rig.ports(CAROL, store.nonces) },
  );
  await relayer.start();
  return relayer;
}

function agentOf(rig: Rig, party: Party): Agent {
  const store = createMemoryStore();
  return createAgent(
    { accounts: party, profile: rig.profile, tickMs: 1000 },
    { store, seed: party.seed, clock: rig.clock, ...rig.ports(party, store.nonces) },
  );
}

async function signed(rig: Rig): Promise<TermsFile> {
  const check = { profile: rig.profile, nowSec: rig.clock.nowMs() / 1000n };
  let file: TermsFile = { version: 1, terms: rig.terms('ethereum-first', 1), acceptances: {} };
  for (const each of SIGNERS) file = await acceptSwap(file, each, check);
  return file;
}

/** Until the long lock stands on Ethereum and nothing on Fabric; the relayer was told, and then loses its store. */
async function lockedOnEthereumAlone(rig: Rig): Promise<{
  readonly file: TermsFile;
  readonly alice: Agent;
}> {
  const file = await signed(rig);
  const first = await startAnew(rig);
  const alice = agentOf(rig, A);
  await alice.start();
  await first.watch(file);
  await alice.take(file);
  const swapId = swapIdOf(file.terms);
  for (let second = 0; second < 10 && rig.ethereum.locksOf(swapId).length === 0; second += 1)
    await rig.second();
  expect(rig.ethereum.locksOf(swapId).length).toBe(1);
  expect(first.open().map((session) => session.swapId)).toEqual([swapId]);
  await first.close();
  return { file, alice };
}

async function endOf(rig: Rig, relayer: Relayer, file: TermsFile): Promise<string> {
  const swapId = swapIdOf(file.terms);
  for (let second = 0; second < 120; second += 1) {
    await rig.second();
    const stored = await relayer.stored(swapId);
    if (stored?.open === false) return stateOf(stored.session);
  }
  return 'open';
}

describe('a relayer that knew of a lock on Ethereum alone and lost its store', () => {
  it('knows the swap again once its Fabric leg is locked, and claims for a responder that is gone', async () => {
    const rig = createRig({ initiator: A, responder: B });
    const { file, alice } = await lockedOnEthereumAlone(rig);
    const swapId = swapIdOf(file.terms);
    const relayer = await startAnew(rig);
    await rig.second();
    expect(relayer.open()).toEqual([]);
    const bob = agentOf(rig, B);
    await bob.start();
    await bob.take(file);
    for (let second = 0; second < 10 && rig.fabric.midAccount(swapId) === undefined; second += 1)
      await rig.second();
    expect(rig.fabric.midAccount(swapId)).toBeDefined();
    await bob.close();
    expect(await endOf(rig, relayer, file)).toBe('settled');
    expect(rig.conserved()).toBe(true);
    await alice.close();
    await relayer.close();
  });

  it('knows it again at once when a party tells it, and refunds an owner that is gone', async () => {
    const rig = createRig({ initiator: A, responder: B });
    const { file, alice } = await lockedOnEthereumAlone(rig);
    await alice.close();
    const relayer = await startAnew(rig);
    await rig.second();
    expect((await relayer.watch(file)).created).toBe(true);
    expect(relayer.open().length).toBe(1);
    expect(await endOf(rig, relayer, file)).toBe('refunded');
    expect(rig.conserved()).toBe(true);
    await relayer.close();
  });

  it('is not needed: an owner that lives takes its own lock back', async () => {
    const rig = createRig({ initiator: A, responder: B });
    const { file, alice } = await lockedOnEthereumAlone(rig);
    const swapId = swapIdOf(file.terms);
    const relayer = await startAnew(rig);
    for (let second = 0; second < 60; second += 1) await rig.second();
    expect(relayer.open()).toEqual([]);
    expect(rig.ethereum.locksOf(swapId).at(-1)?.state).toBe('refunded');
    expect(rig.conserved()).toBe(true);
    await alice.close();
    await relayer.close();
  });
});
