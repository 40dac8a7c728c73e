import { setTimeout } from 'node:timers/promises';
import { randomFillSync } from 'node:crypto';
import type { ClockPort, RandomPort } from '../ports.ts';

/** The host's clock, with a correction in milliseconds where one is known. */
export function createSystemClock(correctionMs = 0n): ClockPort {
  return {
    nowMs: () => BigInt(Date.now()) + correctionMs,
    elapsedMs: () => process.hrtime.bigint() / 1_000_000n,
    sleep: (ms, signal) => setTimeout(ms, undefined, { signal }).catch(() => undefined),
  };
}

/** The platform's CSPRNG. */
export const systemRandom: RandomPort = (bytes) => {
  randomFillSync(bytes);
};
