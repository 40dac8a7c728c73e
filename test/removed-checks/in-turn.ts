// Started by run.ts with the name of a package; answers each id that it is sent with how it was noticed.
import { readFileSync } from 'node:fs';
import { ALIVE, type Answer, type Question } from './messages.ts';
import { ROOT, type CheckedPackage, type Failure } from './package.ts';
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

/** Tests that name the id go first, then the files that name it, then all the others. */
async function noticedBy(
  runs: VitestRuns,
  of: CheckedPackage,
  id: string,
): Promise<Failure | undefined> {
  const changes = of.without(id);
  for (const { files, name } of of.tests(id)) {
    const all = await runs.filesOf(files);
    const naming = all.filter((file) => textOf(file).includes(`'${id}'`));
    if (name === undefined)
      for (const file of naming) {
        const named = testsNaming(textOf(file), id);
        const failure = named === undefined ? undefined : await runs.run(file, changes, named);
        if (failure !== undefined) return failure;
      }
    for (const file of new Set([...naming, ...all])) {
      const failure = await runs.run(file, changes, name);
      if (failure !== undefined) return failure;
    }
  }
  return undefined;
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
