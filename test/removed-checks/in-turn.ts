// Started by run.ts with the name of a package; answers each id that it is sent with how it was noticed.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ALIVE, type Answer, type Question } from './messages.ts';
import { REACHED, ROOT, type CheckedPackage, type Failure, type Recording } from './package.ts';
import { CHECKED_PACKAGES } from './registry.ts';
import { openVitest, type VitestRuns } from './vitest-runs.ts';

const checked = CHECKED_PACKAGES[process.argv[2] ?? ''];
if (checked === undefined) throw new Error(`no package ${String(process.argv[2])}`);
let vitest: VitestRuns | undefined;

const send = (message: Answer | typeof ALIVE): void => {
  process.send?.(message);
};

process.on('message', (question: Question) => {
  void answer(checked, question).then(
    (failure) => send(failure === undefined ? {} : { failure }),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
process.on('disconnect', () => process.exit(0));

async function answer(of: CheckedPackage, question: Question): Promise<Failure | undefined> {
  if (of.firstFailure !== undefined)
    return of.firstFailure('id' in question ? question.id : undefined);
  vitest ??= await openVitest(() => {
    send(ALIVE);
  });
  if ('id' in question) return noticedBy(vitest, of, question.id);
  const { file, name } = question;
  return vitest.run(file, [], name === undefined ? undefined : new RegExp(name));
}

/**
 * Where it is known what tests reach, only the files that reach the check run. Tests that name the id go first, then the files that name
 * it or have its module's name, then all the others.
 */
async function noticedBy(
  runs: VitestRuns,
  of: CheckedPackage,
  id: string,
): Promise<Failure | undefined> {
  const changes = of.without(id);
  const own = changes.map(({ module }) => module.replace(/\.ts$/, '.test.ts'));
  for (const { files, name } of of.tests(id)) {
    const all = await runs.filesOf(files);
    const reaching = await filesReaching(runs, of, id, all);
    const naming = reaching.filter(
      (file) => own.includes(file) || textOf(file).includes(`'${id}'`),
    );
    if (name === undefined)
      for (const file of naming) {
        const named = testsNaming(textOf(file), id);
        const failure = named === undefined ? undefined : await runs.run(file, changes, named);
        if (failure !== undefined) return failure;
      }
    for (const file of new Set([...naming, ...reaching])) {
      const failure = await runs.run(file, changes, name);
      if (failure !== undefined) return failure;
    }
  }
  return undefined;
}

/** Checks about to refuse while a file of tests ran with all of them in place. */
const reachedBy = new Map<string, ReadonlySet<string>>();

async function filesReaching(
  runs: VitestRuns,
  { recording }: CheckedPackage,
  id: string,
  files: readonly string[],
): Promise<readonly string[]> {
  if (recording?.ids.has(id) !== true) return files;
  for (const file of files.filter((each) => !reachedBy.has(each)))
    reachedBy.set(file, await whatReaches(runs, file, recording));
  return files.filter((file) => reachedBy.get(file)?.has(id));
}

async function whatReaches(
  runs: VitestRuns,
  file: string,
  { changes }: Recording,
): Promise<ReadonlySet<string>> {
  const folder = mkdtempSync(join(tmpdir(), 'midlock-reached-'));
  const record = join(folder, 'ids');
  writeFileSync(record, '');
  process.env[REACHED] = record;
  const failure = await runs.run(file, changes);
  const reached = readFileSync(record, 'utf8').split('\n');
  rmSync(folder, { recursive: true });
  if (failure === undefined) return new Set(reached);
  throw new Error(`with every check in place ${file} > ${failure.test}: ${failure.reason}`);
}

const textOf = (file: string): string => readFileSync(ROOT + file, 'utf8');

/** Matches the names of the tests whose text has the id; undefined where none has a plain name. */
function testsNaming(text: string, id: string): RegExp | undefined {
  const names = text
    .split(/^\s*it(?=[.(])/m)
    .slice(1)
    .filter((part) => part.includes(`'${id}'`))
    .flatMap((part) => /^\(\s*'([^'\\]+)'/.exec(part)?.[1] ?? []);
  if (names.length === 0) return undefined;
  return new RegExp(
    `(?:${names.map((name) => name.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|')})$`,
  );
}
