import { setImmediate } from 'node:timers/promises';

/** A clock that stands while anything runs and jumps to the next timer when nothing does. */
export interface VirtualTime {
  nowMs(): bigint;
  /** Runs `work` with this clock behind setTimeout and AbortSignal.timeout. Throws what it throws; RangeError when it never ends. */
  run<T>(work: () => Promise<T>): Promise<T>;
  /** Counts as work that goes on: the clock does not jump in the same turn. */
  touch(): void;
}

interface Timer {
  readonly atMs: number;
  readonly fire: () => void;
}

/** Everything in memory settles within a few turns; whoever still waits then waits for a timer, or for ever. */
const IDLE_TURNS = 8;
/** A day of back-off is no end. */
const LONGEST_MS = 24 * 3_600_000;

export function createVirtualTime(startMs: number): VirtualTime {
  const timers = new Map<number, Timer>();
  let [nowMs, nextId, touches] = [startMs, 1, 0];

  function add(fire: () => void, ms = 0): number {
    const id = nextId++;
    timers.set(id, { atMs: nowMs + (Number.isFinite(ms) ? Math.max(0, ms) : 0), fire });
    return id;
  }

  function jump(): boolean {
    let next: readonly [number, Timer] | undefined;
    for (const entry of timers)
      if (next === undefined || entry[1].atMs < next[1].atMs) next = entry;
    if (next === undefined) return false;
    timers.delete(next[0]);
    nowMs = Math.max(nowMs, next[1].atMs);
    next[1].fire();
    return true;
  }

  async function drive(isDone: () => boolean): Promise<void> {
    let [idle, seen] = [0, touches];
    while (!isDone()) {
      await setImmediate();
      idle = touches === seen ? idle + 1 : 0;
      seen = touches;
      if (idle < 1) continue;
      if (jump()) idle = 0;
      else if (idle > IDLE_TURNS) throw new RangeError('it waits for something that never comes');
      if (nowMs - startMs > LONGEST_MS)
        throw new RangeError('it goes on for a day of virtual time');
    }
  }

  return {
    nowMs: () => BigInt(Math.floor(nowMs)),
    touch: () => {
      touches += 1;
    },
    run: async (work) => {
      const real = {
        set: globalThis.setTimeout,
        clear: globalThis.clearTimeout,
        every: globalThis.setInterval,
        stop: globalThis.clearInterval,
      };
      const realTimeout = AbortSignal.timeout.bind(AbortSignal);
      globalThis.setTimeout = ((fire: () => void, ms?: number) => add(fire, ms)) as never;
      globalThis.clearTimeout = (id: unknown) => {
        if (typeof id === 'number') timers.delete(id);
        else real.clear(id as never);
      };
      globalThis.setInterval = ((fire: () => void, ms?: number) => {
        const id = nextId++;
        const again = (): void => {
          timers.set(id, { atMs: nowMs + Math.max(1, ms ?? 1), fire: again });
          fire();
        };
        timers.set(id, { atMs: nowMs + Math.max(1, ms ?? 1), fire: again });
        return id;
      }) as never;
      globalThis.clearInterval = globalThis.clearTimeout;
      AbortSignal.timeout = (ms) => {
        const controller = new AbortController();
        add(() => {
          controller.abort(new DOMException('timed out', 'TimeoutError'));
        }, ms);
        return controller.signal;
      };
      try {
        let done = false;
        const result = work().finally(() => (done = true));
        // Whoever throws first is heard below; the other must not be an unhandled rejection.
        result.catch(() => undefined);
        await drive(() => done);
        return await result;
      } finally {
        globalThis.setTimeout = real.set;
        globalThis.clearTimeout = real.clear;
        globalThis.setInterval = real.every;
        globalThis.clearInterval = real.stop;
        AbortSignal.timeout = realTimeout;
      }
    },
  };
}
