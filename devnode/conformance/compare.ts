import { readFileSync } from 'node:fs';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { ALL_CASES } from './cases/all.ts';
import { startDevnodeTarget } from './devnode-target.ts';
import { KNOWN_DIFFERENCES } from './differences.ts';
import { runCases, type Recording } from './suite.ts';

/**
 * Runs the suite against devnode and shows what differs from the recording. `--only <regex>` chooses cases by id,
 * `--table` prints the known differences as a Markdown table instead. Exit status 1 when something unknown differs.
 */
const { values } = parseArgs({ options: { only: { type: 'string' }, table: { type: 'boolean' } } });
const recording = JSON.parse(
  readFileSync(new URL('./recordings/fabric-3.1.5.json', import.meta.url), 'utf8'),
) as Recording;
const pattern = new RegExp(values.only ?? '.');
const cases = ALL_CASES.filter(({ id }) => pattern.test(id));
const target = await startDevnodeTarget();
try {
  const results = await runCases(target.node, cases);
  const differing = cases.filter(
    ({ id }) => !isDeepStrictEqual(results[id], recording.results[id]),
  );
  if (values.table === true) {
    process.stdout.write('| case | shows | why devnode differs |\n|---|---|---|\n');
    for (const { id, title } of differing) {
      process.stdout.write(`| ${id} | ${title} | ${KNOWN_DIFFERENCES[id] ?? '**not known**'} |\n`);
    }
  } else {
    for (const { id, title } of differing) {
      process.stdout.write(
        `${id} (${title})${id in KNOWN_DIFFERENCES ? ' [known]' : ''}\n` +
          `  real    ${JSON.stringify(recording.results[id])}\n` +
          `  devnode ${JSON.stringify(results[id])}\n`,
      );
    }
  }
  const counts = `${String(cases.length)} cases, ${String(differing.length)} differ`;
  process.stderr.write(`${counts} from Fabric ${recording.fabric} of ${recording.date}\n`);
  if (differing.some(({ id }) => !(id in KNOWN_DIFFERENCES))) process.exitCode = 1;
} finally {
  await target.stop();
}
