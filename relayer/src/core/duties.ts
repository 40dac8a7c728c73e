import {
  claimWhileOpen,
  createReducer,
  refundFromSec,
  refundWhenDue,
  type Duty,
  type Reducer,
  type Session,
  type Verdict,
  type World,
} from '@midlock/client';
import type { LedgerName } from '@midlock/protocol';
import { RELAYER_GUARDS } from './guards.ts';

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
  if (!RELAYER_GUARDS['claim.secret-known'](session)) return { kind: 'wait', why: 'the secret' };
  const verdict = claimWhileOpen(session, world, ledger);
  if (verdict.kind !== 'now') return verdict;
  return RELAYER_GUARDS['claim.beneficiary-first'](session, world, ledger, patienceSec)
    ? verdict
    : {
        kind: 'wait',
        why: 'the beneficiary goes first',
        fromSec: (secretSeenAtSec ?? 0n) + patienceSec,
      };
}

function refund(session: Session, world: World, ledger: LedgerName, patienceSec: bigint): Verdict {
  const verdict = refundWhenDue(session, world, ledger);
  if (verdict.kind !== 'now') return verdict;
  return RELAYER_GUARDS['refund.owner-first'](session, world, ledger, patienceSec)
    ? verdict
    : {
        kind: 'wait',
        why: 'the owner goes first',
        fromSec: refundFromSec(session, ledger) + patienceSec,
      };
}
