import { lockGuardSec, revealGuardSec, type LedgerName } from '@midlock/protocol';
import { finalOutcome, visibleOutcome } from './leg.ts';
import {
  expiresAtSec,
  longLedger,
  otherLedger,
  planOf,
  refundFromSec,
  secretIsOut,
  shortLedger,
  type Session,
} from './session.ts';
import { latestSec, type World } from './world.ts';

/** Whether one condition of a duty on `ledger` holds. */
export type DutyGuard = (session: Session, world: World, ledger: LedgerName) => boolean;

const notAbandoned: DutyGuard = ({ abandoned }) => !abandoned;
const accepted: DutyGuard = ({ accepted: signed }) => signed;
const reliable: DutyGuard = (_session, { halted }) => halted.length === 0;
const longOpen: DutyGuard = ({ legs, terms }) => legs[longLedger(terms)].end === undefined;
const longFinal: DutyGuard = ({ legs, terms }) =>
  finalOutcome(legs[longLedger(terms)]) === 'locked';
const open: DutyGuard = ({ legs }, _world, ledger) => legs[ledger].end === undefined;
const unlocked: DutyGuard = ({ legs }, _world, ledger) =>
  legs[ledger].lock === undefined && legs[ledger].end === undefined;

/** Every condition under which a party acts. Each is removed in turn by the removed-checks run. */
export const DUTY_GUARDS = {
  'lock-long.not-abandoned': notAbandoned,
  'lock-long.unlocked': ({ legs }, _world, ledger) =>
    visibleOutcome(legs[ledger]) === 'none' && legs[ledger].end === undefined,
  'lock-long.in-time': (session, world, ledger) =>
    latestSec(world, ledger) <= planOf(session).lockLongBySec,
  'lock-long.accepted': accepted,
  'lock-long.ledgers-reliable': reliable,

  'lock-short.not-abandoned': notAbandoned,
  'lock-short.unlocked': unlocked,
  'lock-short.long-open': longOpen,
  'lock-short.in-time': ({ terms, profile }, world, ledger) =>
    expiresAtSec(terms, ledger) - latestSec(world, ledger) > lockGuardSec(terms.direction, profile),
  'lock-short.accepted': accepted,
  'lock-short.ledgers-reliable': reliable,
  'lock-short.long-final': longFinal,

  'reveal.short-open': open,
  'reveal.not-abandoned': notAbandoned,
  'reveal.long-open': longOpen,
  'reveal.in-time': ({ terms, profile }, world, ledger) =>
    expiresAtSec(terms, ledger) - latestSec(world, ledger) >
    revealGuardSec(terms.direction, profile),
  'reveal.ledgers-reliable': reliable,
  'reveal.long-final': longFinal,
  'reveal.short-final': ({ legs, terms }) => finalOutcome(legs[shortLedger(terms)]) === 'locked',

  'claim.secret-known': ({ secretSeenAtSec }) => secretSeenAtSec !== undefined,
  'claim.open': open,
  // Judged by the ledger's own time alone: trying late costs a fee, not trying in time costs the asset.
  'claim.in-time': ({ terms }, world, ledger) =>
    world.headSec[ledger] < expiresAtSec(terms, ledger),
  'claim.locked': ({ legs }, _world, ledger) => legs[ledger].lock !== undefined,

  'refund.locked': ({ legs }, _world, ledger) => legs[ledger].lock !== undefined,
  'refund.open': open,
  // Ethereum has one clock, its blocks'; on Fabric the client stamps and the endorsers judge.
  'refund.due': (session, world, ledger) =>
    (ledger === 'ethereum' ? world.headSec.ethereum : world.nowSec) >=
    refundFromSec(session, ledger),

  'decline.abandoned': ({ abandoned }) => abandoned,
  'decline.unlocked': unlocked,

  'release.locked': ({ legs }, _world, ledger) => legs[ledger].lock?.final === true,
  'release.open': open,
  'release.secret-unknown': (session) => !secretIsOut(session),
  'release.own-leg-ended': ({ legs }, _world, ledger) =>
    legs[otherLedger(ledger)].end?.final === true,
  'release.own-leg-returned': ({ legs }, _world, ledger) =>
    legs[otherLedger(ledger)].end?.how !== 'claimed',
  'release.before-refund': (session, world, ledger) =>
    latestSec(world, ledger) < refundFromSec(session, ledger),
} as const satisfies Record<string, DutyGuard>;

export type DutyGuardId = keyof typeof DUTY_GUARDS;
