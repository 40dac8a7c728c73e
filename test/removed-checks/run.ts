import { fork, type ChildProcess } from 'node:child_process';
import type { Failure } from './package.ts';
import { ALIVE, type Answer, type Question } from './messages.ts';

/** A changed program may loop for ever; no test takes so long, and one that only waits fails before. */
const SILENCE_MS = 240_000;

/** How one removed check ended. */
export interface Outcome {
  readonly id: string;
  /** `hung`: no test failed, the program without the check did not end. That too is seen by whoever runs the tests. */
  readonly how: 'noticed' | 'hung' | 'missed';
  readonly by?: Failure;
}

/** What a run over checks of one package found. */
export interface Report {
  readonly outcomes: readonly Outcome[];
  /** Failures with every check in place, in files that had noticed something: what they noticed means nothing. */
  readonly broken: readonly Failure[];
}

/** Takes the checks away one by one, and runs what noticed them once more with every check in place. */
export async function removeInTurn(
  name: string,
  ids: readonly string[],
  say: (line: string) => void,
): Promise<Report> {
  const tests = openTests(name);
  try {
    const outcomes: Outcome[] = [];
    for (const id of ids) {
      const outcome = outcomeOf(id, await tests.ask({ id }));
      const { how, by } = outcome;
      const where = by === undefined ? '' : `  by ${by.file} > ${by.test}: ${by.reason}`;
      say(`${how === 'missed' ? 'MISSED ' : how.padEnd(7)} ${name}/${id}${where}`);
      outcomes.push(outcome);
    }
    const broken: Failure[] = [];
    for (const question of whatNoticed(outcomes)) {
      const answer = await tests.ask(question);
      if (answer === undefined) broken.push({ ...question, test: '', reason: 'it did not end' });
      else if (answer.failure !== undefined) broken.push(answer.failure);
    }
    for (const { file, test, reason } of broken)
      say(`FAILS with every check in place: ${file} > ${test}: ${reason}`);
    return { outcomes, broken };
  } finally {
    tests.close();
  }
}

/** The same tests of the same files, each once. */
function whatNoticed(
  outcomes: readonly Outcome[],
): readonly { readonly file: string; readonly name?: string }[] {
  const found = outcomes.flatMap(({ by }) =>
    by === undefined
      ? []
      : [{ file: by.file, ...(by.name === undefined ? {} : { name: by.name }) }],
  );
  return [...new Map(found.map((each) => [`${each.file} ${each.name ?? ''}`, each])).values()];
}

function outcomeOf(id: string, answer: Answer | undefined): Outcome {
  if (answer === undefined) return { id, how: 'hung' };
  return answer.failure === undefined
    ? { id, how: 'missed' }
    : { id, how: 'noticed', by: answer.failure };
}

/** The process that holds vitest; after a question without an answer the next one starts another. */
function openTests(name: string): {
  readonly ask: (question: Question) => Promise<Answer | undefined>;
  readonly close: () => void;
} {
  let child: ChildProcess | undefined;
  const close = (): void => {
    // The whole group: workers, and the ledgers that tests started.
    if (child?.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    child = undefined;
  };
  const stop = (): void => {
    close();
    process.exit(143);
  };
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  const ask = async (question: Question): Promise<Answer | undefined> => {
    const asked = (child ??= start(name));
    const { promise, resolve, reject } = Promise.withResolvers<Answer | undefined>();
    const timer = setTimeout(() => {
      resolve(undefined);
    }, SILENCE_MS);
    const hear = (message: Answer | typeof ALIVE): void => {
      if (message === ALIVE) timer.refresh();
      else resolve(message);
    };
    const died = (code: number | null): void => {
      child = undefined;
      reject(new Error(`the process that runs the tests of ${name} ended with ${String(code)}`));
    };
    asked.on('message', hear).once('exit', died).send(question);
    try {
      const answer = await promise;
      if (answer === undefined) close();
      return answer;
    } finally {
      clearTimeout(timer);
      asked.off('message', hear).off('exit', died);
    }
  };
  return {
    ask,
    close: () => {
      process.off('SIGTERM', stop);
      process.off('SIGINT', stop);
      close();
    },
  };
}

function start(name: string): ChildProcess {
  return fork(new URL('in-turn.ts', import.meta.url).pathname, [name], {
    detached: true,
    execArgv: ['--conditions=source', '--disable-warning=ExperimentalWarning'],
    env: { ...process.env, MIDLOCK_SUITE: 'all' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}
