import { MidlockError } from '@midlock/protocol';

/** Counts calls by caller in windows of a minute. */
export interface RateLimiter {
  /** Counts one call; throws OVERLOADED (reason `rate`) when the caller is over `limit`. */
  count(caller: string, limit: number): void;
  /** Throws OVERLOADED (reason `rate`) when `limit` calls were counted; counts none. */
  check(caller: string, limit: number): void;
  /** Whole seconds until the present window has ended. */
  retryAfterSec(): number;
}

const WINDOW_MS = 60_000n;
const MAX_CALLERS = 10_000;

export function createRateLimiter(nowMs: () => bigint): RateLimiter {
  let window = -1n;
  let counts = new Map<string, number>();

  function used(caller: string): number {
    const now = nowMs() / WINDOW_MS;
    if (now !== window || counts.size > MAX_CALLERS) {
      window = now;
      counts = new Map();
    }
    return counts.get(caller) ?? 0;
  }

  function check(caller: string, limit: number): void {
    if (used(caller) >= limit) throw new MidlockError('OVERLOADED', { reason: 'rate', limit });
  }

  return {
    count(caller, limit) {
      check(caller, limit);
      counts.set(caller, used(caller) + 1);
    },
    check,
    retryAfterSec: () => Number((WINDOW_MS - (nowMs() % WINDOW_MS)) / 1000n) + 1,
  };
}
