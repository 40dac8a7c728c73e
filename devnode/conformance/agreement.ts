import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { ALL_CASES } from './cases/all.ts';
import type { Profile } from './devnode-target.ts';
import { KNOWN_DIFFERENCES } from './differences.ts';
import { readRecording } from './recordings.ts';
import { runOnDevnode } from './run-on-devnode.ts';
import type { Results } from './suite.ts';
import { differenceTable } from './table.ts';

/** Tests that devnode in a profile answers every case as the recorded network did. */
export function describeAgreement(profile: Profile): void {
  const recording = readRecording(profile);
  const differences = KNOWN_DIFFERENCES[profile];
  let results: Results = {};

  beforeAll(async () => {
    results = await runOnDevnode(profile, ALL_CASES);
  }, 600_000);

  test('the recording holds exactly the cases of the suite', () => {
    const ids = ALL_CASES.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(Object.keys(recording.results).toSorted()).toEqual(ids.toSorted());
    expect(ids.length).toBeGreaterThanOrEqual(150);
  });

  test('known differences are cases of the suite', () => {
    expect(Object.keys(recording.results)).toEqual(
      expect.arrayContaining(Object.keys(differences)),
    );
  });

  test('README.md’s table is that of this suite and these recordings', () => {
    const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const plain = (markdown: string) => markdown.replace(/ +/g, ' ').replace(/-{3,}/g, '---');
    expect(plain(text)).toContain(differenceTable(KNOWN_DIFFERENCES));
  });

  describe(`devnode answers as Fabric ${recording.fabric} did on ${recording.date}`, () => {
    test.each(ALL_CASES.map(({ id, title }) => [id, title]))('%s: %s', (id) => {
      if (id in differences) expect(results[id]).not.toEqual(recording.results[id]);
      else expect(results[id]).toEqual(recording.results[id]);
    });
  });
}
