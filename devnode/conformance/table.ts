import { ALL_CASES } from './cases/all.ts';
import type { Profile } from './devnode-target.ts';
import { readRecording, RECORDED_VERSIONS } from './recordings.ts';

/** What differs on a profile: case ids with the reason of each. */
export type Differences = Readonly<Record<Profile, Readonly<Record<string, string>>>>;

/** README.md's table of profiles, recordings and differences, as Markdown. */
export function differenceTable(differences: Differences): string {
  const profiles = Object.keys(RECORDED_VERSIONS) as Profile[];
  const rows = profiles.map((profile) => {
    const { fabric, consensus, date } = readRecording(profile);
    const count = Object.keys(differences[profile]).length;
    return `| ${profile} | Fabric ${fabric} (${consensus}) of ${date} | ${ALL_CASES.length} | ${count} |`;
  });
  const reasons = profiles.flatMap((profile) =>
    Object.entries(differences[profile]).map(([id, reason]) => {
      const title = ALL_CASES.find((entry) => entry.id === id)?.title ?? '';
      return `| ${profile} | ${id} | ${title} | ${reason} |`;
    }),
  );
  const first = [
    '| profile | compared with | cases | differ |',
    '| --- | --- | --- | --- |',
    ...rows,
  ];
  const second = [
    '',
    '| profile | case | shows | why devnode differs |',
    '| --- | --- | --- | --- |',
  ];
  return [...first, ...(reasons.length === 0 ? [] : [...second, ...reasons])].join('\n');
}
