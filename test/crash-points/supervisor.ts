import { readFileSync } from 'node:fs';
import type { ProcessRig } from '../../relayer/test/rig.ts';
import type { Who } from './scenarios.ts';

/** Keeps one process alive and dying: each life gets a few points, and the first that it reaches kills it. */
export interface Supervisor {
  /** Points at which the process really died by SIGKILL, `<id>#<n>`. */
  readonly died: readonly string[];
  /** Ends that were no crash point's doing; should stay empty. */
  readonly strange: readonly string[];
  /** True when every point was reached. */
  readonly finished: boolean;
  /** Lets the life that runs now be the last one that can die, and leaves a healthy process behind. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/** So many points are armed in one life. */
const ARMED = 40;
/** A life in which nothing armed is reached ends after this, so that others get their turn. */
const LIFE_MS = 12_000;

/** Starts the process and goes through `points` until each was reached or `stop` is called. */
export function supervise(rig: ProcessRig, who: Who, points: readonly string[]): Supervisor {
  const [died, strange]: [string[], string[]] = [[], []];
  let waiting = [...points];
  const over = new AbortController();
  let life = rig.launch(who);

  async function live(): Promise<void> {
    const armed = waiting.splice(0, ARMED);
    life = rig.launch(who, { MIDLOCK_CRASH_AT: armed.join(',') });
    const { process, logFile, ready } = life;
    ready.catch(() => undefined);
    const late = new AbortController();
    const patience = setTimeout(() => {
      late.abort();
      void process.stop();
    }, LIFE_MS);
    const { code, signal } = await process.exited;
    clearTimeout(patience);
    const timedOut = late.signal.aborted;
    const point = timedOut ? undefined : lastCrash(logFile);
    if (signal === 'SIGKILL' && point !== undefined && armed.includes(point)) died.push(point);
    else if (!timedOut) strange.push(`${who}: ${signal ?? `exit ${String(code)}`}`);
    // What was armed in vain comes again behind the others.
    waiting.push(...armed.filter((candidate) => candidate !== point));
  }

  const loop = (async () => {
    await life.ready;
    await life.process.stop();
    while (!over.signal.aborted && waiting.length > 0) await live();
    life = rig.launch(who);
    await life.ready;
  })();

  return {
    died,
    strange,
    get finished() {
      return waiting.length === 0;
    },
    async settle() {
      over.abort();
      await loop;
    },
    async stop() {
      over.abort();
      waiting = [];
      await loop;
      await life.process.stop();
    },
  };
}

/** What the crash switch said last. */
function lastCrash(logFile: string): string | undefined {
  const line = readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  if (!line.startsWith('{"crash"')) return undefined;
  return (JSON.parse(line) as { readonly crash: string }).crash;
}
