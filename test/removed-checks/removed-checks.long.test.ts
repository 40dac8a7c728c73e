import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHECKED_PACKAGES } from './registry.ts';
import { removeInTurn, testsPass } from './run.ts';

/** How many checks of each package are drawn; the whole run is `npm run removed-checks`. */
const DRAWN = 3;
const SEED = Number(process.env['MIDLOCK_SEED'] ?? '1');

/** A draw without repetition that a seed repeats. */
function draw(ids: readonly string[], seed: number): readonly string[] {
  const left = [...ids];
  let state = seed;
  return Array.from({ length: Math.min(DRAWN, ids.length) }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return left.splice(state % left.length, 1)[0] ?? '';
  });
}

describe.each(Object.entries(CHECKED_PACKAGES))('removed checks of %s', (name, checked) => {
  it('finds the ids in the sources, and each changes the module that checks', () => {
    const ids = checked.ids();
    expect(ids.length).toBeGreaterThan(2);
    const source = readFileSync(new URL(`../../${checked.module}`, import.meta.url), 'utf8');
    for (const id of ids) expect(checked.without(source, id)).toContain(JSON.stringify(id));
  });

  it(`notices ${String(DRAWN)} of them, drawn by seed ${String(SEED)}`, async () => {
    expect(await testsPass(name)).toBe(true);
    expect(await removeInTurn(name, draw(checked.ids(), SEED), console.log)).toEqual([]);
  }, 300_000);
});
