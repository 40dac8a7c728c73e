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
