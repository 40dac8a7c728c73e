import { listCrashPoints } from '@midlock/client';
import { describe, expect, it } from 'vitest';
import { campaign } from './campaign.ts';
import { LETTER_POINTS } from './letter-run.ts';
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
  it('passes every listed point, and no other: one that is added needs a way to it', async () => {
    const listed = listCrashPoints();
    expect(new Set(listed).size).toBe(listed.length);
    const passed = new Set<string>(Object.values(LETTER_POINTS).flat());
    for (const scenario of SCENARIOS) {
      const run = await runOnModels(scenario, []);
      expect([scenario.direction, scenario.name, run.faults]).toEqual([
        scenario.direction,
        scenario.name,
        [],
      ]);
      for (const id of Object.values(run.passed).flat()) passed.add(id);
    }
    expect([...passed].sort()).toEqual([...listed].sort());
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
