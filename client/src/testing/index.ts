export type { DutyGuard, DutyGuardId } from '../core/duty-guards.ts';
export { CORE_GUARDS, type CoreGuardId, type CoreGuards } from '../core/guards.ts';
export { createPartyReducer } from '../core/party.ts';
export { Crash, createKillable, runToEnd, type Killable } from './agents.ts';
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
export { testSigners } from './signers.ts';
