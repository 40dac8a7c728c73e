/** Wakes whoever watches a model; the driver calls `ring` after every change. */
export interface Bell {
  ring(): void;
  /** Resolves at the next ring or when the signal aborts. */
  wait(signal: AbortSignal): Promise<void>;
}

export function createBell(): Bell {
  let waiting: (() => void)[] = [];
  return {
    ring: () => {
      const woken = waiting;
      waiting = [];
      for (const wake of woken) wake();
    },
    wait: (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) {
          resolve();
          return;
        }
        const wake = (): void => {
          signal.removeEventListener('abort', wake);
          resolve();
        };
        signal.addEventListener('abort', wake, { once: true });
        waiting.push(wake);
      }),
  };
}
