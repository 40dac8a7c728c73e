import type { ClockPort } from '../ports.ts';

/** A clock that stands still until its driver moves it. */
export interface ManualClock extends ClockPort {
  advance(ms: number): void;
}

export function createManualClock(startMs: bigint): ManualClock {
  let nowMs = startMs;
  let sleepers: { readonly untilMs: bigint; readonly wake: () => void }[] = [];
  return {
    nowMs: () => nowMs,
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
        sleepers.push({ untilMs: nowMs + BigInt(ms), wake: resolve });
      }),
    advance(ms) {
      nowMs += BigInt(ms);
      const due = sleepers.filter(({ untilMs }) => untilMs <= nowMs);
      sleepers = sleepers.filter(({ untilMs }) => untilMs > nowMs);
      for (const { wake } of due) wake();
    },
  };
}
