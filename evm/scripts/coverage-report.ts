import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { forge, withCopy } from './forge.ts';

/** What the forge tests reach of one contract file. */
export interface FileCoverage {
  readonly file: string;
  readonly lines: number;
  readonly branches: number;
  /** Line numbers never run, and line numbers of branches never taken. */
  readonly missedLines: readonly number[];
  readonly missedBranches: readonly number[];
}

const FILES = [
  'contracts/MidlockEscrow.sol',
  'contracts/demo/DemoToken.sol',
  'contracts/libraries/LockHash.sol',
  'contracts/libraries/SwapHash.sol',
  'contracts/libraries/Tokens.sol',
  'contracts/types/Stake.sol',
  'contracts/types/Ticket.sol',
];

/**
 * Line and branch coverage of the escrow's contracts by the forge tests, without optimizer so that every line maps to code of its own.
 * The escrow compiles so too; with `--ir-minimum` forge loses lines of assembly. Takes some 10 s. Throws when a test fails.
 */
export function measureCoverage(): FileCoverage[] {
  const report = withCopy((folder) => {
    const run = forge(
      [
        'coverage',
        '--report',
        'lcov',
        '--report-file',
        'lcov.info',
        '--no-match-path',
        '*Invariants*',
      ],
      folder,
    );
    if (run.status !== 0) throw new Error(run.stdout.slice(-4000) + run.stderr.slice(-4000));
    return readFileSync(join(folder, 'lcov.info'), 'utf8');
  }, true);
  return FILES.map((file) => {
    const record = report.split('end_of_record').find((text) => text.includes(`SF:${file}\n`));
    if (record === undefined) throw new Error(`no coverage of ${file}`);
    const lines = hits(record, /^DA:(\d+),(\d+)/gm);
    const branches = hits(record, /^BRDA:(\d+),\d+,\d+,(\d+|-)/gm);
    return {
      file,
      lines: lines.length,
      branches: branches.length,
      missedLines: lines.filter(({ hit }) => !hit).map(({ line }) => line),
      missedBranches: branches.filter(({ hit }) => !hit).map(({ line }) => line),
    };
  });
}

function hits(record: string, pattern: RegExp): { readonly line: number; readonly hit: boolean }[] {
  return [...record.matchAll(pattern)].map(([, line, count]) => ({
    line: Number(line),
    hit: Number(count) > 0,
  }));
}
