import type { ErrorCode, LedgerName, TransactionOutcome } from '@midlock/protocol';
import type { Action, Alarm, Operation, Session } from './session.ts';
import type { StepGuards } from './step-guards.ts';
import type { World } from './world.ts';

/** Fabric's codes for "somebody was faster": a new proposal may succeed. */
const NEW_PROPOSAL = new Set(['11', '12', 'MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT']);
const MAX_BACKOFF_STEPS = 5;
/** No pause between two attempts is longer, seconds. */
export const LONGEST_PAUSE_SEC = 1n << BigInt(MAX_BACKOFF_STEPS);

export function operationId(ledger: LedgerName, action: Action): string {
  return `${ledger}/${action}`;
}

/** The idempotency key of an attempt. */
export function effectKey({ swapId }: Session, { ledger, action, attempt }: Operation): string {
  return `${swapId}/${ledger}/${action}/${String(attempt)}`;
}

/** The open operation that an effect's key belongs to. */
export function findOperation(session: Session, key: string): Operation | undefined {
  return Object.values(session.operations).find(
    (operation) => effectKey(session, operation) === key,
  );
}

export function withOperation(session: Session, operation: Operation): Session {
  const id = operationId(operation.ledger, operation.action);
  return { ...session, operations: { ...session.operations, [id]: operation } };
}

export function withAlarm(
  session: Session,
  code: ErrorCode,
  detail: string,
  world: World,
): Session {
  const last = session.alarms.at(-1);
  if (last?.code === code && last.detail === detail) return session;
  const alarm: Alarm = { code, detail, atSec: world.nowSec };
  return { ...session, alarms: [...session.alarms, alarm].slice(-16) };
}

/** A transaction that is on the ledger but without effect. */
export function afterInvalid(
  session: Session,
  operation: Operation,
  outcome: Extract<TransactionOutcome, { kind: 'invalid' }>,
  world: World,
  guards: StepGuards,
): Session {
  if (operation.ledger === 'fabric' && NEW_PROPOSAL.has(outcome.code))
    return withOperation(session, retryAt(operation, world.nowSec, outcome.code));
  const surfaced = withAlarm(
    session,
    operation.ledger === 'fabric' ? 'COMMIT_INVALID' : 'ESCROW_REVERTED',
    `${operation.ledger} ${operation.action}: ${outcome.code}`,
    world,
  );
  return withOperation(
    surfaced,
    guards['attempt.not-a-lock'](operation)
      ? retryAt(operation, world.nowSec + backoffSec(session, operation), outcome.code)
      : { ...operation, phase: 'failed', trouble: outcome.code },
  );
}

/** Preparing or sending was refused by code. */
export function afterRefusal(
  session: Session,
  operation: Operation,
  refusal: { code: ErrorCode; detail: string; retry: 'never' | 'safe' | 'after-query' },
  world: World,
  guards: StepGuards,
): Session {
  const { code, detail, retry } = refusal;
  // The deadline is asked for again each second: what a longer wait adds is taken from the time that the margin leaves for the refund.
  const pauseSec = code === 'REFUND_TOO_EARLY' ? 1n : backoffSec(session, operation);
  const later = retryAt(operation, world.nowSec + pauseSec, code);
  if (retry !== 'never') return withOperation(session, later);
  const surfaced = withAlarm(session, code, detail, world);
  const hopeless = !guards['attempt.not-a-lock'](operation) || code === 'CLAIM_TOO_LATE';
  return withOperation(
    surfaced,
    hopeless ? { ...operation, phase: 'failed', trouble: code } : later,
  );
}

function retryAt(operation: Operation, retryAtSec: bigint, trouble: string): Operation {
  return { ...operation, phase: 'waiting', retryAtSec, trouble };
}

/** 1, 2, 4, ... seconds, at most the party's observation bound O (at least one second). */
function backoffSec({ profile }: Session, { attempt }: Operation): bigint {
  const grown = 1n << BigInt(Math.min(attempt - 1, MAX_BACKOFF_STEPS));
  const bound = profile.party.observeSec > 1n ? profile.party.observeSec : 1n;
  return grown < bound ? grown : bound;
}
