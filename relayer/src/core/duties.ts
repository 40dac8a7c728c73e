import {
  claimWhileOpen,
  createReducer,
  expiresAtSec,
  refundFromSec,
  refundWhenDue,
  type Duty,
  type Reducer,
  type Session,
  type Verdict,
  type World,
} from '@midlock/client';
import type { LedgerName } from '@midlock/protocol';

/**
 * What a relayer does for others, holding no party's key: claims for beneficiaries once a secret is public, refunds to
 * owners once a deadline has passed. It lets the parties go first for `patienceSec`, so that few transactions are
 * redundant, but never when a deadline is near.
 */
export function relayerDuties(patienceSec: bigint): readonly Duty[] {
  return (['fabric', 'ethereum'] as const).flatMap((ledger): Duty[] => [
    {
      name: `claim-${ledger}`,
      action: 'claim',
      ledger: () => ledger,
      verdict: (session, world) => claim(session, world, ledger, patienceSec),
    },
    {
      name: `refund-${ledger}`,
      action: 'refund',
      ledger: () => ledger,
      verdict: (session, world) => refund(session, world, ledger, patienceSec),
    },
  ]);
}

/** The relayer's reducer. */
export function createRelayerReducer(patienceSec: bigint): Reducer {
  const duties = relayerDuties(patienceSec);
  return createReducer(() => duties);
}

function claim(session: Session, world: World, ledger: LedgerName, patienceSec: bigint): Verdict {
  const { secretSeenAtSec } = session;
  if (secretSeenAtSec === undefined) return { kind: 'wait', why: 'the secret' };
  const verdict = claimWhileOpen(session, world, ledger);
  if (verdict.kind !== 'now') return verdict;
  const fromSec = secretSeenAtSec + patienceSec;
  const near = world.nowSec + 4n * patienceSec >= expiresAtSec(session.terms, ledger);
  return near || world.nowSec >= fromSec
    ? verdict
    : { kind: 'wait', why: 'the beneficiary goes first', fromSec };
}

function refund(session: Session, world: World, ledger: LedgerName, patienceSec: bigint): Verdict {
  const verdict = refundWhenDue(session, world, ledger);
  const fromSec = refundFromSec(session, ledger) + patienceSec;
  return verdict.kind === 'now' && world.nowSec < fromSec
    ? { kind: 'wait', why: 'the owner goes first', fromSec }
    : verdict;
}
