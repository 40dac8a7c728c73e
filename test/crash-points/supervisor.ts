import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessRig } from '../../relayer/test/rig.ts';
import { createArsenal, type Arms } from './phases.ts';
import type { Who } from './scenarios.ts';

/** Keeps one process alive and dying: each life gets a few points, and the first that it reaches kills it. */
export interface Supervisor {
  /** Points at which the process really died by SIGKILL, `<id>#<n>`. */
  readonly died: readonly string[];
  /** Deaths that struck again while the life after the first recovered from it, `<id>#<n> + <id>#<n>`. */
  readonly pairs: readonly string[];
  /** Ends that were no crash point's doing; should stay empty. */
  readonly strange: readonly string[];
  /** True when every point was reached. */
  readonly finished: boolean;
  /** Ends the present life, and leaves a healthy process behind. */
  settle(): Promise<void>;
  stop(): Promise<void>;
}

export interface SupervisorOptions {
  readonly who: Who;
  /** Ids at which it is to die. */
  readonly ids: readonly string[];
  /** How long a process takes to start. */
  readonly startMs: number;
  readonly random: () => number;
  readonly environment: Readonly<Record<string, string>>;
}

/** A process that was asked to end has so many starts of a process to do so, at least the second figure. */
const [GRACE_STARTS, LEAST_GRACE_MS] = [10, 30_000];

/**
 * Starts the process and goes through its points until each was reached or `settle` is called. A life in which nothing armed
 * is reached ends after some starts of a process, so that others get their turn. An end by anything but SIGKILL at an armed
 * point, or by the wish of this supervisor, is strange.
 */
export function supervise(rig: ProcessRig, options: SupervisorOptions): Supervisor {
  const { who, startMs, environment } = options;
  const died = new Set<string>();
  const [pairs, strange]: [string[], string[]] = [[], []];
  const arsenal = createArsenal(who, options.ids, options.random);
  const over = new AbortController();
  const isOver = (): boolean => over.signal.aborted;
  const graceMs = Math.max(LEAST_GRACE_MS, GRACE_STARTS * startMs);
  let life: ReturnType<ProcessRig['launch']> | undefined;

  async function live(arms: Arms): Promise<void> {
    const from = sizeOf(life?.logFile);
    life = rig.launch(who, { ...environment, MIDLOCK_CRASH_AT: arms.points.join(',') });
    const { process, logFile, ready } = life;
    ready.catch(() => undefined);
    const late = new AbortController();
    const end = (): void => {
      late.abort();
      void process.stop(graceMs);
    };
    const patience = setTimeout(end, arms.starts * startMs);
    over.signal.addEventListener('abort', end, { once: true });
    const { code, signal } = await process.exited;
    clearTimeout(patience);
    over.signal.removeEventListener('abort', end);
    const fatal = fatalPoint(readFileSync(logFile).subarray(from).toString(), process.pid);
    const asked = fatal !== undefined && arms.points.includes(fatal);
    if (signal === 'SIGKILL' && asked) {
      died.add(fatal);
      if (arms.after !== undefined) pairs.push(`${arms.after} + ${fatal}`);
    } else if (fatal !== undefined || !late.signal.aborted || !(code === 0 || signal === 'SIGTERM'))
      strange.push(`${who}: ${signal ?? `exit ${String(code)}`} at ${fatal ?? 'no point'}`);
    arsenal.spent(asked ? fatal : undefined);
  }

  const loop = (async () => {
    while (!isOver() && arsenal.left > 0) {
      const arms = arsenal.arm();
      await sleep(arms.away * startMs, undefined, { signal: over.signal }).catch(() => undefined);
      if (!isOver()) await live(arms);
    }
    life = rig.launch(who, environment);
    await life.ready;
  })();

  return {
    get died() {
      return [...died];
    },
    pairs,
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
      await life?.process.stop(graceMs);
      const { code, signal } = (await life?.process.exited) ?? { code: 0, signal: null };
      if (code !== 0) strange.push(`${who}, at last: ${signal ?? `exit ${String(code)}`}`);
    },
  };
}

function sizeOf(file: string | undefined): number {
  return file === undefined ? 0 : statSync(file).size;
}

/** The point that the crash switch of this very process named, in the last line that it wrote: nothing ran after it. */
export function fatalPoint(output: string, pid: number): string | undefined {
  const line = output.trimEnd().split('\n').at(-1) ?? '';
  if (!line.startsWith('{"crash"')) return undefined;
  const said = JSON.parse(line) as { readonly crash: string; readonly pid: number };
  return said.pid === pid ? said.crash : undefined;
}
