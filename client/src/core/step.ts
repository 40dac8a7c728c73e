import { finalOutcome, isDeclined } from './leg.ts';
import type { Duty } from './duties.ts';
import type { SessionEffect, SessionEvent, SessionNote, StepResult } from './events.ts';
import { isDone } from './done.ts';
import { absorb } from './facts.ts';
import { CORE_GUARDS, type CoreGuards } from './guards.ts';
import {
  afterInvalid,
  afterRefusal,
  effectKey,
  findOperation,
  operationId,
  withAlarm,
  withOperation,
} from './operations.ts';
import {
  lockImpossible,
  longLedger,
  shortLedger,
  stateOf,
  type Operation,
  type Role,
  type Session,
} from './session.ts';
import type { World } from './world.ts';

/** A reducer of one role: the new session with what it owes, or a typed rejection. Pure. */
export type Reducer = (session: Session, event: SessionEvent) => StepResult;

/**
 * Builds the reducer from each role's duties. An event that changes nothing returns the same session object.
 * @param guards only tests give others than the core's own
 */
export function createReducer(
  dutiesOf: (role: Role) => readonly Duty[],
  guards: CoreGuards = CORE_GUARDS,
): Reducer {
  return (session, event) => {
    const duties = dutiesOf(session.role);
    const taken = takeIn(session, event, duties, guards);
    if (!taken.ok) return taken;
    const closed = closeFinished(
      reopenUnanswered(taken.session, event.world, guards),
      event.world,
      guards,
    );
    const expired = expireStart(closed.session, event.world);
    const decided = isDone(expired, event.world, guards)
      ? { session: expired, effects: [], notes: [] }
      : undertake(expired, duties, event.world, guards);
    const notes = [...taken.notes, ...decided.notes, ...stateNote(session, decided.session)];
    return {
      ok: true,
      session: decided.session,
      effects: [...taken.effects, ...closed.effects, ...decided.effects],
      notes,
    };
  };
}

function takeIn(
  session: Session,
  event: SessionEvent,
  duties: readonly Duty[],
  guards: CoreGuards,
): StepResult {
  const { world } = event;
  switch (event.kind) {
    case 'tick':
      return done(session);
    case 'accepted':
      return done(session.accepted ? session : { ...session, accepted: true });
    case 'ledger':
      return { ok: true, ...absorb(session, event.update, world, guards) };
    case 'command':
      return event.command === 'abandon' ? abandon(session, guards) : retry(session, world);
    case 'hand-over':
      return handOver(session, event.key, duties, world, guards);
    case 'signed':
      return onOperation(session, event.key, (operation) =>
        done(withOperation(session, { ...operation, txId: event.txId })),
      );
    case 'outcome': {
      const { outcome } = event;
      return onOperation(session, event.key, (operation) =>
        outcome.kind === 'invalid' &&
        guards['outcome.is-final'](outcome) &&
        operation.phase === 'open'
          ? done(
              afterInvalid(session, operation, outcome, world, guards),
              [{ kind: 'close', key: event.key }],
              [note('invalid', operation, { code: outcome.code })],
            )
          : done(session),
      );
    }
    case 'refused':
      return onOperation(session, event.key, (operation) =>
        operation.phase === 'open'
          ? done(
              afterRefusal(session, operation, event, world, guards),
              [{ kind: 'close', key: event.key }],
              [note('refused', operation, { code: event.code })],
            )
          : done(session),
      );
  }
}

/** The operator wants out. After the reveal nothing can be taken back. */
function abandon(session: Session, guards: CoreGuards): StepResult {
  if (!guards['abandon.before-reveal'](session))
    return { ok: false, code: 'SWAP_STATE', detail: 'the secret is out; the swap goes on' };
  if (session.abandoned) return done(session);
  return done({ ...session, abandoned: true }, [], [{ kind: 'abandoned', data: {} }]);
}

/** Gives failed operations another chance at an operator's word. */
function retry(session: Session, world: World): StepResult {
  const operations = Object.entries(session.operations).map(([id, operation]) => [
    id,
    operation.phase === 'failed' || operation.phase === 'waiting'
      ? { ...operation, phase: 'waiting', retryAtSec: world.nowSec }
      : operation,
  ]);
  return done({ ...session, operations: Object.fromEntries(operations) as Session['operations'] });
}

/**
 * The last look before something leaves the process. The rule is asked again with the present time, because a crash or
 * a queue may lie between decision and deed. What was handed over once goes on.
 */
function handOver(
  session: Session,
  key: string,
  duties: readonly Duty[],
  world: World,
  guards: CoreGuards,
): StepResult {
  return onOperation(session, key, (operation) => {
    if (operation.handedOver || operation.phase !== 'open') return done(session);
    const duty = duties.find(
      (candidate) =>
        candidate.action === operation.action && candidate.ledger(session) === operation.ledger,
    );
    const verdict = duty?.verdict(session, world, guards);
    // Something is missing for the moment, such as a ledger that catches up after a restart: the effect stays.
    if (!guards['hand-over.verdict-holds'](verdict?.kind)) {
      if (verdict?.kind === 'wait') return done(session);
      const why = verdict?.kind === 'never' ? verdict.why : 'no such duty';
      const stopped = withOperation(session, { ...operation, phase: 'waiting', trouble: why });
      return done(
        withAlarm(
          stopped,
          'GUARD_PASSED',
          `${operation.ledger} ${operation.action}: ${why}`,
          world,
        ),
        [{ kind: 'close', key }],
        [note('stopped', operation, { why })],
      );
    }
    const handed = withOperation(session, { ...operation, handedOver: true });
    const reveals = operation.action === 'claim' && session.role === 'initiator';
    return done(
      reveals ? { ...handed, revealed: true } : handed,
      [],
      [note(reveals && !session.revealed ? 'reveal' : 'hand-over', operation, {})],
    );
  });
}

