import { describe, expect, it } from 'vitest';
import { campaign } from './campaign.ts';
import { SCENARIOS } from './scenarios.ts';

describe('every death on the models, singly and in pairs', () => {
  it.each(
    SCENARIOS.map((scenario) => [`${scenario.direction} ${scenario.name}`, scenario] as const),
  )(
    '%s: nothing lost, nothing doubled, every session recovered',
    async (_name, scenario) => {
      const result = await campaign(scenario, { each: 3, stride: 1, pairs: 25, seed: 20261121 });
      expect(result.failures).toEqual([]);
    },
    180_000,
  );
});
