import { PARTY_DUTIES } from './duties.ts';
import type { CoreGuards } from './guards.ts';
import { createReducer, type Reducer } from './step.ts';

/** A party's reducer. @param guards only tests give others than the core's own: see guards.ts */
export function createPartyReducer(guards?: CoreGuards): Reducer {
  return createReducer((role) => (role === 'relayer' ? [] : PARTY_DUTIES[role]), guards);
}

/** The reducer of a party: initiator or responder, both directions. */
export const stepParty: Reducer = createPartyReducer();
