import type { LedgerName } from '@midlock/protocol';
import type { DutyGuardId } from './duty-guards.ts';
import { CORE_GUARDS, type CoreGuards } from './guards.ts';
import {
  expiresAtSec,
  longLedger,
  otherLedger,
  planOf,
  refundFromSec,
  secretIsOut,
  shortLedger,
  type Action,
  type Role,
  type Session,
} from './session.ts';
import type { World } from './world.ts';

/** Whether something is to be done now, later or never; `why` names what is missing. */
export type Verdict =
  | { readonly kind: 'now'; readonly urgentBySec: bigint }
  | { readonly kind: 'wait'; readonly why: string; readonly fromSec?: bigint }
  | { readonly kind: 'never'; readonly why: string };

/** One thing that a role may have to do: on which ledger, and by which rule. */
export interface Duty {
  readonly name: string;
  readonly action: Action;
  readonly ledger: (session: Session) => LedgerName;
  /** Only tests give other guards than the core's own. */
  readonly verdict: (session: Session, world: World, guards?: CoreGuards) => Verdict;
}

/** A guard and what is said when it fails. */
type Question = readonly [DutyGuardId, Verdict];

const NOT_OURS = never('nothing of ours');
const RELIABLE = wait('a ledger that can be relied on');

function wait(why: string, fromSec?: bigint): Verdict {
  return { kind: 'wait', why, ...(fromSec === undefined ? {} : { fromSec }) };
}

function never(why: string): Verdict {
  return { kind: 'never', why };
}

/** The first guard that fails says why; when all hold, it is to be done now. */
function judge(
  questions: readonly Question[],
  [session, world, ledger, guards]: readonly [Session, World, LedgerName, CoreGuards],
  urgentBySec: bigint,
): Verdict {
  const failed = questions.find(([guard]) => !guards[guard](session, world, ledger));
  return failed?.[1] ?? { kind: 'now', urgentBySec };
}

/** The initiator locks the long leg while everything that must follow still has its time. */
const LOCK_LONG: readonly Question[] = [
  ['lock-long.not-abandoned', never('abandoned')],
  ['lock-long.unlocked', never('long leg was locked')],
  ['lock-long.in-time', never('too late to lock the long leg')],
  ['lock-long.accepted', wait('acceptance by both parties')],
  ['lock-long.ledgers-reliable', RELIABLE],
];

/** The responder locks the short leg once the long lock is final, and only while its guard holds (S4). */
const LOCK_SHORT: readonly Question[] = [
  ['lock-short.not-abandoned', never('abandoned')],
  ['lock-short.unlocked', never('short leg was locked')],
  ['lock-short.long-open', never('long leg has ended')],
  ['lock-short.in-time', never('too late to lock the short leg')],
  ['lock-short.accepted', wait('acceptance by both parties')],
  ['lock-short.ledgers-reliable', RELIABLE],
  ['lock-short.long-final', wait('a final lock of the long leg')],
];

/** The initiator's first claim is the reveal and obeys the reveal guard (S4). */
const REVEAL: readonly Question[] = [
  ['reveal.short-open', never('short leg has ended')],
  ['reveal.not-abandoned', never('abandoned')],
  ['reveal.long-open', never('long leg has ended')],
  ['reveal.in-time', never('too late to reveal')],
  ['reveal.ledgers-reliable', RELIABLE],
  ['reveal.long-final', wait('a final lock of the long leg')],
  ['reveal.short-final', wait('a final lock of the short leg')],
];

/** Once the secret is out a claim needs no finality: only a lock to claim and a ledger that still takes it. */
const CLAIM: readonly Question[] = [
  ['claim.open', never('leg has ended')],
  ['claim.in-time', never('deadline has passed')],
  ['claim.locked', wait('the lock')],
];

/** The owner of a Fabric leg that wants out makes its lock impossible for ever. */
const DECLINE: readonly Question[] = [
  ['decline.abandoned', NOT_OURS],
  ['decline.unlocked', never('Fabric leg was locked')],
];

/** The counterparty's leg goes back early, once our own leg's return is final and the secret is nowhere. */
const RELEASE: readonly Question[] = [
  ['release.locked', NOT_OURS],
  ['release.open', NOT_OURS],
  ['release.secret-unknown', NOT_OURS],
  ['release.own-leg-ended', wait("our own leg's final return")],
  ['release.own-leg-returned', wait("our own leg's final return")],
  ['release.before-refund', never('it can be refunded by itself')],
];

