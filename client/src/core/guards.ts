import { DUTY_GUARDS, type DutyGuard, type DutyGuardId } from './duty-guards.ts';
import { FACT_GUARDS } from './fact-guards.ts';
import { STEP_GUARDS } from './step-guards.ts';

/**
 * Every condition under which the core acts or believes, by id. A reducer is built from one such table; production builds
 * all of its reducers from {@link CORE_GUARDS} and has no way to choose another.
 *
 * For tests only: a planted bug is another table, `{ ...CORE_GUARDS, 'reveal.long-final': () => true }`, given to
 * `createPartyReducer` (test/search/planted-bugs.ts has them by id; `reducerWith(id)` is what a simulation uses). A removed check
 * is a guard that always holds: `npm run removed-checks -- --package client` takes each away in turn.
 */
export type CoreGuards = { readonly [Id in DutyGuardId]: DutyGuard } & typeof FACT_GUARDS &
  typeof STEP_GUARDS;

export type CoreGuardId = keyof CoreGuards;

export const CORE_GUARDS: CoreGuards = { ...DUTY_GUARDS, ...FACT_GUARDS, ...STEP_GUARDS };
