import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sample } from '../../evm/scripts/sample.ts';
import { SECOND_LINE } from '../../evm/test/verify/compile.ts';
import { ROOT } from './package.ts';
import { CHECKED_PACKAGES } from './registry.ts';
import { removeInTurn } from './run.ts';

/** How many named checks of each package are drawn; the whole run is `npm run removed-checks`. */
const DRAWN = 3;
const SEED = process.env['MIDLOCK_SEED'] ?? '1';

describe.each(Object.entries(CHECKED_PACKAGES))('removed checks of %s', (name, checked) => {
  it('finds the ids in the sources, and each changes the module that checks', () => {
    const ids = checked.ids();
    expect(ids.length).toBeGreaterThan(2);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of ids)
      for (const { module, apply } of checked.without(id)) {
        const source = readFileSync(ROOT + module, 'utf8');
        expect(apply(source), id).not.toBe(source);
      }
  });

  it(`notices ${String(DRAWN)} of them, drawn by seed ${SEED}`, { timeout: 600_000 }, async () => {
    const drawn = sample((checked.named ?? checked.ids)(), DRAWN, SEED);
    const { outcomes, broken } = await removeInTurn(name, drawn, console.log);
    expect(outcomes.filter(({ how }) => how === 'missed')).toEqual([]);
    expect(broken).toEqual([]);
  });
});

describe('checks with a second refusal behind them', () => {
  it('stand in the contracts, each with its reason', () => {
    for (const [id, why] of Object.entries(SECOND_LINE)) expect(why.length, id).toBeGreaterThan(40);
  });
});
