import { randomFillSync } from 'node:crypto';
import type { ClockPort, RandomPort } from '@midlock/client';

/** The machine's clock. */
export const systemClock: ClockPort = {
  nowMs: () => BigInt(Date.now()),
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal.aborted) {
        resolve();
        return;
      }
      const done = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      signal.addEventListener('abort', done, { once: true });
    }),
};

/** The platform's CSPRNG. */
export const systemRandom: RandomPort = (bytes) => {
  randomFillSync(bytes);
};
