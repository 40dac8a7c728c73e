import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Holdings } from '@midlock/client';
import { startEnvironment, type EnvironmentKind } from './environment.ts';
import { isAvailable } from './parts.ts';
import { FINALITY_GOES_BACK, SCENARIOS, SIDE_STORIES, type Scenario } from './scenarios.ts';
import { setStage, type Stage } from './stage.ts';
import { expectedChanges } from './sums.ts';
import { attackByVeto } from './veto.ts';

const STORY_MS = 150_000;
const START_MS = 120_000;

/** Tells every scenario on one environment; they share its networks, and each ends with both ledgers' books balanced. */
export async function tellScenarios(part: string, kind: EnvironmentKind): Promise<void> {
  const available = await isAvailable(part, kind);
  describe.skipIf(!available)(part, () => {
    const open = openStage(kind);
    let before: Readonly<Record<'alice' | 'bob', Holdings>>;
    /** Told beside the others from the beginning. */
    const aside = new Map<Scenario, Promise<void>>();

    beforeAll(async () => {
      const stage = await open.start();
      before = { alice: await stage.holdings('alice'), bob: await stage.holdings('bob') };
      await stage.cast.start();
      for (const story of SIDE_STORIES) {
        const told = story.play(stage);
        told.catch(() => undefined);
        aside.set(story, told);
      }
    }, START_MS);
    afterAll(() => open.stop(), START_MS);

    const fitting = SCENARIOS.filter(({ appliesTo }) => appliesTo?.(kind) ?? true);
    it.each(fitting.map((scenario) => [scenario.title, scenario] as const))(
      '%s',
      async (_title, scenario) => {
        const stage = open.stage();
        await scenario.play(stage);
        expect(await stage.conserved()).toBe(true);
      },
      STORY_MS,
    );

    it.each(SIDE_STORIES.map((story) => [story.title, story] as const))(
      '%s',
      async (_title, story) => {
        await aside.get(story);
        expect(await open.stage().conserved()).toBe(true);
      },
      STORY_MS,
    );

    it('everybody holds what the outcomes say, to the unit', async () => {
      const stage = open.stage();
      for (const party of ['alice', 'bob'] as const) {
        const change = expectedChanges(stage, party);
        const now = await stage.holdings(party);
        expect(now.fabric['gold']).toBe((before[party].fabric['gold'] ?? 0n) + change.gold);
        expect(now.ethereum['DEUR']).toBe((before[party].ethereum['DEUR'] ?? 0n) + change.tokens);
        const spent =
          (before[party].ethereum['ETH'] ?? 0n) + change.ether - (now.ethereum['ETH'] ?? 0n);
        // Gas, far less than any amount swapped.
        expect(spent >= 0n && spent < 2n * 10n ** 17n).toBe(true);
      }
    });

    it(FINALITY_GOES_BACK.title, () => FINALITY_GOES_BACK.play(open.stage()), STORY_MS);
  });
}

/** Some of the stories, each with both ledgers' books balanced in the end. */
export async function tellSome(
  part: string,
  kind: EnvironmentKind,
  scenarios: readonly Scenario[],
): Promise<void> {
  const available = await isAvailable(part, kind);
  describe.skipIf(!available)(part, () => {
    const open = openStage(kind);
    beforeAll(async () => {
      await (await open.start()).cast.start();
    }, START_MS);
    afterAll(() => open.stop(), START_MS);
    it.each(scenarios.map((scenario) => [scenario.title, scenario] as const))(
      '%s',
      async (_title, scenario) => {
        await scenario.play(open.stage());
        expect(await open.stage().conserved()).toBe(true);
      },
      STORY_MS,
    );
  });
}

/** The three attacks on a network where both parties' organisations must endorse: each succeeds. */
export async function tellRobberies(part: string, kind: EnvironmentKind): Promise<void> {
  const available = await isAvailable(part, kind);
  describe.skipIf(!available)(part, () => {
    const open = openStage({ ...kind, endorsement: 'both' });
    beforeAll(() => open.start(), START_MS);
    afterAll(() => open.stop(), START_MS);
    it.concurrent.each(['claim of the long leg', 'claim of the short leg', 'refund'] as const)(
      "the counterparty's organisation alone can refuse the %s",
      async (attack) => {
        await attackByVeto(open.stage(), attack, true);
      },
      STORY_MS,
    );
  });
}

/** A stage of its own for a suite: set up, and taken down whatever happens. */
function openStage(kind: EnvironmentKind) {
  let stage: Stage | undefined;
  let workDir: string | undefined;
  return {
    stage(): Stage {
      if (stage === undefined) throw new Error('the environment did not start');
      return stage;
    },
    async start(): Promise<Stage> {
      workDir = mkdtempSync(join(tmpdir(), 'midlock-scenarios-'));
      const environment = await startEnvironment(kind, workDir);
      try {
        stage = await setStage(environment);
        return stage;
      } catch (error) {
        await environment.stop();
        throw error;
      }
    },
    async stop(): Promise<void> {
      await stage?.close();
      await stage?.environment.stop();
      if (workDir !== undefined && process.env['MIDLOCK_KEEP'] === undefined)
        rmSync(workDir, { recursive: true, force: true });
    },
  };
}
