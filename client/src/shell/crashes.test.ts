import { swapIdOf, type Direction } from '@midlock/protocol';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Crash, createKillable, runToEnd, type Killable } from '../testing/agents.ts';
import { ALICE, BOB, createRig, type Rig } from '../testing/rig.ts';
import type { CrashPort } from './crash-points.ts';
import { listCrashPoints } from './crash-points.ts';

const DIRECTIONS: readonly Direction[] = ['fabric-first', 'ethereum-first'];

type Path = 'settle' | 'abandon';

interface Kill {
  readonly who: 'alice' | 'bob';
  /** The how-manieth passage through any crash point kills. */
  readonly passage: number;
}

interface Run {
  readonly states: readonly string[];
  readonly passed: Record<'alice' | 'bob', string[]>;
  readonly rig: Rig;
  readonly agents: readonly Killable[];
  readonly terms: ReturnType<Rig['terms']>;
}

/** One swap with deaths at the given passages; the dead come back a second later on their store. */
async function run(direction: Direction, path: Path, kills: readonly Kill[]): Promise<Run> {
  const rig = createRig();
  const passed: Run['passed'] = { alice: [], bob: [] };
  const counting =
    (who: 'alice' | 'bob'): CrashPort =>
    (id) => {
      passed[who].push(id);
      if (kills.some((kill) => kill.who === who && kill.passage === passed[who].length))
        throw new Crash(id);
    };
  const reborn = (agent: Killable, who: 'alice' | 'bob'): Killable => ({
    ...agent,
    start: () => agent.start(counting(who)),
    get alive() {
      return agent.alive;
    },
    get failure() {
      return agent.failure;
    },
  });
  const [alice, bob] = [
    reborn(createKillable(rig, ALICE), 'alice'),
    reborn(createKillable(rig, BOB), 'bob'),
  ];
  const agents = [alice, bob];
  const terms = rig.terms(direction, 1);
  const swapId = swapIdOf(terms);
  for (const agent of agents) {
    // A party that died before its swap was durable is given the terms again, as an operator would.
    while ((await agent.session(swapId)) === undefined) {
      if (!agent.alive) await agent.start();
      await agent.take(terms).catch((error: unknown) => {
        if (!(error instanceof Crash)) throw error;
      });
    }
  }
  if (path === 'abandon') {
    while (
      (await alice.session(swapId))?.legs[direction === 'fabric-first' ? 'fabric' : 'ethereum']
        .lock === undefined
    ) {
      for (const agent of agents) if (!agent.alive) await agent.start();
      await rig.second();
    }
    await alice.abandon(swapId).catch(() => undefined);
  }
  const states = await runToEnd(rig, agents, [swapId]);
  return { states, passed, rig, agents, terms };
}

function expectWhole({ states, rig, agents }: Run): void {
  expect(states[0]).toBe(states[1]);
  // A party that dies before it could lock in time cancels: nothing was locked.
  expect(['settled', 'refunded', 'cancelled']).toContain(states[0]);
  expect(rig.conserved()).toBe(true);
  for (const { failure } of agents)
    if (failure !== undefined) expect(failure).toBeInstanceOf(Crash);
  const transactions = rig.ethereum.blocks
    .flatMap(({ calls }) => calls)
    .filter(({ action }) => action === 'lock');
  expect(transactions.length).toBeLessThanOrEqual(1);
}

/** The first passage through each point; test/crash-points kills at the later ones too. */
function firstPassages(ids: readonly string[]): readonly number[] {
  return ids.flatMap((id, index) => (ids.indexOf(id) === index ? [index + 1] : []));
}

describe.each(DIRECTIONS)('%s with a crash at every point', (direction) => {
  it.each(['settle', 'abandon'] as const)('%s: nothing lost, nothing doubled', async (path) => {
    const calm = await run(direction, path, []);
    expectWhole(calm);
    for (const who of ['alice', 'bob'] as const) {
      for (const passage of firstPassages(calm.passed[who])) {
        const result = await run(direction, path, [{ who, passage }]);
        expectWhole(result);
        for (const agent of result.agents) await agent.store.verify();
      }
    }
  });

  it('settle, twice dead, drawn by seed', async () => {
    const kill = fc.record({
      who: fc.constantFrom('alice' as const, 'bob' as const),
      passage: fc.integer({ min: 1, max: 90 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.tuple(kill, kill), async (kills) => {
        expectWhole(await run(direction, 'settle', kills));
      }),
      { numRuns: 60, seed: 20261121 },
    );
  });
});

describe('crash points', () => {
  it('are listed once each, and every passage is in the list', async () => {
    const listed = listCrashPoints();
    expect(new Set(listed).size).toBe(listed.length);
    for (const direction of DIRECTIONS) {
      const { passed } = await run(direction, 'settle', []);
      for (const id of [...passed.alice, ...passed.bob]) expect(listed).toContain(id);
    }
  });
});
