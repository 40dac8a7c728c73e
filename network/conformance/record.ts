import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ALL_CASES, runCases, type Recording } from '@midlock/devnode/conformance';
import { startNativeTarget } from './native-target.ts';

/**
 * Runs the suite against native Fabric, shows what differs from the recording and, with `--write`, records anew.
 * Exit status 1 when something differs and nothing was written.
 */
const { values } = parseArgs({
  options: {
    write: { type: 'boolean', default: false },
    consensus: { type: 'string', default: 'raft' },
    only: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});
const consensus = values.consensus === 'bft' ? 'bft' : 'raft';
const pattern = new RegExp(values.only ?? '.');
const cases = ALL_CASES.filter(({ id }) => pattern.test(id));
const workDir = mkdtempSync(join(tmpdir(), 'midlock-conformance-'));
const network = await startNativeTarget(workDir, consensus);
const { version } = network.binaries;
const file = new URL(
  `../../devnode/conformance/recordings/fabric-${version}.json`,
  import.meta.url,
);
try {
  const results = await runCases(network.description, cases, (id, result, elapsedMs) => {
    if (values.verbose) {
      process.stderr.write(`${id} ${String(Math.round(elapsedMs))} ms ${JSON.stringify(result)}\n`);
    }
  });
  const known = readRecording();
  const different = Object.keys(results).filter(
    (id) => JSON.stringify(results[id]) !== JSON.stringify(known?.results[id]),
  );
  for (const id of different) {
    process.stdout.write(
      `${id}\n  recorded ${JSON.stringify(known?.results[id])}\n  native   ${JSON.stringify(results[id])}\n`,
    );
  }
  process.stdout.write(
    `${String(cases.length)} cases on Fabric ${version} (${consensus}), ${String(different.length)} differ from the recording\n`,
  );
  if (values.write) {
    const recording: Recording = {
      fabric: version,
      consensus,
      date: new Date().toISOString().slice(0, 10),
      results: { ...known?.results, ...results },
    };
    writeFileSync(file, `${JSON.stringify(recording, undefined, 1)}\n`);
  } else if (different.length > 0) {
    process.exitCode = 1;
  }
} finally {
  await network.stop();
  rmSync(workDir, { recursive: true, force: true });
}

function readRecording(): Recording | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Recording;
  } catch {
    return undefined;
  }
}
