import {
  describePlan,
  swapIdOf,
  swapStateOf,
  checkTimelocks,
  type ErrorCode,
  type Hex32,
  type LedgerName,
  type LegOutcome,
  type SwapProfile,
  type SwapState,
  type SwapTerms,
  type TimelockPlan,
} from '@midlock/protocol';
import { EMPTY_LEG, finalOutcome, isDeclined, type LegRecord } from './leg.ts';
import type { World } from './world.ts';

/** The initiator locks first and owns the secret; a relayer owns nothing. */
export type Role = 'initiator' | 'responder' | 'relayer';

export type Action = 'lock' | 'claim' | 'refund' | 'release' | 'decline';

/** One thing that a role has undertaken on a ledger; there is at most one for each ledger and action. */
export interface Operation {
  readonly ledger: LedgerName;
  readonly action: Action;
  /** Counts proposals; a new attempt has a new idempotency key. */
  readonly attempt: number;
  /** `open`: an effect of the outbox works on it. `waiting`: tried again at `retryAtSec`. */
  readonly phase: 'open' | 'waiting' | 'done' | 'failed';
  /** True from the moment in which something may have left the process. */
  readonly handedOver: boolean;
  readonly txId?: string;
  readonly retryAtSec?: bigint;
  readonly trouble?: string;
}

/** Something an operator should know; kept with the swap, newest last, at most sixteen. */
export interface Alarm {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly atSec: bigint;
}

/** Everything that one role knows of one swap. Holds no secret: those are kept beside it by hash lock. */
export interface Session {
  readonly schema: 1;
  readonly swapId: Hex32;
  readonly role: Role;
  readonly terms: SwapTerms;
  readonly profile: SwapProfile;
  readonly createdAtSec: bigint;
  /** Both parties have signed the terms. */
  readonly accepted: boolean;
  /** The operator wants out: nothing more is locked or revealed. */
  readonly abandoned: boolean;
  /** The initiator's own secret may have left the process. */
  readonly revealed: boolean;
  /** When the secret was seen in public, seconds; from then on it is in the store. */
  readonly secretSeenAtSec?: bigint;
  /** The initiator gave up before locking, or no lock can happen any more. */
  readonly startExpired: boolean;
  readonly legs: Readonly<Record<LedgerName, LegRecord>>;
  readonly operations: Readonly<Record<string, Operation>>;
  readonly alarms: readonly Alarm[];
}

export interface OpenSessionInput {
  readonly terms: SwapTerms;
  readonly role: Role;
  readonly profile: SwapProfile;
  readonly nowSec: bigint;
  readonly accepted: boolean;
}

/**
 * A session before anything happened.
 * @throws {MidlockError} DEADLINE_ORDER, PROFILE_INVALID for a party; a relayer watches any terms.
 */
export function openSession({ terms, role, profile, nowSec, accepted }: OpenSessionInput): Session {
  const { direction, fabric, ethereum } = terms;
  if (role !== 'relayer')
    checkTimelocks(direction, profile, fabric.expiresAtSec, ethereum.expiresAtSec);
  return {
    schema: 1,
    swapId: swapIdOf(terms),
    role,
    terms,
    profile,
    createdAtSec: nowSec,
    accepted,
    abandoned: false,
    revealed: false,
    startExpired: false,
    legs: { fabric: EMPTY_LEG, ethereum: EMPTY_LEG },
    operations: {},
    alarms: [],
  };
}

export function longLedger(terms: SwapTerms): LedgerName {
  return terms.direction === 'fabric-first' ? 'fabric' : 'ethereum';
}

export function shortLedger(terms: SwapTerms): LedgerName {
  return terms.direction === 'fabric-first' ? 'ethereum' : 'fabric';
}

export function otherLedger(ledger: LedgerName): LedgerName {
  return ledger === 'fabric' ? 'ethereum' : 'fabric';
}

/** The deadline of a leg, seconds: it can be claimed strictly before. */
export function expiresAtSec(terms: SwapTerms, ledger: LedgerName): bigint {
  return terms[ledger].expiresAtSec;
}

/** From when a leg can be refunded, seconds. */
export function refundFromSec(session: Session, ledger: LedgerName): bigint {
  const deadline = expiresAtSec(session.terms, ledger);
  return ledger === 'fabric' ? deadline + session.profile.fabric.gapSec : deadline;
}

/** Everything that follows from the terms' deadlines under the session's profile. */
export function planOf({ terms, profile }: Session): TimelockPlan {
  const { direction, fabric, ethereum } = terms;
  return describePlan(direction, profile, fabric.expiresAtSec, ethereum.expiresAtSec);
}

/** True when the secret is public, or was handed over by this initiator. */
export function secretIsOut(session: Session): boolean {
  return session.revealed || session.secretSeenAtSec !== undefined;
}

/** The swap's place in protocol's table; derived from final facts, never stored. */
export function stateOf(session: Session): SwapState {
  const { terms, legs } = session;
  const long = legs[longLedger(terms)];
  const short = legs[shortLedger(terms)];
  const state = swapStateOf(
    settledOutcome(long, short),
    settledOutcome(short, long),
    secretIsOut(session),
  );
  if (state !== 'planned') return state;
  return (isDeclined(long) && long.end?.final === true) || session.startExpired
    ? 'cancelled'
    : 'planned';
}

/** Beside a leg that has ended, one that is seen locked counts as locked: nothing is terminal while it stands open. */
function settledOutcome(leg: LegRecord, other: LegRecord): LegOutcome {
  const outcome = finalOutcome(leg);
  return outcome === 'none' && leg.lock !== undefined && other.end?.final === true
    ? 'locked'
    : outcome;
}

/** True once a ledger refuses any lock of this leg for ever: its own time is past the deadline. */
export function lockImpossible(session: Session, ledger: LedgerName, world: World): boolean {
  const leg = session.legs[ledger];
  if (isDeclined(leg) && leg.end?.final === true) return true;
  const deadline = expiresAtSec(session.terms, ledger);
  if (ledger === 'ethereum')
    return world.headSec.ethereum >= deadline + session.profile.ethereum.reorgSpanSec;
  // Fabric's head stands still without transactions; a lock's stamp is at most maxPast + d behind the true time.
  const { fabric, party } = session.profile;
  return world.nowSec >= deadline + fabric.maxPastSec + 2n * party.skewSec + fabric.commitSec;
}