/** What final facts had answered is open again once they are final no longer. A lock is not repeated: its bytes still stand. */
function reopenUnanswered(session: Session, world: World, guards: CoreGuards): Session {
  let current = session;
  for (const operation of Object.values(session.operations)) {
    if (operation.phase !== 'done' || !guards['attempt.not-a-lock'](operation)) continue;
    const answered = isAnswered(session, operation, world, guards);
    if (guards['closed.still-answered'](answered)) continue;
    const retryAtSec = world.nowSec;
    current = withOperation(current, { ...operation, phase: 'waiting', retryAtSec });
  }
  return current;
}

/** Closes what final facts have answered. */
function closeFinished(
  session: Session,
  world: World,
  guards: CoreGuards,
): { session: Session; effects: SessionEffect[] } {
  let current = session;
  const effects: SessionEffect[] = [];
  for (const operation of Object.values(session.operations)) {
    if (operation.phase === 'done' || !isAnswered(session, operation, world, guards)) continue;
    if (operation.phase === 'open')
      effects.push({ kind: 'close', key: effectKey(session, operation) });
    current = withOperation(current, { ...operation, phase: 'done' });
  }
  return { session: current, effects };
}

function isAnswered(
  session: Session,
  { ledger, action }: Operation,
  world: World,
  guards: CoreGuards,
): boolean {
  const leg = session.legs[ledger];
  if (guards['answer.is-final'](leg)) return true;
  if (action === 'decline') return leg.lock?.final === true;
  return action === 'lock' && (leg.lock?.final === true || lockImpossible(session, ledger, world));
}

/** Nothing was locked and nothing will be: the time-out exit of `planned`. */
function expireStart(session: Session, world: World): Session {
  if (session.startExpired || stateOf(session) !== 'planned') return session;
  const { terms, legs, operations } = session;
  const [long, short] = [longLedger(terms), shortLedger(terms)];
  // A short leg that came and went without the long one holds nothing any more.
  const shortOutcome = finalOutcome(legs[short]);
  if (legs[long].lock !== undefined || shortOutcome === 'locked' || shortOutcome === 'claimed')
    return session;
  const ours = operations[operationId(long, 'lock')];
  const gaveUp = session.role === 'initiator' && session.abandoned && ours?.handedOver !== true;
  const declined = isDeclined(legs[long]);
  return gaveUp && long === 'ethereum' && !declined
    ? { ...session, startExpired: true }
    : lockImpossible(session, long, world)
      ? { ...session, startExpired: true }
      : session;
}

/** Opens an operation for each duty that is due and has none. */
function undertake(
  session: Session,
  duties: readonly Duty[],
  world: World,
  guards: CoreGuards,
): { session: Session; effects: SessionEffect[]; notes: SessionNote[] } {
  let current = session;
  const effects: SessionEffect[] = [];
  const notes: SessionNote[] = [];
  for (const duty of duties) {
    const ledger = duty.ledger(current);
    const known = current.operations[operationId(ledger, duty.action)];
    if (known !== undefined && !mayTryAgain(known, world, guards)) continue;
    const verdict = duty.verdict(current, world, guards);
    if (verdict.kind !== 'now') continue;
    const operation: Operation = {
      ledger,
      action: duty.action,
      attempt: (known?.attempt ?? 0) + 1,
      phase: 'open',
      handedOver: false,
    };
    current = withOperation(current, operation);
    const key = effectKey(current, operation);
    effects.push({
      kind: 'send',
      key,
      swapId: session.swapId,
      ledger,
      action: duty.action,
      urgentBySec: verdict.urgentBySec,
    });
    notes.push(note('undertake', operation, {}));
  }
  return { session: current, effects, notes };
}

function mayTryAgain(operation: Operation, world: World, guards: CoreGuards): boolean {
  return guards['attempt.none-open'](operation) && guards['attempt.due'](operation, world);
}

function stateNote(before: Session, after: Session): SessionNote[] {
  const [from, to] = [stateOf(before), stateOf(after)];
  return from === to ? [] : [{ kind: 'state', data: { from, to } }];
}

function onOperation(
  session: Session,
  key: string,
  then: (operation: Operation) => StepResult,
): StepResult {
  const operation = findOperation(session, key);
  // An answer to an attempt that was overtaken; it changes nothing.
  return operation === undefined ? done(session) : then(operation);
}

function note(
  kind: string,
  { ledger, action, attempt }: Operation,
  data: Record<string, string>,
): SessionNote {
  return { kind, data: { ledger, action, attempt: String(attempt), ...data } };
}

function done(
  session: Session,
  effects: readonly SessionEffect[] = [],
  notes: readonly SessionNote[] = [],
): StepResult {
  return { ok: true, session, effects, notes };
}
