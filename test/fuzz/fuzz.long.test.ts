import { describe, expect, it } from 'vitest';
import { tellFinding } from './story.ts';
import { superviseTarget } from './supervise.ts';
import { allTargets } from './targets/index.ts';

const SECONDS = 1;
const targets = await allTargets();

/** About a second of coverage-guided search for each target; `npm run fuzz` runs as long as one likes. */
describe('coverage-guided', () => {
  it.each(targets)('$name', async (target) => {
    const { found, result } = await superviseTarget({
      target: target.name,
      seed: 1,
      runs: Infinity,
      seconds: SECONDS,
    });
    const stories = found.map((one, i) =>
      tellFinding({ target, found: one, number: i + 1, seed: 1, file: '(not written)' }),
    );
    expect(stories.join('\n')).toBe('');
    expect(result?.reached.branches).toBeGreaterThan(0);
  });
});
