import { CORE_GUARDS } from '@midlock/client/testing';
import type { Explored } from './explore.ts';
import { BASE, plannedBounds, type Figures } from './figures.ts';
import { LEDGER_RULES } from './ledger-rules.ts';
import { guardsUnder, search } from './minima.ts';
import { PLANTED_BUGS, type PlantedBug, type PlantedBugId } from './planted-bugs.ts';
import type { Setting, State } from './state.ts';

export const PLANTED_BUG_IDS = Object.keys(PLANTED_BUGS) as readonly PlantedBugId[];

/** A lock guard shows what it is worth in a swap that both follow; everything else against an adversary. */
const UNDISTURBED: Partial<Setting> = {
  goal: 'settled-once-locked',
  faults: 'none',
  clocks: 'exact',
};

/** Searches for the consequence of one planted bug, where its entry says. Without the bug the same search finds nothing. */
export function searchForBug(
  id: PlantedBugId,
  planted = true,
  figures: Figures = BASE,
): Explored<State> {
  const bug: PlantedBug = PLANTED_BUGS[id];
  const { where, ...entry } = bug;
  const [direction, honest, ...forge] = where;
  const { guards, rules, bounds: mistake } = planted ? entry : {};
  const planned = plannedBounds(direction, figures);
  const bounds = { ...planned, ...mistake?.(planned, figures) };
  return search({
    direction,
    figures,
    bounds,
    honest,
    change: {
      clocks: bug.clocks ?? 'exact',
      ...(honest === 'both' ? UNDISTURBED : {}),
      forge,
      guards: guardsUnder(bounds, planned, { ...CORE_GUARDS, ...guards }),
      rules: { ...LEDGER_RULES, ...rules },
    },
  });
}
