import {
  finalOutcome,
  refundFromSec,
  stateOf,
  visibleOutcome,
  type Explanation,
  type JournalRow,
  type Session,
  type StoredSession,
} from '@midlock/client';
import { termsToJson, type LedgerName } from '@midlock/protocol';
import type { z } from 'zod';
import type { eventSchema, explanationSchema, swapSchema, termsSchema } from './schemas.ts';

/** A swap as the API shows it. */
export function swapView({ session, open, seq }: StoredSession): z.input<typeof swapSchema> {
  return {
    swapId: session.swapId,
    seq,
    state: stateOf(session),
    open,
    direction: session.terms.direction,
    accepted: session.accepted,
    createdAtSec: String(session.createdAtSec),
    secretPublic: session.secretSeenAtSec !== undefined,
    legs: { fabric: legView(session, 'fabric'), ethereum: legView(session, 'ethereum') },
    alarms: session.alarms.map(({ code, detail, atSec }) => ({
      code,
      detail,
      atSec: String(atSec),
    })),
    terms: termsToJson(session.terms) as z.input<typeof termsSchema>,
  };
}

function legView(
  session: Session,
  ledger: LedgerName,
): z.input<typeof swapSchema>['legs']['fabric'] {
  const leg = session.legs[ledger];
  const { lock, end } = leg;
  const outcome = visibleOutcome(leg);
  return {
    outcome,
    final: outcome === finalOutcome(leg),
    ...(lock === undefined ? {} : { lockTxId: lock.at.txId }),
    ...(end === undefined ? {} : { endTxId: end.at.txId, how: end.how }),
    expiresAtSec: String(session.terms[ledger].expiresAtSec),
    refundFromSec: String(refundFromSec(session, ledger)),
  };
}

export function explanationView({
  untilSec,
  fromSec,
  ...rest
}: Explanation): z.input<typeof explanationSchema> {
  return {
    ...rest,
    ...(untilSec === undefined ? {} : { untilSec: String(untilSec) }),
    ...(fromSec === undefined ? {} : { fromSec: String(fromSec) }),
  };
}

export function eventView({
  seq,
  atMs,
  swapId,
  kind,
  data,
}: JournalRow): z.input<typeof eventSchema> {
  return { seq, at: new Date(Number(atMs)).toISOString(), swapId, kind, data };
}
