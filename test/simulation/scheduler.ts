import { setImmediate } from 'node:timers/promises';
import type { Random } from './random.ts';

/** Something that will happen; cancelled ones are skipped without counting as steps. */
export interface Task {
  readonly atMs: number;
  readonly label: string;
  cancelled: boolean;
}

interface Queued extends Task {
  readonly tie: number;
  readonly run: () => void;
}

/** The one source of order in a world: time stands still between its steps, and equal times are ordered by the seed. */
export interface Scheduler {
  readonly nowMs: number;
  readonly steps: number;
  /** A running hash of everything that happened; equal runs end with equal digests. */
  readonly digest: string;
  after(delayMs: number, label: string, run: () => void): Task;
  /** Runs the next task and everything that follows from it at once. False when nothing is left. */
  step(): Promise<boolean>;
  /** Called with each step's label, for stories. */
  onStep: ((atMs: number, label: string) => void) | undefined;
  /** Called before each step in a new second. */
  onTime: ((nowMs: number) => void) | undefined;
  /** A line for the story and the digest; nothing happens. */
  say(line: string): void;
}

export function createScheduler(startMs: number, random: Random): Scheduler {
  const heap: Queued[] = [];
  let [nowMs, steps, high, low] = [startMs, 0, 0x811c9dc5, 0x1b873593];
  let onStep: Scheduler['onStep'];
  let onTime: Scheduler['onTime'];

  function mix(text: string): void {
    for (let index = 0; index < text.length; index += 1) {
      high = Math.imul(high ^ text.charCodeAt(index), 0x01000193);
      low = Math.imul((low << 5) ^ (low >>> 27) ^ text.charCodeAt(index), 0x9e3779b1);
    }
  }

  return {
    get nowMs() {
      return nowMs;
    },
    get steps() {
      return steps;
    },
    get digest() {
      const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, '0');
      return hex(high) + hex(low);
    },
    get onStep() {
      return onStep;
    },
    set onStep(listener) {
      onStep = listener;
    },
    get onTime() {
      return onTime;
    },
    set onTime(listener) {
      onTime = listener;
    },
    say(line) {
      mix(line);
      onStep?.(nowMs, line);
    },
    after(delayMs, label, run) {
      const task = {
        atMs: nowMs + Math.max(0, delayMs),
        label,
        cancelled: false,
        tie: random.u32(),
        run,
      };
      push(heap, task);
      return task;
    },
    async step() {
      let task = pop(heap);
      while (task?.cancelled === true) task = pop(heap);
      if (task === undefined) return false;
      const second = Math.floor(nowMs / 1000);
      nowMs = task.atMs;
      if (Math.floor(nowMs / 1000) !== second) onTime?.(nowMs);
      steps += 1;
      mix(`${String(nowMs)} ${task.label}\n`);
      onStep?.(nowMs, task.label);
      task.run();
      // Everything in a world is memory and promises: one turn of the loop exhausts what the step has set off.
      await setImmediate();
      return true;
    },
  };
}

function before(a: Queued, b: Queued): boolean {
  return a.atMs === b.atMs ? a.tie < b.tie : a.atMs < b.atMs;
}

function push(heap: Queued[], task: Queued): void {
  heap.push(task);
  let at = heap.length - 1;
  while (at > 0) {
    const up = (at - 1) >> 1;
    const parent = heap[up] as Queued;
    if (!before(task, parent)) break;
    heap[at] = parent;
    at = up;
  }
  heap[at] = task;
}

function pop(heap: Queued[]): Queued | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (top === undefined || last === undefined || heap.length === 0) return top;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    const right = heap[child + 1];
    if (right !== undefined && before(right, heap[child] as Queued)) child += 1;
    const smaller = heap[child] as Queued;
    if (!before(smaller, last)) break;
    heap[at] = smaller;
    at = child;
  }
  heap[at] = last;
  return top;
}
