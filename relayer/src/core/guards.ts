import { expiresAtSec, refundFromSec, type Session, type World } from '@midlock/client';
import type { LedgerName } from '@midlock/protocol';

type RelayerGuard = (
  session: Session,
  world: World,
  ledger: LedgerName,
  patienceSec: bigint,
) => boolean;

/** What a relayer asks beyond the core's guards, by id; each is removed in turn by `npm run removed-checks -- --package relayer`. */
export const RELAYER_GUARDS = {
  'claim.secret-known': ({ secretSeenAtSec }) => secretSeenAtSec !== undefined,
  /** The parties go first, but never when a deadline is near. */
  'claim.beneficiary-first': ({ secretSeenAtSec = 0n, terms }, { nowSec }, ledger, patienceSec) =>
    nowSec + 4n * patienceSec >= expiresAtSec(terms, ledger) ||
    nowSec >= secretSeenAtSec + patienceSec,
  'refund.owner-first': (session, { nowSec }, ledger, patienceSec) =>
    nowSec >= refundFromSec(session, ledger) + patienceSec,
} as const satisfies Record<string, RelayerGuard>;
