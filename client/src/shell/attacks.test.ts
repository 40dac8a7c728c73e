import { ETH, secretDomain, swapIdOf, type Direction } from '@midlock/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stateOf } from '../core/session.ts';
import { refuse, runToEnd, startAgents, type Killable } from '../testing/agents.ts';
import { ALICE, BOB, TOKENS, createRig, type Party, type Rig } from '../testing/rig.ts';

const TWO = ['Org1MSP', 'Org2MSP'];
const THREE = ['Org1MSP', 'Org2MSP', 'Org3MSP'];

/** What a party holds on both ledgers. */
function wealth(rig: Rig, { fabric, ethereum }: Party): { gold: bigint; ether: bigint } {
  return { gold: rig.fabric.balance(fabric, TOKENS), ether: rig.ethereum.balance(ethereum, ETH) };
}

describe('a counterparty with a veto over endorsement (AND of two) robs; with two of three it does not', () => {
  it.each([
    ['two organisations', TWO, true],
    ['two of three', THREE, false],
  ] as const)(
    "%s: the initiator refuses to endorse the responder's claim of the long leg",
    async (_name, organizations, robbed) => {
      const rig = createRig({ organizations });
      const [alice, bob] = await startAgents(rig, [ALICE, BOB]);
      const terms = rig.terms('fabric-first', 1);
      refuse(rig, 'Org1MSP', 'claim');
      await alice?.take(terms);
      await bob?.take(terms);
      await runToEnd(rig, [alice, bob] as Killable[], [swapIdOf(terms)]);
      expect(wealth(rig, BOB)).toEqual(
        robbed ? { gold: 1000n, ether: 993n } : { gold: 1040n, ether: 993n },
      );
    },
  );

  it.each([
    ['two organisations', TWO, true],
    ['two of three', THREE, false],
  ] as const)(
    '%s: the responder learns the secret at its endorser and refuses the claim of the short leg',
    async (_name, organizations, robbed) => {
      const rig = createRig({ organizations });
      const [alice, bob] = await startAgents(rig, [ALICE, BOB]);
      const terms = rig.terms('ethereum-first', 1);
      refuse(rig, 'Org2MSP', 'claim');
      await alice?.take(terms);
      await bob?.take(terms);
      const states = await runToEnd(rig, [alice, bob] as Killable[], [swapIdOf(terms)]);
      // The responder's own endorser is never asked for this claim: with two organisations that freezes the swap.
      expect(states).toEqual(robbed ? ['refunded', 'refunded'] : ['settled', 'settled']);
      expect(rig.conserved()).toBe(true);
    },
  );

  it.each([
    ['two organisations', TWO, false],
    ['two of three', THREE, true],
  ] as const)(
    '%s: a refusal to endorse the refund freezes the owner',
    async (_name, organizations, free) => {
      const rig = createRig({ organizations });
      const [alice] = await startAgents(rig, [ALICE]);
      const terms = rig.terms('fabric-first', 1);
      refuse(rig, 'Org2MSP', 'refund');
      await alice?.take(terms);
      await runToEnd(rig, [alice] as Killable[], [swapIdOf(terms)]);
      expect(wealth(rig, ALICE).gold).toBe(free ? 1000n : 960n);
    },
  );
});

