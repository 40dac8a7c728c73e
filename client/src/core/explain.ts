import {
  stateOf,
  longLedger,
  shortLedger,
  planOf,
  refundFromSec,
  expiresAtSec,
  type Session,
} from './session.ts';
import type { LedgerName, SwapState } from '@midlock/protocol';
import type { World } from './world.ts';

/** Why a swap waits, who must act, and until when; as data and as a sentence. */
export interface Explanation {
  readonly state: SwapState;
  readonly who: 'initiator' | 'responder' | 'ledger' | 'nobody';
  readonly action: 'lock' | 'claim' | 'refund' | 'finality' | 'none';
  readonly ledger?: LedgerName;
  /** Before this the action must happen, seconds; else the swap goes back. */
  readonly untilSec?: bigint;
  /** The action is possible only from here, seconds. */
  readonly fromSec?: bigint;
  readonly sentence: string;
}

type Waiting = Omit<Explanation, 'state' | 'sentence'>;

/** Reads a session; costs nothing and changes nothing. */
export function explainSession(session: Session, world: World): Explanation {
  const state = stateOf(session);
  const waiting = waitingFor(session, state, world);
  return { state, ...waiting, sentence: sentenceOf(state, waiting) };
}

function waitingFor(session: Session, state: SwapState, world: World): Waiting {
  const { terms, legs } = session;
  const [long, short] = [longLedger(terms), shortLedger(terms)];
  const plan = planOf(session);
  const refundLong: Waiting = act('initiator', 'refund', long, {
    fromSec: refundFromSec(session, long),
  });
  const refundShort: Waiting = act('responder', 'refund', short, {
    fromSec: refundFromSec(session, short),
  });
  const claimLong: Waiting = act('responder', 'claim', long, {
    untilSec: expiresAtSec(terms, long),
  });
  const claimShort: Waiting = act('initiator', 'claim', short, {
    untilSec: expiresAtSec(terms, short),
  });
  const finality = pendingFinality(session);
  if (finality !== undefined) return finality;
  const now = world.nowSec;
  const afterShort = (): Waiting => (now < expiresAtSec(terms, long) ? claimLong : refundLong);
  switch (state) {
    case 'planned':
      return act('initiator', 'lock', long, { untilSec: plan.lockLongBySec });
    case 'longLocked':
      return now < plan.lockShortBySec && legs[short].end === undefined
        ? act('responder', 'lock', short, { untilSec: plan.lockShortBySec })
        : refundLong;
    case 'shortLocked':
      return now < plan.revealBySec
        ? act('initiator', 'claim', short, { untilSec: plan.revealBySec })
        : refundShort;
    case 'secretRevealed':
      return now < expiresAtSec(terms, short) ? claimShort : afterShort();
    case 'shortClaimed':
      return afterShort();
    case 'longClaimed':
      return now < expiresAtSec(terms, short) ? claimShort : refundShort;
    case 'shortRefunded':
      return refundLong;
    case 'longRefunded':
      return refundShort;
    case 'settled':
    case 'refunded':
    case 'lost':
    case 'cancelled':
      return { who: 'nobody', action: 'none' };
  }
}

function pendingFinality({ legs }: Session): Waiting | undefined {
  for (const ledger of ['fabric', 'ethereum'] as const) {
    const newest = legs[ledger].end ?? legs[ledger].lock;
    if (newest?.final === false) return { who: 'ledger', action: 'finality', ledger };
  }
  return undefined;
}

function act(
  who: Waiting['who'],
  action: Waiting['action'],
  ledger: LedgerName,
  bound: Pick<Waiting, 'untilSec' | 'fromSec'>,
): Waiting {
  return { who, action, ledger, ...bound };
}

const OUTCOME: Partial<Record<SwapState, string>> = {
  settled: 'Both legs were claimed; nothing is left to do.',
  refunded: 'Every locked leg went back to its owner; nothing is left to do.',
  cancelled: 'Nothing was locked and nothing will be.',
  lost: 'One leg was claimed and the other refunded: a party broke its own bound. Keep the journal as evidence.',
};
const NAME: Record<LedgerName, string> = { fabric: 'Fabric', ethereum: 'Ethereum' };
const VERB: Record<string, string> = { lock: 'lock', claim: 'claim', refund: 'take back' };

function sentenceOf(state: SwapState, waiting: Waiting): string {
  const outcome = OUTCOME[state];
  if (outcome !== undefined) return outcome;
  const { who, action, ledger, untilSec, fromSec } = waiting;
  const where = ledger === undefined ? '' : NAME[ledger];
  if (who === 'ledger') return `The swap waits until ${where} makes its last fact final.`;
  const bound =
    untilSec !== undefined
      ? ` before ${rfc3339(untilSec)}; otherwise the locked legs go back`
      : fromSec !== undefined
        ? ` from ${rfc3339(fromSec)} on; a relayer may do it too`
        : '';
  return `The ${who} must ${VERB[action] ?? action} the ${where} leg${bound}.`;
}

function rfc3339(seconds: bigint): string {
  return new Date(Number(seconds) * 1000).toISOString().replace('.000Z', 'Z');
}
