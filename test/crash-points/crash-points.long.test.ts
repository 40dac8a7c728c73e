import { listCrashPoints } from '@midlock/client';
import { describe, expect, it } from 'vitest';
import { campaign } from './campaign.ts';
import { LETTER_POINTS } from './letter-run.ts';
import { SCENARIOS } from './scenarios.ts';

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
