import { listCrashPoints } from '@midlock/client';
import { describe, expect, it } from 'vitest';
import { campaign } from './campaign.ts';
import { LETTER_POINTS } from './letter-run.ts';
import { runOnProcesses } from './process-run.ts';
import { linesOf } from './report.ts';
import { SCENARIOS } from './scenarios.ts';

/** Draws the deaths of real processes. */
const SEED = Number(process.env['MIDLOCK_SEED'] ?? '1');
/** `npm run crash-points -- run --real 200` does more of the same. */
const KILLS = 60;

describe('every death on the models, singly and in pairs', () => {
  const killedAt = new Set<string>(Object.values(LETTER_POINTS).flat());

  it.each(
    SCENARIOS.map((scenario) => [`${scenario.direction} ${scenario.name}`, scenario] as const),
  )(
    '%s: nothing lost, nothing doubled, every session recovered',
    async (_name, scenario) => {
      const result = await campaign(scenario, { each: 3, stride: 1, pairs: 15, seed: 20261121 });
      expect(result.failures).toEqual([]);
      for (const id of result.points) killedAt.add(id);
    },
    180_000,
  );

  it('somebody died at every listed point, here or over letters (letters.long.test.ts)', () => {
    expect([...killedAt].sort()).toEqual([...listCrashPoints()].sort());
  });
});

describe('real processes on devnode and anvil', () => {
  it(
    `${String(KILLS)} deaths by SIGKILL among many swaps, seed ${String(SEED)}: nothing lost, nothing doubled`,
    async () => {
      const told: string[] = [];
      const onProgress = (line: string): void => void told.push(line);
      const result = await runOnProcesses({ kills: KILLS, seed: SEED, onProgress });
      const story = [...told, ...linesOf(result)].join('\n');
      console.log(story);
      expect(result.faults, story).toEqual([]);
      expect(result.kills, story).toBeGreaterThanOrEqual(KILLS);
      // Who is to settle has time for many deaths in a row; that most do shows that the run was about living swaps.
      expect(result.settledAsMeant * 2, story).toBeGreaterThan(result.meantToSettle);
    },
    30 * 60_000,
  );
});
