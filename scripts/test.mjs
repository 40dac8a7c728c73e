// `npm test`: the default suite; ends with a line "FAIL file > test: why" for each failed test and with
// "N passed, N failed[, N skipped]".
// `--suite real` runs the tests that need real networks (*.real.test.ts), `--suite long` the long ones (*.long.test.ts).
// Further arguments go to vitest (a folder, `-t name`).
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

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

for (const failure of totals.failures) console.log(`FAIL ${failure}`);
const skipped = totals.skipped > 0 ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.passed} passed, ${totals.failed} failed${skipped}`);
// Real networks may all be absent: each part has said so in a line of its own.
const enough = suite === 'real' || totals.passed > 0;
process.exit(run.status === 0 && totals.failed === 0 && enough ? 0 : 1);

function readTotals() {
  try {
    const json = JSON.parse(readFileSync(report, 'utf8'));
    // A file that fails to load has no tests of its own: it counts as one failure.
    const failures = json.testResults.flatMap(failuresOf);
    return {
      passed: json.numPassedTests,
      failed: failures.length,
      skipped: json.numPendingTests + json.numTodoTests,
      failures,
    };
  } catch (error) {
    return {
      passed: 0,
      failed: 1,
      skipped: 0,
      failures: [`no report of vitest: ${error.message}`],
    };
  }
}

/** A line for each failed test of a file; a file that fails to load has none and counts as one failure. */
function failuresOf({ name, status, message, assertionResults }) {
  const file = relative(process.cwd(), name);
  const failed = assertionResults.filter((test) => test.status === 'failed');
  if (failed.length === 0) return status === 'failed' ? [`${file}: ${firstLine(message)}`] : [];
  return failed.map(
    ({ fullName, failureMessages }) => `${file} > ${fullName}: ${firstLine(failureMessages[0])}`,
  );
}

function firstLine(text = '') {
  return text.split('\n', 1)[0];
}
