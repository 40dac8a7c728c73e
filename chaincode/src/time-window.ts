import type { MidlockContext } from './context.ts';
import { requireRule } from './rules.ts';

/** How far a stamp may lie from an endorser's clock; decimal strings of seconds, as configuration and locks store them. */
export interface StampWindow {
  readonly maxPastSec: string;
  readonly maxFutureSec: string;
}

/**
 * Refuses a stamp outside [clock - maxPast, clock + maxFuture] of this endorser. Fabric checks stamps nowhere at commit,
 * so every endorser does (design: swap, Time). The refusal carries the clock, so that a client can stamp by it.
 * @throws {MidlockError} STAMP_OUTSIDE_WINDOW.
 */
export function requireStampInWindow(ctx: MidlockContext, window: StampWindow): void {
  const { stampMs } = ctx;
  const clockMs = ctx.ports.clock.nowMs();
  const { maxPastSec, maxFutureSec } = window;
  const data = { mspId: ctx.ports.mspId, clockMs, stampMs, maxPastSec, maxFutureSec };
  requireRule('stamp-not-too-old', stampMs >= clockMs - BigInt(maxPastSec) * 1000n, data);
  requireRule('stamp-not-ahead', stampMs <= clockMs + BigInt(maxFutureSec) * 1000n, data);
}
