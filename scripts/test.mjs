// `npm test`: the default suite; the last line reads "N passed, N failed[, N skipped]".
// `--suite real` runs the tests that need real networks (*.real.test.ts), `--suite long` the long ones (*.long.test.ts).
// Further arguments go to vitest (a folder, `-t name`).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const given = process.argv.slice(2);
const suite = given[0] === '--suite' ? given.splice(0, 2)[1] : 'default';
const scratch = mkdtempSync(join(tmpdir(), 'midlock-test-'));
const report = join(scratch, 'vitest.json');
const run = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...given,
  ],
  { stdio: 'inherit', env: { ...process.env, MIDLOCK_SUITE: suite } },
);
const totals = readTotals();
rmSync(scratch, { recursive: true, force: true });

const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
// Real networks may all be absent: each part has said so in a line of its own.
const enough = suite === 'real' || totals.passed > 0;
process.exit(run.status === 0 && totals.failed === 0 && enough ? 0 : 1);

function readTotals() {
  try {
    const json = JSON.parse(readFileSync(report, 'utf8'));
    // A file that fails to load has no tests of its own: it counts as one failure.
    const brokenFiles = json.testResults.filter(
      (file) => file.status === 'failed' && file.assertionResults.length === 0,
    ).length;
    return {
      passed: json.numPassedTests,
      failed: json.numFailedTests + brokenFiles,
      skipped: json.numPendingTests + json.numTodoTests,
    };
  } catch {
    return { passed: 0, failed: 1, skipped: 0 };
  }
}
