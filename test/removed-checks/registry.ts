import { readFileSync, readdirSync } from 'node:fs';

/** One package whose checks have ids: where they are, and how a test run is made that lacks one of them. */
export interface CheckedPackage {
  /** Files and folders whose tests must notice. */
  readonly tests: readonly string[];
  /** The one module that every check goes through, from the repository's root. */
  readonly module: string;
  ids(): readonly string[];
  /** The module's source without the check; production never runs it. */
  without(source: string, id: string): string;
}

const ROOT = new URL('../../', import.meta.url).pathname;

/** Checks in a table of guards: the guard holds always. */
const inTable =
  (table: string) =>
  (source: string, id: string): string =>
    `${source}\nObject.assign(${table}, { ${JSON.stringify(id)}: () => true });\n`;

/** Checks that pass through one function, named by its first parameter. */
const inFunction =
  (header: RegExp, parameter: string, answer: string) =>
  (source: string, id: string): string => {
    const changed = source.replace(
      header,
      (found) => `${found}\n  if (${parameter} === ${JSON.stringify(id)}) return ${answer};`,
    );
    if (changed === source) throw new Error('the function that checks is not where it was');
    return changed;
  };

/** Every id that the sources name in a call or as a key, in the order of files. */
function idsIn(files: readonly string[], pattern: RegExp): readonly string[] {
  const found = files.flatMap((file) =>
    [...readFileSync(ROOT + file, 'utf8').matchAll(pattern)].map(([, id]) => id ?? ''),
  );
  return [...new Set(found)];
}

function sourcesOf(folder: string): readonly string[] {
  return readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => `${folder}/${file}`)
    .sort();
}

export const CHECKED_PACKAGES: Readonly<Record<string, CheckedPackage>> = {
  protocol: {
    tests: ['protocol/src'],
    module: 'protocol/src/check.ts',
    ids: () =>
      idsIn(
        sourcesOf('protocol/src'),
        /'((?:account|amount|bytes|secret|terms|profile|timelocks)\.[a-z0-9.-]+)'/g,
      ),
    without: inFunction(/function holds\([^]*?\{/, '_id', 'true'),
  },
  client: {
    tests: ['client/src/core'],
    module: 'client/src/core/guards.ts',
    ids: () =>
      idsIn(
        ['duty-guards', 'fact-guards', 'step-guards'].map((name) => `client/src/core/${name}.ts`),
        /^ {2}'([a-z-]+\.[A-Za-z0-9.-]+)':/gm,
      ),
    without: inTable('CORE_GUARDS'),
  },
  relayer: {
    tests: ['relayer/src/core'],
    module: 'relayer/src/core/guards.ts',
    ids: () => idsIn(['relayer/src/core/guards.ts'], /^ {2}'([a-z-]+\.[a-z-]+)':/gm),
    without: inTable('RELAYER_GUARDS'),
  },
  chaincode: {
    tests: ['chaincode/src/rules.test.ts'],
    module: 'chaincode/src/rules.ts',
    ids: () => idsIn(['chaincode/src/rules.ts'], /^ {2}'?([a-z-]+)'?: '[A-Z_]+',/gm),
    without: inFunction(/function requireRule\([^]*?asserts holds \{/, 'rule', ''),
  },
};
