/**
 * Processor time of this process in milliseconds. Benches of pure computing use it instead of the wall clock, so that other
 * load on the machine counts neither against a figure nor against its limit.
 */
export function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What an action returns, and the processor time that it took. */
export function timed<T>(action: () => T): [number, T] {
  const startedAt = processorMs();
  const value = action();
  return [processorMs() - startedAt, value];
}

/** Processor milliseconds of one call, the median of `runs` after one call to warm up. */
export function medianMs(runs: number, action: () => unknown): number {
  action();
  const times = Array.from({ length: runs }, () => timed(action)[0]).sort((a, b) => a - b);
  return times[Math.floor(times.length / 2)] ?? Number.NaN;
}

/** The mean of a list. */
export function mean(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
