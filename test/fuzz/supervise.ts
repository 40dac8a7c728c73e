import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import { V8_FLAGS } from './coverage.ts';
import type { Explored, FoundInput } from './engine.ts';
import type { Finding, FindingKind } from './judge.ts';
import { createCellBuffer, openCell } from './shared-cell.ts';

/** What a worker is told to do. */
export interface Job {
  readonly target: string;
  readonly seed: number;
  readonly runs: number;
  /** From the moment in which everything is loaded; Infinity when only `runs` ends the search. */
  readonly seconds: number;
  readonly blind: boolean;
  /** Only these inputs run, nothing is mutated. */
  readonly inputs?: readonly Uint8Array[];
  readonly cell: SharedArrayBuffer;
}

/** What a worker tells. */
export type Report =
  | { readonly kind: 'found'; readonly found: FoundInput }
  | { readonly kind: 'done'; readonly result: Explored };

export interface Assignment {
  readonly target: string;
  readonly seed: number;
  /** Infinity when only time ends the search. */
  readonly runs: number;
  readonly seconds: number;
  readonly blind?: boolean;
  readonly inputs?: readonly Uint8Array[];
}

export interface Outcome {
  readonly found: readonly FoundInput[];
  /** Undefined when the worker was killed or died. */
  readonly result: Explored | undefined;
}

/** One input may use so much processor time; a machine under load does not make a hang. */
const HANG_CPU_MS = 3_000;
/** For an input that waits for something which never comes. */
const HANG_WALL_MS = 30_000;
const HEAP_MB = 384;
const RSS_BYTES = 1_500_000_000;
const LOOK_EVERY_MS = 100;

/** Runs a target in a thread of its own, which is ended when an input hangs or takes too much memory. */
export function superviseTarget(assignment: Assignment): Promise<Outcome> {
  for (const flag of V8_FLAGS) setFlagsFromString(flag);
  const cellBuffer = createCellBuffer();
  const cell = openCell(cellBuffer);
  const { target, seed, runs, seconds, blind = false, inputs } = assignment;
  const job: Job = {
    target,
    seed,
    runs,
    blind,
    seconds,
    cell: cellBuffer,
    ...(inputs === undefined ? {} : { inputs }),
  };
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: job,
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB, stackSizeMb: 4 },
  });
  const found: FoundInput[] = [];
  let result: Explored | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<Outcome>();

  function blame(kind: FindingKind, detail: string): void {
    const finding: Finding = { kind, detail, frames: [] };
    const input = cell.get();
    found.push({ finding, input, originalBytes: input.length, atRun: cell.count() });
  }

  const rssBefore = process.memoryUsage.rss();
  let [count, cpuAt, wallAt] = [0, cpuMs(), Date.now()];
  const look = setInterval(() => {
    const now = cell.count();
    if (now !== count || now === 0) {
      [count, cpuAt, wallAt] = [now, cpuMs(), Date.now()];
    } else if (cpuMs() - cpuAt > HANG_CPU_MS || Date.now() - wallAt > HANG_WALL_MS) {
      clearInterval(look);
      blame('hang', `one input ran for more than ${String(HANG_CPU_MS / 1000)} s`);
      void worker.terminate();
      return;
    }
    if (process.memoryUsage.rss() - rssBefore > RSS_BYTES) {
      clearInterval(look);
      blame('memory', `the process grew by more than ${String(RSS_BYTES / 1e6)} MB`);
      void worker.terminate();
    }
  }, LOOK_EVERY_MS);

  worker.on('message', (report: Report) => {
    if (report.kind === 'found') found.push(report.found);
    else {
      result = report.result;
      // Whatever its modules still keep open or busy is no input's doing.
      clearInterval(look);
      void worker.terminate();
    }
  });
  worker.on('error', (error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY')
      blame('memory', `the heap grew beyond ${String(HEAP_MB)} MB`);
    else if (cell.count() === 0) reject(error instanceof Error ? error : new Error(String(error)));
    else blame('foreign error', `thrown outside of the call: ${String(error)}`);
  });
  worker.on('exit', () => {
    clearInterval(look);
    resolve({ found, result });
  });
  return promise;
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
