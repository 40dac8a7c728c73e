import { PARTY_DUTIES } from './duties.ts';
import { createReducer, type Reducer } from './step.ts';

/** The reducer of a party: initiator or responder, both directions. */
export const stepParty: Reducer = createReducer((role) =>
  role === 'relayer' ? [] : PARTY_DUTIES[role],
);
