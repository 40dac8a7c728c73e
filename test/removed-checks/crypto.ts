import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SECOND_LINE } from '../../crypto/src/testing/second-line.ts';
import { ROOT, sourcesOf, type CheckedPackage, type Selection } from './package.ts';
import { refusalsOf, repeatedCalls } from './refusals.ts';
import { withRefusals } from './with-refusals.ts';

const MODULE = 'crypto/src/internal/check.ts';
/** Folders whose checks are met by the tests of others too. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  'crypto/src/encoding': ['crypto/src/paillier'],
  'crypto/src/paillier': ['crypto/test/paillier-phe', 'crypto/src/internal/'],
};

/** The folder in which a check stands, by id. */
const folders = new Map<string, string>();
for (const file of sourcesOf('crypto/src')) {
  if (/^crypto\/src\/(?:testing|internal)\//.test(file)) continue;
  const text = readFileSync(ROOT + file, 'utf8');
  for (const [, id] of text.matchAll(/\b(?:check|holds)\(\s*'([a-z0-9.-]+)'/g))
    if (id !== undefined && SECOND_LINE[id] === undefined) folders.set(id, dirname(file));
}

const testsFor = (folder: string): readonly Selection[] => [
  { files: [`${folder}/`, ...(ALSO[folder] ?? [])] },
];

/** Each check names itself to one function, which a set tells to let go. */
const NAMED: CheckedPackage = {
  ids: () => [...folders.keys()],
  tests: (id) => testsFor(folders.get(id) ?? ''),
  without: (id) => [
    { module: MODULE, apply: (source) => `${source}\nremovedChecks.add(${JSON.stringify(id)});\n` },
  ],
};

const SOURCES = sourcesOf('crypto/src').filter((file) => !file.includes('/testing/'));

/** The checks of the cryptography. */
export const CRYPTO = withRefusals(
  NAMED,
  [
    ...SOURCES.filter((file) => !file.endsWith('/internal/check.ts')).flatMap(refusalsOf),
    ...repeatedCalls(SOURCES, /^(?:check|holds)$/),
  ],
  (module) => testsFor(dirname(module)),
);
