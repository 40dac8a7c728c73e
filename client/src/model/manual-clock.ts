import type { ClockPort } from '../ports.ts';

/** A clock that stands still until its driver moves it. */
export interface ManualClock extends ClockPort {
  advance(ms: number): void;
  /** Somebody sets the wall clock; nobody sleeps longer or shorter for it. */
  jump(ms: number): void;
}

export function createManualClock(startMs: bigint): ManualClock {
  let elapsedMs = 0n;
  let offsetMs = startMs;
  let sleepers: { readonly untilMs: bigint; readonly wake: () => void }[] = [];
  return {
    nowMs: () => offsetMs + elapsedMs,
    elapsedMs: () => elapsedMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) {
          resolve();
          return;
        }
        signal.addEventListener(
          'abort',
          () => {
            resolve();
          },
          { once: true },
        );
        sleepers.push({ untilMs: elapsedMs + BigInt(ms), wake: resolve });
      }),
    advance(ms) {
      elapsedMs += BigInt(ms);
      const due = sleepers.filter(({ untilMs }) => untilMs <= elapsedMs);
      sleepers = sleepers.filter(({ untilMs }) => untilMs > elapsedMs);
      for (const { wake } of due) wake();
    },
    jump(ms) {
      offsetMs += BigInt(ms);
    },
  };
}
