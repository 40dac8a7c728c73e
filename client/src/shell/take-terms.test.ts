import { ETH, MidlockError, swapIdOf, type Direction, type SwapTerms } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { stateOf } from '../core/session.ts';
import { acceptSwap } from '../sdk/create-swap.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import { createRig, partyFor, TOKENS, type Party, type Rig } from '../testing/rig.ts';
import { testSigners } from '../testing/signers.ts';
import type { TermsFile } from '../terms-file/terms-file.ts';
import { createAgent, type Agent } from './agent.ts';

const SIGNERS = [testSigners(0), testSigners(1)] as const;
const [A, B] = [partyFor('a', SIGNERS[0]), partyFor('b', SIGNERS[1])];

async function startAgent(rig: Rig, party: Party): Promise<Agent> {
  const store = createMemoryStore();
  const agent = createAgent(
    { accounts: party, profile: rig.profile, tickMs: 1000 },
    { store, seed: party.seed, clock: rig.clock, ...rig.ports(party, store.nonces) },
  );
  await agent.start();
  return agent;
}

const unsigned = (terms: SwapTerms): TermsFile => ({ version: 1, terms, acceptances: {} });

async function signed(rig: Rig, terms: SwapTerms): Promise<TermsFile> {
  const check = { profile: rig.profile, nowSec: rig.clock.nowMs() / 1000n };
  let file = unsigned(terms);
  for (const each of SIGNERS) file = await acceptSwap(file, each, check);
  return file;
}

/** The same hash lock and deadlines, another amount. */
function imitation(terms: SwapTerms): SwapTerms {
  return { ...terms, fabric: { ...terms.fabric, amount: terms.fabric.amount + 1n } };
}

async function settled(rig: Rig, agents: readonly Agent[], terms: SwapTerms): Promise<string[]> {
  const swapId = swapIdOf(terms);
  for (let second = 0; second < 60; second += 1) await rig.second();
  const sessions = await Promise.all(agents.map((agent) => agent.session(swapId)));
  return sessions.map((session) => (session === undefined ? 'unknown' : stateOf(session)));
}

describe('terms that not both parties have signed', () => {
  it.each<Direction>(['fabric-first', 'ethereum-first'])(
    'keep nobody from the %s swap that they imitate',
    async (direction) => {
      const rig = createRig({ initiator: A, responder: B });
      const terms = rig.terms(direction, 1);
      const agents = [await startAgent(rig, A), await startAgent(rig, B)];
      const file = await signed(rig, terms);
      for (const agent of agents) {
        await agent.take(unsigned(imitation(terms)));
        await agent.take(file);
      }
      expect(await settled(rig, agents, terms)).toEqual(['settled', 'settled']);
      expect(rig.fabric.midAccount(swapIdOf(imitation(terms)))).toBeUndefined();
      for (const agent of agents) await agent.close();
    },
  );

  it('keep nobody from the recovery of a swap after the loss of its journal', async () => {
    const rig = createRig({ initiator: A, responder: B });
    const terms = rig.terms('fabric-first', 1);
    const [alice, bob] = [await startAgent(rig, A), await startAgent(rig, B)];
    const file = await signed(rig, terms);
    for (const agent of [alice, bob]) await agent.take(file);
    while (rig.ethereum.locksOf(swapIdOf(terms)).length === 0) await rig.second();
    await bob.close();
    const heir = await startAgent(rig, B);
    await heir.take(unsigned(imitation(terms)));
    await heir.take(unsigned(terms));
    expect(await settled(rig, [alice, heir], terms)).toEqual(['settled', 'settled']);
    expect(rig.fabric.balance(B.fabric, TOKENS)).toBe(1000n + terms.fabric.amount);
    expect(rig.ethereum.balance(A.ethereum, ETH)).toBe(1000n + terms.ethereum.amount);
    for (const agent of [alice, heir]) await agent.close();
  });
});

describe('a hash lock that was agreed before', () => {
  const code = async (work: Promise<unknown>): Promise<unknown> =>
    work.catch((error: unknown) => (error instanceof MidlockError ? error.code : error));

  it('is refused under other terms, whichever copy came first and in how many steps', async () => {
    const rig = createRig({ initiator: A, responder: B });
    const terms = rig.terms('fabric-first', 1);
    const [file, other] = [await signed(rig, terms), await signed(rig, imitation(terms))];
    const bob = await startAgent(rig, B);
    await bob.take(file);
    expect(await code(bob.take(other))).toBe('HASHLOCK_KNOWN');
    await bob.take(unsigned(imitation(terms)));
    await bob.take(other);
    expect((await bob.session(swapIdOf(imitation(terms))))?.accepted).toBe(false);
    await bob.close();
  });

  it('is refused once its secret is out', async () => {
    const rig = createRig({ initiator: A, responder: B });
    const terms = rig.terms('fabric-first', 1);
    const agents = [await startAgent(rig, A), await startAgent(rig, B)];
    const [file, other] = [await signed(rig, terms), await signed(rig, imitation(terms))];
    for (const agent of agents) await agent.take(file);
    expect(await settled(rig, agents, terms)).toEqual(['settled', 'settled']);
    for (const agent of agents) {
      expect(await code(agent.take(other))).toBe('HASHLOCK_KNOWN');
      await agent.close();
    }
  });
});
