import { MidlockError } from '@midlock/protocol';

/** An endorsing organisation's clock as the client knows it, and the windows it enforces. All in milliseconds. */
export interface EndorserClock {
  readonly mspId: string;
  /** The organisation's clock at the moment of stamping. */
  readonly nowMs: bigint;
  readonly maxPastMs: bigint;
  readonly maxFutureMs: bigint;
}

/** What a stamp is for: a claim must lie before T, a refund at or after T + gap; others only inside the windows. */
export type StampPurpose =
  | { readonly kind: 'any' }
  | { readonly kind: 'claim'; readonly expiresAtSec: bigint }
  | { readonly kind: 'refund'; readonly notBeforeSec: bigint };

/** The time that a proposal may need to reach the last endorser before its stamp falls out of a window; at most a third of it. */
const TRAVEL_MS = 1_000n;

/**
 * The stamp of a proposal, milliseconds: for a claim as low, for a refund as high as the chosen endorsers' clocks stand,
 * moved only to lie in every window, never across the deadline. Pure.
 * @throws {MidlockError} STAMP_OUTSIDE_WINDOW when the windows have no moment in common; CLAIM_TOO_LATE, REFUND_TOO_EARLY
 * when no honest stamp is on the right side of the deadline.
 */
export function chooseStamp(clocks: readonly EndorserClock[], purpose: StampPurpose): bigint {
  const lowest = least(clocks.map(({ nowMs }) => nowMs));
  const highest = greatest(clocks.map(({ nowMs }) => nowMs));
  const windowStart = greatest(
    clocks.map(({ nowMs, maxPastMs }) => nowMs - maxPastMs + travel(maxPastMs)),
  );
  const windowEnd = least(clocks.map(({ nowMs, maxFutureMs }) => nowMs + maxFutureMs));
  if (windowStart > windowEnd) {
    throw new MidlockError('STAMP_OUTSIDE_WINDOW', {
      reason: 'the windows of the chosen organisations do not overlap',
      organizations: clocks.map(({ mspId }) => mspId),
      apartMs: highest - lowest,
    });
  }
  const wish = purpose.kind === 'refund' ? highest : lowest;
  const stamp = wish < windowStart ? windowStart : wish > windowEnd ? windowEnd : wish;
  checkSide(stamp, purpose);
  return stamp;
}

function checkSide(stampMs: bigint, purpose: StampPurpose): void {
  const stampSec = stampMs / 1000n;
  if (purpose.kind === 'claim' && stampSec >= purpose.expiresAtSec)
    throw new MidlockError('CLAIM_TOO_LATE', { stampSec, expiresAtSec: purpose.expiresAtSec });
  if (purpose.kind === 'refund' && stampSec < purpose.notBeforeSec)
    throw new MidlockError('REFUND_TOO_EARLY', { stampSec, notBeforeSec: purpose.notBeforeSec });
}

function travel(windowMs: bigint): bigint {
  const third = windowMs / 3n;
  return third < TRAVEL_MS ? third : TRAVEL_MS;
}

function least(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a < b ? a : b));
}

function greatest(values: readonly bigint[]): bigint {
  return values.reduce((a, b) => (a > b ? a : b));
}
