import { MidlockError } from '@midlock/protocol';

export interface RateLimits {
  readonly readsPerMinute: number;
  readonly writesPerMinute: number;
}

/** Counts calls by caller in windows of a minute. */
export interface RateLimiter {
  /** Throws OVERLOADED (reason `rate`) when the caller is over its limit. */
  count(caller: string, kind: 'read' | 'write'): void;
  /** Seconds until the present window ends. */
  retryAfterSec(): number;
}

const WINDOW_MS = 60_000n;
const MAX_CALLERS = 10_000;

export function createRateLimiter(limits: RateLimits, nowMs: () => bigint): RateLimiter {
  let window = -1n;
  let counts = new Map<string, number>();
  return {
    count(caller, kind) {
      const now = nowMs() / WINDOW_MS;
      if (now !== window || counts.size > MAX_CALLERS) {
        window = now;
        counts = new Map();
      }
      const key = `${kind} ${caller}`;
      const used = (counts.get(key) ?? 0) + 1;
      counts.set(key, used);
      const limit = kind === 'read' ? limits.readsPerMinute : limits.writesPerMinute;
      if (used > limit) throw new MidlockError('OVERLOADED', { reason: 'rate', limit });
    },
    retryAfterSec: () => Number((WINDOW_MS - (nowMs() % WINDOW_MS)) / 1000n) + 1,
  };
}
