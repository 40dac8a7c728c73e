import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRandom } from '../simulation/random.ts';
import { harvestDictionary } from './dictionary.ts';
import { judge } from './judge.ts';
import { createMutator } from './mutate/mutator.ts';
import { bytesOf } from './target.ts';
import { allTargets } from './targets/index.ts';

const RUNS = 40;
const RUNS_DEAR = 8;
const targets = await allTargets();

describe('targets', () => {
  it('have names of their own and say whose input they read', () => {
    expect(new Set(targets.map(({ name }) => name)).size).toBe(targets.length);
    for (const { about, sources } of targets)
      expect([about.length > 9, sources.length > 0]).toEqual([true, true]);
  });
});

describe.each(targets)('$name', (target) => {
  it('takes what the real writers write', async () => {
    const seeds = await target.seeds();
    expect(seeds.length).toBeGreaterThan(0);
    for (const seed of seeds) expect(await judge(target, seed)).toBeUndefined();
  });

  it('treats whatever comes as it must', async () => {
    const seeds = await target.seeds();
    const mutate = createMutator(target.format, harvestDictionary(target.sources), 4_096);
    const mutated = fc
      .tuple(fc.integer(), fc.constantFrom(...seeds), fc.constantFrom(...seeds))
      .map(([number, seed, other]) => mutate(seed, other, createRandom(String(number))));
    const inputs = fc.oneof(
      { weight: 6, arbitrary: mutated },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
      { weight: 1, arbitrary: fc.json({ maxDepth: 4 }).map(bytesOf) },
    );
    await fc.assert(
      fc.asyncProperty(inputs, async (input) => {
        expect(await judge(target, input)).toBeUndefined();
      }),
      { seed: 1, numRuns: target.dear === true ? RUNS_DEAR : RUNS },
    );
  });
});
