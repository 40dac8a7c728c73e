import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isMidlockError } from '@midlock/protocol';
import { chooseStamp, type EndorserClock, type StampPurpose } from './stamp.ts';

const T = 2_000_000_000n;
const GAP = 120n;
const clock = (nowMs: bigint, mspId = 'Org1MSP'): EndorserClock => ({
  mspId,
  nowMs,
  maxPastMs: 60_000n,
  maxFutureMs: 10_000n,
});

describe('stamps', () => {
  it('follows the lowest clock for a claim and the highest for a refund', () => {
    const clocks = [clock(T * 1000n - 50_000n), clock(T * 1000n - 45_000n)];
    expect(chooseStamp(clocks, { kind: 'claim', expiresAtSec: T })).toBe(T * 1000n - 50_000n);
    const later = clocks.map((c) => ({ ...c, nowMs: c.nowMs + 300_000n }));
    expect(chooseStamp(later, { kind: 'refund', notBeforeSec: T + GAP })).toBe(
      T * 1000n + 255_000n,
    );
  });

  it('lies in every window, and on the honest side of the deadline', () => {
    const purposes: fc.Arbitrary<StampPurpose> = fc.constantFrom(
      { kind: 'any' },
      { kind: 'claim', expiresAtSec: T },
      { kind: 'refund', notBeforeSec: T + GAP },
    );
    const offset = fc.bigInt({ min: -400_000n, max: 400_000n });
    fc.assert(
      fc.property(
        fc.array(offset, { minLength: 1, maxLength: 4 }),
        purposes,
        (offsets, purpose) => {
          const clocks = offsets.map((ms) => clock(T * 1000n + ms));
          let stamp: bigint;
          try {
            stamp = chooseStamp(clocks, purpose);
          } catch (error) {
            expect(isMidlockError(error)).toBe(true);
            return;
          }
          for (const { nowMs, maxPastMs, maxFutureMs } of clocks)
            expect(stamp >= nowMs - maxPastMs && stamp <= nowMs + maxFutureMs).toBe(true);
          if (purpose.kind === 'claim') {
            expect(stamp / 1000n < T).toBe(true);
            // Never moved back across the deadline: somebody's clock still stands before it.
            expect(clocks.some(({ nowMs }) => nowMs < T * 1000n)).toBe(true);
          }
          if (purpose.kind === 'refund') {
            expect(stamp / 1000n >= T + GAP).toBe(true);
            expect(clocks.some(({ nowMs }) => nowMs >= (T + GAP) * 1000n)).toBe(true);
          }
        },
      ),
      { seed: 8, numRuns: 2_000 },
    );
  });

  it('refuses on the wrong side of the deadline, although a window would reach across', () => {
    const claim = () =>
      chooseStamp([clock(T * 1000n + 1_000n)], { kind: 'claim', expiresAtSec: T });
    expect(claim).toThrow('CLAIM_TOO_LATE');
    const refund = () =>
      chooseStamp([clock((T + GAP) * 1000n - 1_000n)], { kind: 'refund', notBeforeSec: T + GAP });
    expect(refund).toThrow('REFUND_TOO_EARLY');
  });

  it('refuses organisations whose windows have no moment in common', () => {
    expect(() => chooseStamp([clock(0n), clock(100_000n, 'Org2MSP')], { kind: 'any' })).toThrow(
      'STAMP_OUTSIDE_WINDOW',
    );
  });
});
