import { isTerminal, type LedgerName } from '@midlock/protocol';
import type { LegRecord } from './leg.ts';
import { LONGEST_PAUSE_SEC } from './operations.ts';
import { lockImpossible, secretIsOut, stateOf, type Operation, type Session } from './session.ts';
import type { World } from './world.ts';

/** Every condition under which the machinery around the duties goes on. */
export const STEP_GUARDS = {
  'abandon.before-reveal': (session: Session): boolean =>
    !secretIsOut(session) || session.role === 'responder',
  /** An attempt is worked on while it is open, and no second one beside it. */
  'attempt.none-open': (operation: Operation): boolean => operation.phase === 'waiting',
  /** One that seems further away than any pause was put off before this machine's clock was set back. */
  'attempt.due': ({ retryAtSec }: Operation, { nowSec }: World): boolean =>
    retryAtSec === undefined || retryAtSec <= nowSec || retryAtSec - nowSec > LONGEST_PAUSE_SEC,
  /** A lock is not repeated unasked; claim and refund exclude each other on the ledger. */
  'attempt.not-a-lock': ({ action }: Operation): boolean => action !== 'lock',
  'answer.is-final': ({ end }: LegRecord): boolean => end?.final === true,
  /** What an answer closed stays closed while the answer stands. */
  'closed.still-answered': (answered: boolean): boolean => answered,
  'outcome.is-final': (outcome: { readonly final: boolean }): boolean => outcome.final,
  'hand-over.verdict-holds': (kind: string | undefined): boolean => kind === 'now',
  'done.state-terminal': (session: Session): boolean => isTerminal(stateOf(session)),
  'done.ledgers-reliable': ({ halted }: World): boolean => halted.length === 0,
  'done.leg-over': (session: Session, world: World, ledger: LedgerName): boolean => {
    const { lock, end } = session.legs[ledger];
    return end?.final === true || (lock === undefined && lockImpossible(session, ledger, world));
  },
} as const;

export type StepGuards = typeof STEP_GUARDS;
