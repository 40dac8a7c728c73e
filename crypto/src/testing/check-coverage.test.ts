import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SECOND_LINE } from './second-line.ts';

const source = join(import.meta.dirname, '..');
const folders = ['bls', 'dkg', 'frost', 'group', 'quorum', 'verifier'];

const files = (folder: string, tests: boolean): string[] =>
  readdirSync(join(source, folder))
    .filter((name) => name.endsWith('.ts') && name.endsWith('.test.ts') === tests)
    .map((name) => readFileSync(join(source, folder, name), 'utf8'));

describe('every check of groups, BLS, key generation, FROST and verifiers', () => {
  const ids = folders
    .flatMap((folder) => files(folder, false))
    .flatMap((text) =>
      [...text.matchAll(/\b(?:check|holds)\(\s*'([a-z0-9.-]+)'/g)].map((match) => match[1]!),
    );
  const removed = new Set(
    folders
      .flatMap((folder) => files(folder, true))
      .flatMap((text) =>
        [...text.matchAll(/refusedOnlyBy\(\s*'([a-z0-9.-]+)'/g)].map((match) => match[1]!),
      ),
  );

  it('is removed by a test that then fails to refuse, or is listed as a second line', () => {
    expect(ids.length).toBeGreaterThan(70);
    expect([...new Set(ids)].filter((id) => !removed.has(id) && !(id in SECOND_LINE))).toEqual([]);
  });

  it('has an id of its own', () => {
    const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
    expect([...new Set(twice)]).toEqual([]);
  });

  it('is not listed as a second line without standing in the source', () => {
    expect(Object.keys(SECOND_LINE).filter((id) => !ids.includes(id))).toEqual([]);
  });
});
