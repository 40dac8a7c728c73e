/** One measured value at a moment, seconds. */
export interface Point {
  readonly atSec: number;
  readonly value: number;
}

/** How much growth still counts as none. */
export interface Bound {
  readonly boundPerSwap: number;
  readonly boundShare: number;
}

export interface Steadiness {
  readonly steady: boolean;
  /** Theil–Sen slope of the judged part, per minute. */
  readonly perMinute: number;
  /** The same for each swap that ended meanwhile; what a leak would keep of it. */
  readonly perSwap: number;
  readonly median: number;
}

/**
 * The median of the slopes between all pairs of points: a few outliers do not move it. Units of value per second.
 * Source: Sen, Estimates of the regression coefficient based on Kendall's tau, JASA 63 (1968).
 */
export function theilSen(points: readonly Point[]): number {
  const slopes = points.flatMap((a, index) =>
    points
      .slice(index + 1)
      .filter((b) => b.atSec !== a.atSec)
      .map((b) => (b.value - a.value) / (b.atSec - a.atSec)),
  );
  return slopes.length === 0 ? 0 : median(slopes);
}

/**
 * Judges the second half of a series: caches and compiled code fill in the first. It is steady unless it grows by more
 * than `boundPerSwap` for each swap that ended, and by more than `boundShare` of its median over the whole judged time
 * (so that a short run is not judged by noise).
 */
export function judge(
  points: readonly Point[],
  swapsPerSec: number,
  { boundPerSwap, boundShare }: Bound,
): Steadiness {
  const from = (points.at(0)?.atSec ?? 0) / 2 + (points.at(-1)?.atSec ?? 0) / 2;
  const judged = points.filter(({ atSec }) => atSec >= from);
  const perSec = theilSen(judged);
  const middle = median(judged.map(({ value }) => value));
  const grown = perSec * ((judged.at(-1)?.atSec ?? 0) - (judged.at(0)?.atSec ?? 0));
  const perSwap = swapsPerSec > 0 ? perSec / swapsPerSec : 0;
  return {
    steady: perSwap <= boundPerSwap || grown <= boundShare * middle,
    perMinute: perSec * 60,
    perSwap,
    median: middle,
  };
}

/** The middle value; of an even number of them the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[half - 1] ?? upper) + upper) / 2;
}
