import { expiresAtSec, latestSec, type Session, type World } from '@midlock/client';
import { CORE_GUARDS, type CoreGuards } from '@midlock/client/testing';
import type { Direction, LedgerName } from '@midlock/protocol';
import { explore, type Explored } from './explore.ts';
import { plannedBounds, type BoundName, type Bounds, type Figures } from './figures.ts';
import { LEDGER_RULES } from './ledger-rules.ts';
import { swapModel } from './model.ts';
import type { Setting, State } from './state.ts';

/** Which question decides a bound: whose safety, or whether a swap that both follow settles. */
const QUESTIONS: Record<BoundName, Pick<Setting, 'honest' | 'goal' | 'faults' | 'clocks'>> = {
  margin: { honest: 'responder', goal: 'settled', faults: 'all', clocks: 'drift' },
  gap: { honest: 'responder', goal: 'settled', faults: 'all', clocks: 'drift' },
  reveal: { honest: 'initiator', goal: 'settled', faults: 'all', clocks: 'drift' },
  lock: { honest: 'both', goal: 'settled-once-locked', faults: 'none', clocks: 'exact' },
  duration: { honest: 'both', goal: 'settled', faults: 'none', clocks: 'exact' },
  durationDespiteReorg: { honest: 'both', goal: 'settled', faults: 'one-reorg', clocks: 'exact' },
};

/**
 * The bounds that a direction has. The gap decides only where the long leg is on Fabric: there a refund that comes too early races
 * the honest claim. In the other direction it is part of the margin.
 */
export const BOUNDS: Record<Direction, readonly BoundName[]> = {
  'fabric-first': ['margin', 'reveal', 'gap', 'lock', 'duration', 'durationDespiteReorg'],
  'ethereum-first': ['margin', 'reveal', 'lock', 'duration'],
};

const longer = ({ terms }: Session, world: World, ledger: LedgerName, ticks: number): boolean =>
  expiresAtSec(terms, ledger) - latestSec(world, ledger) > BigInt(ticks);

/** The core's guards under other bounds than the planner's. */
export function guardsUnder(bounds: Bounds, planned: Bounds, guards = CORE_GUARDS): CoreGuards {
  return {
    ...guards,
    ...(bounds.reveal === planned.reveal
      ? {}
      : {
          'reveal.in-time': (session, world, ledger) =>
            longer(session, world, ledger, bounds.reveal),
        }),
    ...(bounds.lock === planned.lock
      ? {}
      : {
          'lock-short.in-time': (session, world, ledger) =>
            longer(session, world, ledger, bounds.lock),
        }),
  };
}

export interface SearchInput {
  readonly direction: Direction;
  readonly figures: Figures;
  readonly bounds: Bounds;
  readonly honest: Setting['honest'];
  readonly change?: Partial<Setting>;
}

/** One complete search. */
export function search({
  direction,
  figures,
  bounds,
  honest,
  change,
}: SearchInput): Explored<State> {
  return explore(
    swapModel({
      direction,
      honest,
      goal: 'settled',
      figures,
      bounds,
      clocks: 'drift',
      guards: guardsUnder(bounds, plannedBounds(direction, figures)),
      rules: LEDGER_RULES,
      faults: 'all',
      forge: [],
      ...change,
    }),
  );
}

/** Whether a bound's value is safe, by a complete search. */
export function tryBound(
  direction: Direction,
  figures: Figures,
  name: BoundName,
  value: number,
  change: Partial<Setting> = {},
): Explored<State> {
  const planned = plannedBounds(direction, figures);
  const less = planned[name] - value;
  // A lock guard shows what it is worth only where the lock comes at the last moment that it allows.
  const bounds = {
    ...planned,
    [name]: value,
    ...(name === 'lock' ? { duration: planned.duration - less } : {}),
  };
  const { honest, ...question } = QUESTIONS[name];
  const asked = { ...question, ...change };
  // Two bounds of one question share the search in which both are as planned.
  const id = JSON.stringify([direction, figures, bounds, honest, asked]);
  const known = clean.get(id);
  if (known !== undefined) return known;
  const explored = search({ direction, figures, bounds, honest, change: asked });
  if (explored.complete) clean.set(id, explored);
  return explored;
}

/** Complete searches that found nothing, by what was asked; functions in a change are not told apart and not used here. */
const clean = new Map<string, Explored<State>>();

/** Lets go of what was searched: figures share nothing, and each search is some hundred megabytes. */
export function forgetSearches(): void {
  clean.clear();
}

export interface Minimum {
  readonly direction: Direction;
  readonly bound: BoundName;
  readonly planned: number;
  /** The smallest value without a violation. */
  readonly found: number;
  /** States of the search at the minimum. */
  readonly states: number;
  /** True when that search visited them all: it is a proof only then. */
  readonly complete: boolean;
  /** What one tick less leads to. */
  readonly below: Explored<State>;
}

/** How far above the planner's value the border is looked for. */
const FURTHEST = 40;

/** Walks to the border between safe and unsafe, from the planner's value on. */
export function findMinimum(
  direction: Direction,
  figures: Figures,
  bound: BoundName,
  change: Partial<Setting> = {},
): Minimum {
  const planned = plannedBounds(direction, figures)[bound];
  const at = (value: number): Explored<State> => tryBound(direction, figures, bound, value, change);
  let value = planned;
  let safe = at(value);
  while (safe.violation !== undefined && value < planned + FURTHEST) {
    value += 1;
    safe = at(value);
  }
  for (;;) {
    const below = at(value - 1);
    // A search that stopped at its limit shows nothing, on neither side of the border.
    if (below.violation !== undefined || !below.complete)
      return {
        direction,
        bound,
        planned,
        found: value,
        states: safe.states,
        complete: safe.complete,
        below,
      };
    value -= 1;
    safe = below;
  }
}
