import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SECOND_LINE } from '../../crypto/src/testing/second-line.ts';
import { ROOT, sourcesOf, type CheckedPackage } from './package.ts';

const MODULE = 'crypto/src/internal/check.ts';
/** Folders whose checks are met by the tests of others too. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'crypto/src/encoding': ['crypto/src/paillier'],
  'crypto/src/paillier': ['crypto/test/paillier-phe'],
};

/** The folder in which a check stands, by id. */
const folders = new Map<string, string>();
for (const file of sourcesOf('crypto/src')) {
  if (/^crypto\/src\/(?:testing|internal)\//.test(file)) continue;
  const text = readFileSync(ROOT + file, 'utf8');
  for (const [, id] of text.matchAll(/\b(?:check|holds)\(\s*'([a-z0-9.-]+)'/g))
    if (id !== undefined && SECOND_LINE[id] === undefined) folders.set(id, dirname(file));
}

/** The checks of the cryptography: each names itself to one function, which a set tells to let go. */
export const CRYPTO: CheckedPackage = {
  ids: () => [...folders.keys()],
  tests: (id) => {
    const folder = folders.get(id) ?? '';
    return [{ files: [`${folder}/`, ...(ALSO[folder] ?? [])] }];
  },
  without: (id) => [
    { module: MODULE, apply: (source) => `${source}\nremovedChecks.add(${JSON.stringify(id)});\n` },
  ],
};
