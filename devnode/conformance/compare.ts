import { readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual, parseArgs } from 'node:util';
import { ALL_CASES } from './cases/all.ts';
import type { Profile } from './devnode-target.ts';
import { KNOWN_DIFFERENCES } from './differences.ts';
import { readRecording, RECORDED_VERSIONS } from './recordings.ts';
import { runOnDevnode } from './run-on-devnode.ts';
import { differenceTable, type Differences } from './table.ts';

/**
 * Runs the suite against devnode and shows what differs from the recordings. `--profile <2.5|3.x>` takes one profile,
 * `--only <regex>` chooses cases by id; `--table` puts what was found into README.md's table (all profiles, all cases).
 * Exit status 1 when something unknown differs.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    profile: { type: 'string' },
    table: { type: 'boolean', default: false },
  },
});
const isPart = values.only !== undefined || values.profile !== undefined;
if (values.table && isPart) throw new Error('--table needs all cases of all profiles');
const pattern = new RegExp(values.only ?? '.');
const cases = ALL_CASES.filter(({ id }) => pattern.test(id));
const found: Record<string, Record<string, string>> = {};
for (const profile of Object.keys(RECORDED_VERSIONS) as Profile[]) {
  if (values.profile !== undefined && values.profile !== profile) continue;
  const recording = readRecording(profile);
  const known = KNOWN_DIFFERENCES[profile];
  const results = await runOnDevnode(profile, cases);
  const differing = cases.filter(
    ({ id }) => !isDeepStrictEqual(results[id], recording.results[id]),
  );
  for (const { id, title } of differing)
    process.stdout.write(
      `${id} (${title})${id in known ? ' [known]' : ''}\n` +
        `  real    ${JSON.stringify(recording.results[id])}\n` +
        `  devnode ${JSON.stringify(results[id])}\n`,
    );
  const of = `Fabric ${recording.fabric} (${recording.consensus}) of ${recording.date}`;
  process.stderr.write(
    `profile ${profile}: ${cases.length} cases, ${differing.length} differ from ${of}\n`,
  );
  found[profile] = Object.fromEntries(
    differing.map(({ id }) => [id, known[id] ?? '**not known**']),
  );
  if (differing.some(({ id }) => !(id in known))) process.exitCode = 1;
}
if (values.table) {
  const file = new URL('../README.md', import.meta.url);
  const table = differenceTable(found as Differences);
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace(
      /(<!-- table -->\n)[\s\S]*?(<!-- end of table -->)/,
      (_all, begin: string, end: string) => `${begin}\n${table}\n\n${end}`,
    ),
  );
}