describe('faults that change nothing', () => {
  it('a withheld claim of the long leg, ordered after the refund, is invalid', async () => {
    const rig = createRig();
    const [alice] = await startAgents(rig, [ALICE]);
    const terms = rig.terms('fabric-first', 1);
    const swapId = swapIdOf(terms);
    await alice?.take(terms);
    for (let second = 0; second < 3; second += 1) await rig.second();
    const claim = rig.fabric.endorse(
      {
        creator: BOB.fabric,
        action: 'claim',
        terms,
        secret: ALICE.seed.secret(secretDomain(terms), terms.nonce),
        stampSec: rig.fabric.timeSec,
        nonce: 'withheld',
      },
      ['Org2MSP', 'Org3MSP'],
    );
    expect(await runToEnd(rig, [alice] as Killable[], [swapId])).toEqual(['refunded']);
    rig.fabric.order(claim.bytes);
    rig.fabric.cut();
    expect(rig.fabric.receipt(claim.txId)?.code).toBe('MVCC_READ_CONFLICT');
    expect(wealth(rig, ALICE).gold).toBe(1000n);
  });

  it.each([-2n, 2n])('one endorser whose clock lies by %d s beyond the bound', async (lie) => {
    for (const direction of ['fabric-first', 'ethereum-first'] as const) {
      const rig = createRig();
      const neutral = rig.fabric.organizations.find(({ mspId }) => mspId === 'Org3MSP');
      if (neutral !== undefined) neutral.offsetSec = lie;
      const agents = await startAgents(rig, [ALICE, BOB]);
      const terms = rig.terms(direction, 1);
      for (const agent of agents) await agent.take(terms);
      const states = await runToEnd(rig, agents, [swapIdOf(terms)]);
      expect(states[0]).toBe(states[1]);
      expect(['settled', 'refunded']).toContain(states[0]);
      expect(rig.conserved()).toBe(true);
    }
  });

  it('a claim seen only in a block that is reorged away still gives the responder the secret', async () => {
    const rig = createRig();
    rig.rules.finalityDepth = 3n;
    const [alice, bob] = await startAgents(rig, [ALICE, BOB]);
    const terms = rig.terms('fabric-first', 1);
    const swapId = swapIdOf(terms);
    await alice?.take(terms);
    await bob?.take(terms);
    while ((await alice?.session(swapId))?.legs.ethereum.end === undefined) await rig.second();
    alice?.kill();
    rig.ethereum.reorg(1, 'lost');
    rig.rules.mines = false;
    for (let second = 0; second < 4; second += 1) await rig.second();
    // No further Ethereum block: the secret was seen once, in a block that no longer stands, and that is enough.
    expect(wealth(rig, BOB).gold).toBe(1040n);
    rig.rules.mines = true;
    const states = await runToEnd(rig, [alice, bob] as Killable[], [swapId]);
    expect(states).toEqual(['settled', 'settled']);
  });

  it('a counterparty that declines ends the swap for both', async () => {
    const rig = createRig();
    const agents = await startAgents(rig, [ALICE, BOB]);
    const [alice, bob] = agents;
    const terms = rig.terms('ethereum-first', 1);
    for (const agent of agents) await agent.take(terms);
    await bob?.abandon(swapIdOf(terms));
    expect(await runToEnd(rig, [alice, bob] as Killable[], [swapIdOf(terms)])).toEqual([
      'refunded',
      'refunded',
    ]);
    // Bob gave Alice's leg back by consent, long before its deadline.
    const end = (await alice?.session(swapIdOf(terms)))?.legs.ethereum.end;
    expect(end?.how).toBe('cooperative');
    expect(rig.conserved()).toBe(true);
  });
});

describe('random schedules of reorgs, stalls, refusals and deaths', () => {
  const fault = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ kind: 'calm' as const }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('reorg' as const),
        depth: fc.integer({ min: 1, max: 1 }),
        fate: fc.constantFrom('pool' as const, 'lost' as const),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('kill' as const),
        who: fc.integer({ min: 0, max: 1 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('refuse' as const),
        org: fc.integer({ min: 0, max: 2 }),
        on: fc.boolean(),
      }),
    },
  );

  /** Faults inside the fault model: one reorg, one death, one organisation that refuses at a time. */
  async function survives(
    direction: Direction,
    schedule: readonly (typeof fault extends fc.Arbitrary<infer F> ? F : never)[],
  ): Promise<void> {
    const rig = createRig();
    const agents = await startAgents(rig, [ALICE, BOB]);
    const terms = rig.terms(direction, 1);
    const swapId = swapIdOf(terms);
    for (const agent of agents) await agent.take(terms);
    let [reorgs, deaths] = [0, 0];
    for (const event of schedule) {
      if (event.kind === 'reorg' && reorgs === 0) {
        reorgs += 1;
        rig.ethereum.reorg(event.depth, event.fate);
      }
      if (event.kind === 'kill' && deaths === 0) {
        deaths += 1;
        agents[event.who]?.kill();
      }
      if (event.kind === 'refuse') {
        const before = rig.fabric.organizations[event.org];
        for (const organization of rig.fabric.organizations) organization.willing = () => true;
        if (before !== undefined && event.on) before.willing = () => false;
      }
      await rig.second();
      for (const agent of agents) if (!agent.alive) await agent.start();
      expect(rig.conserved()).toBe(true);
    }
    for (const organization of rig.fabric.organizations) organization.willing = () => true;
    const states = await runToEnd(rig, agents, [swapId]);
    expect(states[0]).toBe(states[1]);
    expect(['settled', 'refunded', 'cancelled']).toContain(states[0]);
    for (const agent of agents) {
      await agent.store.verify();
      const session = await agent.session(swapId);
      expect(session === undefined ? '' : stateOf(session)).not.toBe('lost');
    }
  }

  it.each(['fabric-first', 'ethereum-first'] as const)('%s', async (direction) => {
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 30 }), (schedule) =>
        survives(direction, schedule),
      ),
      { numRuns: 80, seed: 5 },
    );
  });
});
