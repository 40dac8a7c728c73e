import { MidlockError } from '@midlock/protocol';

/** Counts calls by caller in windows of equal length. */
export interface RateLimiter {
  /** Counts one call; throws OVERLOADED (reason `rate`, with `retryAfterSec`) when the caller is over `limit`. */
  count(caller: string, limit: number): void;
  /** As `count`, and counts none. */
  check(caller: string, limit: number): void;
}

const MAX_CALLERS = 10_000;

export function createRateLimiter(nowMs: () => bigint, windowMs = 60_000n): RateLimiter {
  let window = -1n;
  let counts = new Map<string, number>();

  function used(caller: string): number {
    const now = nowMs() / windowMs;
    if (now !== window || counts.size > MAX_CALLERS) {
      window = now;
      counts = new Map();
    }
    return counts.get(caller) ?? 0;
  }

  function check(caller: string, limit: number): void {
    if (used(caller) < limit) return;
    const retryAfterSec = Number((windowMs - (nowMs() % windowMs)) / 1000n) + 1;
    throw new MidlockError('OVERLOADED', { reason: 'rate', limit, retryAfterSec });
  }

  return {
    count(caller, limit) {
      check(caller, limit);
      counts.set(caller, used(caller) + 1);
    },
    check,
  };
}
