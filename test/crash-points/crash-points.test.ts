import { listCrashPoints } from '@midlock/client';
import { describe, expect, it } from 'vitest';
import { campaign } from './campaign.ts';
import { runOnModels } from './model-run.ts';
import { pairs, singles } from './plan.ts';
import { SCENARIOS } from './scenarios.ts';

describe('a sample of deaths on the models; the long suite runs all', () => {
  it.each(
    SCENARIOS.map((scenario) => [`${scenario.direction} ${scenario.name}`, scenario] as const),
  )('%s: nothing lost, nothing doubled, every session recovered', async (_name, scenario) => {
    const { failures, singles: deaths } = await campaign(scenario, {
      each: 2,
      stride: 17,
      pairs: 2,
      seed: 5,
    });
    expect(failures).toEqual([]);
    expect(deaths).toBeGreaterThan(2);
  });
});

describe('the machinery', () => {
  it('knows every point that a process passes', async () => {
    const listed = new Set(listCrashPoints());
    expect(listed.size).toBe(listCrashPoints().length);
    for (const scenario of SCENARIOS) {
      const { passed } = await runOnModels(scenario, []);
      for (const id of Object.values(passed).flat()) expect(listed).toContain(id);
    }
  });

  it('kills where it is told, and draws the same pairs for the same seed', async () => {
    const [settle] = SCENARIOS;
    if (settle === undefined) throw new Error('no scenario');
    const calm = await runOnModels(settle, []);
    expect(calm.outcomes).toEqual(['claimed']);
    const [kill] = singles(calm.passed, ['bob'], 1).slice(-1);
    if (kill === undefined) throw new Error('no passage');
    const killed = await runOnModels(settle, [kill]);
    // The first life of the victim ends in the passage; a second life takes the lease again.
    const leases = killed.passed.bob.filter((id) => id === 'write.lease.before').length;
    expect(leases).toBe(2);
    expect(pairs(calm.passed, ['alice'], 9, 7)).toEqual(pairs(calm.passed, ['alice'], 9, 7));
    expect(pairs(calm.passed, ['alice'], 9, 7)).not.toEqual(pairs(calm.passed, ['alice'], 9, 8));
  });
});