/** Claims a leg for whoever it pays, once the secret is out. */
export function claimWhileOpen(
  session: Session,
  world: World,
  ledger: LedgerName,
  guards: CoreGuards = CORE_GUARDS,
): Verdict {
  return judge(CLAIM, [session, world, ledger, guards], expiresAtSec(session.terms, ledger));
}

/** A locked leg goes back to its owner from its deadline on; it counts as open until that is final. */
export function refundWhenDue(
  session: Session,
  world: World,
  ledger: LedgerName,
  guards: CoreGuards = CORE_GUARDS,
): Verdict {
  const fromSec = refundFromSec(session, ledger);
  const questions: readonly Question[] = [
    ['refund.locked', NOT_OURS],
    ['refund.open', NOT_OURS],
    ['refund.due', wait('the deadline', fromSec)],
  ];
  const bySec = fromSec + refundPatienceSec(session);
  return judge(questions, [session, world, ledger, guards], bySec);
}

function refundPatienceSec({ profile }: Session): bigint {
  return (
    10n * (profile.party.observeSec + profile.fabric.commitSec + profile.ethereum.inclusionSec)
  );
}

const ownLedger = {
  initiator: (session: Session) => longLedger(session.terms),
  responder: (session: Session) => shortLedger(session.terms),
} as const;

function lock(
  name: string,
  questions: readonly Question[],
  ledger: Duty['ledger'],
  bySec: (session: Session) => bigint,
): Duty {
  return {
    name,
    action: 'lock',
    ledger,
    verdict: (session, world, guards = CORE_GUARDS) =>
      judge(questions, [session, world, ledger(session), guards], bySec(session)),
  };
}

const CLAIM_SHORT: Duty = {
  name: 'claim-short',
  action: 'claim',
  ledger: (session) => shortLedger(session.terms),
  verdict: (session, world, guards = CORE_GUARDS) => {
    const short = shortLedger(session.terms);
    return secretIsOut(session)
      ? claimWhileOpen(session, world, short, guards)
      : judge(REVEAL, [session, world, short, guards], expiresAtSec(session.terms, short));
  },
};

const CLAIM_LONG: Duty = {
  name: 'claim-long',
  action: 'claim',
  ledger: (session) => longLedger(session.terms),
  verdict: (session, world, guards = CORE_GUARDS) => {
    const long = longLedger(session.terms);
    const questions: readonly Question[] = [['claim.secret-known', wait('the secret')], ...CLAIM];
    return judge(questions, [session, world, long, guards], expiresAtSec(session.terms, long));
  },
};

function refundOwn(role: 'initiator' | 'responder'): Duty {
  const ledger = ownLedger[role];
  return {
    name: `refund-${role === 'initiator' ? 'long' : 'short'}`,
    action: 'refund',
    ledger,
    verdict: (session, world, guards) => refundWhenDue(session, world, ledger(session), guards),
  };
}

function decline(role: 'initiator' | 'responder'): Duty {
  return {
    name: 'decline',
    action: 'decline',
    ledger: () => 'fabric',
    verdict: (session, world, guards = CORE_GUARDS) =>
      ownLedger[role](session) === 'fabric'
        ? judge(DECLINE, [session, world, 'fabric', guards], expiresAtSec(session.terms, 'fabric'))
        : NOT_OURS,
  };
}

/** The beneficiary gives the counterparty's leg back before its deadline. */
function release(role: 'initiator' | 'responder'): Duty {
  const ledger = (session: Session): LedgerName => otherLedger(ownLedger[role](session));
  return {
    name: 'release',
    action: 'release',
    ledger,
    verdict: (session, world, guards = CORE_GUARDS) =>
      judge(
        RELEASE,
        [session, world, ledger(session), guards],
        refundFromSec(session, ledger(session)),
      ),
  };
}

/** What each party may have to do, in order of importance. */
export const PARTY_DUTIES = {
  initiator: [
    CLAIM_SHORT,
    refundOwn('initiator'),
    lock('lock-long', LOCK_LONG, ownLedger.initiator, (session) => planOf(session).lockLongBySec),
    release('initiator'),
    decline('initiator'),
  ],
  responder: [
    CLAIM_LONG,
    refundOwn('responder'),
    lock(
      'lock-short',
      LOCK_SHORT,
      ownLedger.responder,
      (session) => planOf(session).lockShortBySec,
    ),
    release('responder'),
    decline('responder'),
  ],
} as const satisfies Record<Exclude<Role, 'relayer'>, readonly Duty[]>;
