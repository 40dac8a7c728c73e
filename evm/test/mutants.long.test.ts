import { describe, expect, it } from 'vitest';
import { listChecks, WITHOUT_EFFECT } from '../scripts/check-list.ts';
import { withCopy } from '../scripts/forge.ts';
import { MUTANTS } from '../scripts/mutant-list.ts';
import { testsKilling } from '../scripts/run-mutant.ts';
import { sample } from '../scripts/sample.ts';

// scripts/mutants.ts runs them all (README, Tests). MIDLOCK_SAMPLE=<seed> draws others. Removed checks: test/removed-checks.
const SEED = process.env['MIDLOCK_SAMPLE'] ?? '1';

describe('a sample of mutants', () => {
  it('is noticed by the forge tests', { timeout: 600_000 }, () => {
    withCopy((folder) => {
      for (const mutant of sample(MUTANTS, 6, SEED))
        expect(
          testsKilling(folder, mutant, ['--no-match-path', '*Invariants*']),
          mutant.name,
        ).not.toEqual([]);
    });
  });
});

describe('the list of checks', () => {
  it('has ids that differ, and no exception that stands nowhere', () => {
    const ids = listChecks().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.length).toBeGreaterThanOrEqual(50);
    for (const id of Object.keys(WITHOUT_EFFECT)) expect(ids).toContain(id);
  });
});
