import { readFileSync } from 'node:fs';
import type { ProcessRig } from '../../relayer/test/rig.ts';
import { createArsenal } from './phases.ts';
import type { Who } from './scenarios.ts';

/** Keeps one process alive and dying: each life gets a few points, and the first that it reaches kills it. */
export interface Supervisor {
  /** Points at which the process really died by SIGKILL, `<id>#<n>`. */
  readonly died: readonly string[];
  /** Ends that were no crash point's doing; should stay empty. */
  readonly strange: readonly string[];
  /** True when every point was reached. */
  readonly finished: boolean;
  /** Ends the present life, and leaves a healthy process behind. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts the process and goes through `points` until each was reached or `settle` is called. A life in which nothing armed
 * is reached ends after some starts of a process, each of `startMs`, so that others get their turn.
 */
export function supervise(
  rig: ProcessRig,
  who: Who,
  points: readonly string[],
  startMs: number,
): Supervisor {
  const [died, strange]: [string[], string[]] = [[], []];
  const arsenal = createArsenal(who, points);
  const over = new AbortController();
  let life: ReturnType<ProcessRig['launch']> | undefined;

  async function live(): Promise<void> {
    const arms = arsenal.arm();
    life = rig.launch(who, { MIDLOCK_CRASH_AT: arms.points.join(',') });
    const { process, logFile, ready } = life;
    ready.catch(() => undefined);
    const late = new AbortController();
    const end = (): void => {
      late.abort();
      void process.stop();
    };
    const patience = setTimeout(end, arms.starts * startMs);
    over.signal.addEventListener('abort', end, { once: true });
    const { code, signal } = await process.exited;
    clearTimeout(patience);
    over.signal.removeEventListener('abort', end);
    const point = lastCrash(logFile);
    const fatal = signal === 'SIGKILL' && arms.points.includes(point ?? '') ? point : undefined;
    if (fatal !== undefined && !died.includes(fatal)) died.push(fatal);
    else if (!late.signal.aborted) strange.push(`${who}: ${signal ?? `exit ${String(code)}`}`);
    arsenal.spent(arms, fatal);
  }

  const loop = (async () => {
    while (!over.signal.aborted && arsenal.left > 0) await live();
    life = rig.launch(who);
    await life.ready;
  })();

  return {
    died,
    strange,
    get finished() {
      return arsenal.left === 0;
    },
    async settle() {
      over.abort();
      await loop;
    },
    async stop() {
      over.abort();
      await loop;
      await life?.process.stop();
    },
  };
}

/** What the crash switch said last. */
function lastCrash(logFile: string): string | undefined {
  const line = readFileSync(logFile, 'utf8').trimEnd().split('\n').at(-1) ?? '';
  if (!line.startsWith('{"crash"')) return undefined;
  return (JSON.parse(line) as { readonly crash: string }).crash;
}
