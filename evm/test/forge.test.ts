import { describe, expect, it } from 'vitest';
import { measureCoverage } from '../scripts/coverage-report.ts';
import { forge, withCopy } from '../scripts/forge.ts';
import { MUTANTS } from '../scripts/mutant-list.ts';
import { testsKilling } from '../scripts/run-mutant.ts';

interface Suite {
  readonly test_results: Readonly<
    Record<string, { readonly status: string; readonly reason: string | null }>
  >;
}

describe('Solidity tests', () => {
  it('pass in forge, on the bytecode that is deployed', { timeout: 300_000 }, () => {
    const run = forge(['test', '--json']);
    const suites = JSON.parse(
      run.stdout.split('\n').find((line) => line.startsWith('{')) ?? `{"${run.stderr}":{}}`,
    ) as Record<string, Suite>;
    const results = Object.entries(suites).flatMap(([suite, { test_results }]) =>
      Object.entries(test_results).map(([name, { status, reason }]) => ({
        name: `${suite} ${name}`,
        status,
        reason,
      })),
    );
    expect(results.filter(({ status }) => status !== 'Success')).toEqual([]);
    expect(results.length).toBeGreaterThanOrEqual(80);
  });

  it('reach every line and branch of the escrow', { timeout: 300_000 }, () => {
    for (const { file, missedLines, missedBranches, lines } of measureCoverage()) {
      expect({ file, missedLines, missedBranches }).toEqual({
        file,
        missedLines: [],
        missedBranches: [],
      });
      expect(lines).toBeGreaterThan(0);
    }
  });
});

describe('mutants', () => {
  // Three known losses with the defence off; scripts/mutants.ts runs them all (README, Mutants).
  const sample = [
    ['a claim leaves the lock open (Weaver paid one lock twice)', 'test_anEntryTwiceIsPaidOnce'],
    ['a callback token is counted twice (ERC-777)', 'test_callbacksCannotCountAnArrivalTwice'],
    ['a payout takes all gas (63/64)', 'test_everyGasLimitClaimsWholeOrNotAtAll'],
  ] as const;

  it('of the sample are found by the test that is meant for them', { timeout: 300_000 }, () => {
    withCopy((folder) => {
      for (const [name, test] of sample) {
        const mutant = MUTANTS.find((each) => each.name === name);
        if (mutant === undefined) throw new Error(`no mutant ${name}`);
        expect(testsKilling(folder, mutant, ['--match-test', test]), name).toEqual([test]);
      }
    });
  });
});
