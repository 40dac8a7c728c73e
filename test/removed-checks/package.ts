import { readFileSync, readdirSync } from 'node:fs';

/** A change of one module's source, made while it is loaded; no file changes and production never sees it. */
export interface Change {
  /** From the repository's root. */
  readonly module: string;
  /** Throws where the source is no longer what the change was written for. */
  readonly apply: (source: string) => string;
}

/** Which tests: files or folders, and of those files the tests whose full name matches. */
export interface Selection {
  readonly files: readonly string[];
  readonly name?: RegExp;
}

/** The first test that failed. `test` is empty where its file did not load. */
export interface Failure {
  readonly file: string;
  /** The expression for the names of the tests that ran, where not all of the file did. */
  readonly name?: string;
  readonly test: string;
  readonly reason: string;
}

/** One package whose checks have ids. */
export interface CheckedPackage {
  readonly ids: () => readonly string[];
  /** Those whose ids stand in the sources, where others are found by what they look like. Absent: all. */
  readonly named?: () => readonly string[];
  /** The first of its tests that fails, without the check when there is an id. Absent: as vitest says. */
  readonly firstFailure?: (id?: string) => Failure | undefined;
  /** What vitest is asked to run, one after the other until a test fails. */
  readonly tests: (id: string) => readonly Selection[];
  /** What takes the check away. */
  readonly without: (id: string) => readonly Change[];
  /** Where it is known which checks a file of tests reaches: only those files can notice that one is gone. */
  readonly recording?: Recording;
}

/** Writes an id to the file that {@link REACHED} names each time when a check is about to refuse. */
export interface Recording {
  readonly ids: ReadonlySet<string>;
  readonly changes: readonly Change[];
}

export const REACHED = 'MIDLOCK_REACHED_CHECKS';

export const ROOT = new URL('../../', import.meta.url).pathname;

/** Replaces a text that stands exactly once. */
export function replacing(from: string, to: string): Change['apply'] {
  return (source) => {
    if (source.split(from).length !== 2) throw new Error(`not found once: ${from}`);
    return source.replace(from, () => to);
  };
}

/** Checks in a table of guards: the guard holds always. */
export const inTable =
  (module: string, table: string) =>
  (id: string): readonly Change[] => [
    {
      module,
      apply: (source) =>
        `${source}\nObject.assign(${table}, { ${JSON.stringify(id)}: () => true });\n`,
    },
  ];

/** Checks that pass through one function, named by its first parameter. */
export const inFunction =
  (module: string, header: RegExp, parameter: string, answer: string) =>
  (id: string): readonly Change[] => [
    {
      module,
      apply: (source) => {
        const changed = source.replace(
          header,
          (found) => `${found}\n  if (${parameter} === ${JSON.stringify(id)}) return ${answer};`,
        );
        if (changed === source) throw new Error('the function that checks is not where it was');
        return changed;
      },
    },
  ];

/** Every id that the sources name in a call or as a key, in the order of files. */
export function idsIn(files: readonly string[], pattern: RegExp): readonly string[] {
  const found = files.flatMap((file) =>
    [...readFileSync(ROOT + file, 'utf8').matchAll(pattern)].map(([, id]) => id ?? ''),
  );
  return [...new Set(found)];
}

/** Sources of a folder without its tests, from the repository's root. */
export function sourcesOf(folder: string, ending = '.ts'): readonly string[] {
  return readdirSync(ROOT + folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith(ending) && !file.endsWith('.test.ts'))
    .map((file) => `${folder}/${file}`)
    .sort();
}
