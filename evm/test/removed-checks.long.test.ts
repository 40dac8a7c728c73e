import { describe, expect, it } from 'vitest';
import { listChecks, WITHOUT_EFFECT, withoutCheck } from '../scripts/check-list.ts';
import { withCopy } from '../scripts/forge.ts';
import { MUTANTS } from '../scripts/mutant-list.ts';
import { testsKilling, testsKillingChange, UNOPTIMIZED } from '../scripts/run-mutant.ts';
import { sample } from '../scripts/sample.ts';

// scripts/removed-checks.ts and scripts/mutants.ts run them all (README, Removed checks). MIDLOCK_SAMPLE=<seed> draws others.
const SEED = process.env['MIDLOCK_SAMPLE'] ?? '1';
const UNIT = ['--no-match-path', '*Invariants*'];

describe('a sample of removed checks and of mutants', () => {
  it('is noticed by the forge tests', { timeout: 600_000 }, () => {
    const checks = sample(
      listChecks().filter(({ id }) => WITHOUT_EFFECT[id] === undefined),
      10,
      SEED,
    );
    const mutants = sample(MUTANTS, 6, SEED);
    withCopy((folder) => {
      for (const check of checks) {
        const without = (source: string): string => withoutCheck(source, check);
        const killers = testsKillingChange(folder, check.file, UNIT, without, UNOPTIMIZED);
        expect(killers, check.id).not.toEqual([]);
      }
    }, true);
    withCopy((folder) => {
      for (const mutant of mutants)
        expect(testsKilling(folder, mutant, UNIT), mutant.name).not.toEqual([]);
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
