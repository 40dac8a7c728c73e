// The forge tests with 100,000 runs a property and 1,000,000 calls over the invariants. `--seed N` makes another run than the last.
import { forge } from './forge.ts';

const startedAt = Date.now();
const run = forge(
  [
    'test',
    '--match-test',
    'testFuzz|invariant',
    ...(process.argv[2] === '--seed' ? ['--fuzz-seed', process.argv[3] ?? '1'] : []),
  ],
  undefined,
  { FOUNDRY_PROFILE: 'long' },
);
console.log(run.stdout, run.stderr);
console.log(`${((Date.now() - startedAt) / 1000).toFixed(0)} s`);
process.exitCode = run.status ?? 1;
