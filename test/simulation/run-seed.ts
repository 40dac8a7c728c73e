import type { InvariantName } from './invariants/invariant.ts';
import { planOf, type Plan, type PlanLimits } from './plan.ts';
import { createWorld, type Plants, type Violation, type World } from './world.ts';

/** What a run shows for itself; the same for the same seed and limits on every machine. */
export interface SeedResult {
  readonly seed: string;
  readonly mode: Plan['mode'];
  readonly steps: number;
  readonly swaps: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly states: readonly string[];
  readonly cells: readonly string[];
  readonly digest: string;
  readonly violation: Violation | undefined;
}

export interface RunOptions extends PlanLimits {
  readonly plants?: Plants;
  readonly withoutInvariants?: ReadonlySet<InvariantName>;
  readonly maxSteps?: number;
  /** Told of everything that happens, for stories. */
  readonly onLine?: (atMs: number, line: string) => void;
  /** Sees the world when the run is over. */
  readonly onEnd?: (world: World) => void;
}

/** Runs one seed to its end or to its first violation. */
export async function runSeed(seed: string, options: RunOptions = {}): Promise<SeedResult> {
  const plan = planOf(seed, options);
  const world = createWorld(plan, options.plants, options.withoutInvariants);
  const { scheduler } = world;
  const startMs = scheduler.nowMs;
  const { onLine, maxSteps = Infinity } = options;
  if (onLine !== undefined)
    scheduler.onStep = (atMs, line) => {
      onLine(atMs - startMs, line);
    };
  const rejected = (reason: unknown): void => {
    world.report(
      'processes',
      `a rejection that nobody handled: ${reason instanceof Error ? reason.message : 'unknown'}`,
    );
  };
  process.on('unhandledRejection', rejected);
  await world.check();
  while (!world.finished && world.violation === undefined && scheduler.steps < maxSteps) {
    if (!(await scheduler.step())) break;
    await world.check();
  }
  if (world.finished) await world.finish();
  process.off('unhandledRejection', rejected);
  options.onEnd?.(world);
  const outcomes: Record<string, number> = {};
  for (const { swapId } of world.truth.swaps.values()) {
    const outcome = `${world.truth.leg('fabric', swapId, false)}/${world.truth.leg('ethereum', swapId, false)}`;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  return {
    seed,
    mode: plan.mode,
    steps: scheduler.steps,
    swaps: world.truth.swaps.size,
    outcomes,
    faults: Object.fromEntries(world.faults),
    states: [...world.states],
    cells: [...world.cells],
    digest: scheduler.digest,
    violation: world.violation,
  };
}
