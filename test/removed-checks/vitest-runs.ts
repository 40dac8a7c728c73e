import { createVitest, type TestCase, type Vitest } from 'vitest/node';
import { ROOT, type Change, type Failure } from './package.ts';

/** Vitest in this process: sources are read and transformed once, each file of tests still runs in a process of its own. */
export interface VitestRuns {
  /** Paths of the files that a selection names, from the repository's root. */
  readonly filesOf: (files: readonly string[]) => Promise<readonly string[]>;
  /** Runs one file of tests with `changes` made to the sources while they are loaded, until a test fails. */
  readonly run: (
    file: string,
    changes: readonly Change[],
    name?: RegExp,
  ) => Promise<Failure | undefined>;
  readonly close: () => Promise<void>;
}

/** So long that a machine under load does not look like a test that notices. */
const TEST_LIMIT_MS = 180_000;

/** `onTest` hears of every test that ended. */
export async function openVitest(onTest: () => void): Promise<VitestRuns> {
  let changes: readonly Change[] = [];
  const transform = (source: string, path: string): string | undefined =>
    changes.find(({ module }) => path.split('?')[0] === ROOT + module)?.apply(source);
  const vitest = await createVitest(
    'test',
    {
      root: ROOT,
      config: `${ROOT}vitest.config.ts`,
      watch: false,
      bail: 1,
      maxWorkers: 1,
      reporters: [{ onTestCaseResult: onTest }],
      silent: true,
      testTimeout: TEST_LIMIT_MS,
      hookTimeout: TEST_LIMIT_MS,
    },
    { plugins: [{ name: 'removed-check', enforce: 'pre', transform }] },
  );
  const change = (next: readonly Change[]): void => {
    const touched = [...changes, ...next].map(({ module }) => module);
    changes = next;
    for (const module of new Set(touched)) vitest.invalidateFile(ROOT + module);
  };
  return {
    filesOf: async (files) =>
      (await vitest.globTestSpecifications([...files])).map(({ moduleId }) =>
        moduleId.slice(ROOT.length),
      ),
    run: async (file, next, name) => {
      change(next);
      const failure = await firstFailure(vitest, file, name);
      return failure === undefined || name === undefined
        ? failure
        : { ...failure, name: name.source };
    },
    close: () => vitest.close(),
  };
}

async function firstFailure(
  vitest: Vitest,
  file: string,
  name?: RegExp,
): Promise<Failure | undefined> {
  const specification = vitest
    .getRootProject()
    .createSpecification(ROOT + file, name === undefined ? {} : { testNamePattern: name });
  const { testModules, unhandledErrors } = await vitest.runTestSpecifications([specification]);
  const module = testModules.find(({ moduleId }) => moduleId === ROOT + file);
  if (module === undefined) return { file, test: '', reason: firstLine(unhandledErrors[0]) };
  const failed = [...module.children.allTests('failed')][0];
  if (failed !== undefined)
    return { file, test: nameOf(failed), reason: firstLine(failed.result().errors?.[0]) };
  const error = [
    ...module.errors(),
    ...[...module.children.allSuites()].flatMap((suite) => suite.errors()),
    ...unhandledErrors,
  ][0];
  return error === undefined ? undefined : { file, test: '', reason: firstLine(error) };
}

/** As vitest matches names: every description and the test's own, with a space between. */
function nameOf(test: TestCase): string {
  return test.fullName.split(' > ').join(' ');
}

function firstLine(error: unknown): string {
  const { message } = (error ?? {}) as { readonly message?: string };
  return (message ?? 'it ended without an answer').split('\n')[0] ?? '';
}
