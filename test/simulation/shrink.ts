import { FAULT_KINDS, planOf, type FaultKind, type PlanLimits } from './plan.ts';
import { runSeed, type RunOptions } from './run-seed.ts';
import type { Violation } from './world.ts';

/** The smallest run found that still breaks the same invariant. */
export interface Shrunk {
  readonly limits: PlanLimits;
  readonly violation: Violation;
  readonly runs: number;
}

const MAX_RUNS = 250;

/**
 * Leaves out of a failing run whatever its failure does not need: relayers, swaps, kinds of faults, then single faults.
 * Each part of a plan has its own stream of draws, so that what is left out changes nothing else.
 */
export async function shrink(
  seed: string,
  violation: Violation,
  options: RunOptions = {},
): Promise<Shrunk> {
  let limits: PlanLimits = limitsOf(options);
  let best = violation;
  let runs = 0;

  async function tryLimits(candidate: PlanLimits): Promise<boolean> {
    if (runs >= MAX_RUNS) return false;
    runs += 1;
    const { violation: found } = await runSeed(seed, { ...options, ...candidate });
    if (found?.invariant !== violation.invariant) return false;
    limits = candidate;
    best = found;
    return true;
  }

  for (const relayers of [0, 1] as const)
    if (planOf(seed, limits).relayers > relayers) await tryLimits({ ...limits, relayers });
  if (planOf(seed, limits).adversary !== 'nobody')
    await tryLimits({ ...limits, adversary: 'nobody' });
  if (planOf(seed, limits).liar) await tryLimits({ ...limits, liar: false });
  for (const { number } of planOf(seed, limits).swaps)
    await tryLimits({ ...limits, withoutSwaps: new Set([...(limits.withoutSwaps ?? []), number]) });
  for (const kind of FAULT_KINDS) {
    const kinds = limits.kinds ?? new Set(FAULT_KINDS);
    const without = new Set<FaultKind>([...kinds].filter((other) => other !== kind));
    if (planOf(seed, limits).episodes.some((episode) => episode.kind === kind))
      await tryLimits({ ...limits, kinds: without });
  }
  await dropEpisodes();
  return { limits, violation: best, runs };

  /** Halves first, then quarters, down to single faults. */
  async function dropEpisodes(): Promise<void> {
    for (let size = planOf(seed, limits).episodes.length; size >= 1; size = Math.floor(size / 2)) {
      const ids = planOf(seed, limits).episodes.map(({ id }) => id);
      for (let at = 0; at < ids.length; at += size) {
        const gone = ids.slice(at, at + size);
        await tryLimits({ ...limits, without: new Set([...(limits.without ?? []), ...gone]) });
      }
    }
  }
}

function limitsOf({
  mode,
  swaps,
  relayers,
  adversary,
  liar,
  kinds,
  without,
  withoutSwaps,
}: RunOptions): PlanLimits {
  return {
    ...(mode === undefined ? {} : { mode }),
    ...(swaps === undefined ? {} : { swaps }),
    ...(relayers === undefined ? {} : { relayers }),
    ...(adversary === undefined ? {} : { adversary }),
    ...(liar === undefined ? {} : { liar }),
    ...(kinds === undefined ? {} : { kinds }),
    ...(without === undefined ? {} : { without }),
    ...(withoutSwaps === undefined ? {} : { withoutSwaps }),
  };
}
