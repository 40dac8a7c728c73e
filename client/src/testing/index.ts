export type { DutyGuard, DutyGuardId } from '../core/duty-guards.ts';
export { CORE_GUARDS, type CoreGuardId, type CoreGuards } from '../core/guards.ts';
export { createPartyReducer } from '../core/party.ts';
export {
  Crash,
  createKillable,
  createVictim,
  runToEnd,
  startSwap,
  type Killable,
  type Victim,
  type VictimBody,
  type VictimOptions,
} from './agents.ts';
export {
  ALICE,
  BOB,
  CAROL,
  START_SEC,
  TOKENS,
  createRig,
  partyFor,
  type Party,
  type Rig,
} from './rig.ts';
export { testPems, testSigners } from './signers.ts';
