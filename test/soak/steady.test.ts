import { describe, expect, it } from 'vitest';
import { judge, theilSen, type Point } from './steady.ts';

const BOUND = { boundPerSwap: 64, boundShare: 0.005 };

/** 30 minutes, one value a minute: noise of a megabyte, and what each of two swaps a second leaves behind. */
function series(bytesEach: number, outliers: readonly number[] = []): readonly Point[] {
  return Array.from({ length: 31 }, (_, minute) => ({
    atSec: minute * 60,
    value:
      40e6 +
      ((minute * 7919) % 11) * 1e4 +
      (outliers.includes(minute) ? 30e6 : 0) +
      minute * 120 * bytesEach,
  }));
}

describe('the slope of a series', () => {
  it('is exact on a line and not moved by outliers', () => {
    const line = Array.from({ length: 9 }, (_, at) => ({ atSec: at, value: 3 * at }));
    expect(theilSen(line)).toBe(3);
    expect(
      theilSen(line.map((point) => (point.atSec === 4 ? { ...point, value: 1e9 } : point))),
    ).toBe(3);
    expect(theilSen([])).toBe(0);
  });
});

describe('steadiness', () => {
  it('is seen through noise and outliers', () => {
    expect(judge(series(0, [17, 25]), 2, BOUND).steady).toBe(true);
  });

  it('is denied to what keeps 200 bytes of each swap', () => {
    const found = judge(series(200), 2, BOUND);
    expect(found.steady).toBe(false);
    expect(found.perSwap).toBeGreaterThan(150);
    expect(found.perSwap).toBeLessThan(250);
  });

  it('judges the second half only: a cache that fills up is no leak', () => {
    const filling = series(0).map(({ atSec, value }) => ({
      atSec,
      value: value + Math.min(atSec, 800) * 50_000,
    }));
    expect(judge(filling, 2, BOUND).steady).toBe(true);
  });
});
