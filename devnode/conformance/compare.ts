import { isDeepStrictEqual, parseArgs } from 'node:util';
import { ALL_CASES } from './cases/all.ts';
import type { Profile } from './devnode-target.ts';
import { KNOWN_DIFFERENCES } from './differences.ts';
import { readRecording, RECORDED_VERSIONS } from './recordings.ts';
import { runOnDevnode } from './run-on-devnode.ts';

/**
 * Runs the suite against devnode and shows what differs from the recordings. `--profile <2.5|3.x>` takes one profile,
 * `--only <regex>` chooses cases by id, `--table` prints a Markdown table instead. Exit status 1 when something unknown
 * differs.
 */
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    profile: { type: 'string' },
    table: { type: 'boolean', default: false },
  },
});
const pattern = new RegExp(values.only ?? '.');
const cases = ALL_CASES.filter(({ id }) => pattern.test(id));
const profiles = (Object.keys(RECORDED_VERSIONS) as Profile[]).filter(
  (profile) => values.profile === undefined || values.profile === profile,
);
if (values.table)
  process.stdout.write('| profile | recording | cases | differ |\n|---|---|---|---|\n');
const rows: string[] = [];
for (const profile of profiles) {
  const recording = readRecording(profile);
  const known = KNOWN_DIFFERENCES[profile];
  const results = await runOnDevnode(profile, cases);
  const differing = cases.filter(
    ({ id }) => !isDeepStrictEqual(results[id], recording.results[id]),
  );
  const of = `Fabric ${recording.fabric} (${recording.consensus}) of ${recording.date}`;
  if (values.table) {
    process.stdout.write(`| ${profile} | ${of} | ${cases.length} | ${differing.length} |\n`);
    for (const { id, title } of differing)
      rows.push(`| ${profile} | ${id} | ${title} | ${known[id] ?? '**not known**'} |`);
  } else {
    for (const { id, title } of differing)
      process.stdout.write(
        `${id} (${title})${id in known ? ' [known]' : ''}\n` +
          `  real    ${JSON.stringify(recording.results[id])}\n` +
          `  devnode ${JSON.stringify(results[id])}\n`,
      );
    process.stderr.write(`${cases.length} cases, ${differing.length} differ from ${of}\n`);
  }
  if (differing.some(({ id }) => !(id in known))) process.exitCode = 1;
}
if (rows.length > 0)
  process.stdout.write(
    `\n| profile | case | shows | why devnode differs |\n|---|---|---|---|\n${rows.join('\n')}\n`,
  );
