import { lockGuardSec, revealGuardSec, type LedgerName } from '@midlock/protocol';
import { finalOutcome, visibleOutcome } from './leg.ts';
import {
  expiresAtSec,
  longLedger,
  planOf,
  refundFromSec,
  secretIsOut,
  shortLedger,
  type Action,
  type Role,
  type Session,
} from './session.ts';
import { latestSec, type World } from './world.ts';

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
  readonly verdict: (session: Session, world: World) => Verdict;
}

const NOT_OURS = never('nothing of ours');

function wait(why: string, fromSec?: bigint): Verdict {
  return { kind: 'wait', why, ...(fromSec === undefined ? {} : { fromSec }) };
}

function never(why: string): Verdict {
  return { kind: 'never', why };
}

/** The initiator locks the long leg while everything that must follow still has its time. */
function lockLong(session: Session, world: World): Verdict {
  const long = longLedger(session.terms);
  if (session.abandoned) return never('abandoned');
  if (visibleOutcome(session.legs[long]) !== 'none' || session.legs[long].end !== undefined)
    return never('long leg was locked');
  const { lockLongBySec } = planOf(session);
  if (latestSec(world, long) > lockLongBySec) return never('too late to lock the long leg');
  if (!session.accepted) return wait('acceptance by both parties');
  if (world.halted.length > 0) return wait('a ledger that can be relied on');
  return { kind: 'now', urgentBySec: lockLongBySec };
}

/** The responder locks the short leg once the long lock is final, and only while its guard holds (S4). */
function lockShort(session: Session, world: World): Verdict {
  const { terms, profile, legs } = session;
  const [long, short] = [longLedger(terms), shortLedger(terms)];
  if (session.abandoned) return never('abandoned');
  if (legs[short].lock !== undefined || legs[short].end !== undefined)
    return never('short leg was locked');
  if (legs[long].end !== undefined) return never('long leg has ended');
  const left = expiresAtSec(terms, short) - latestSec(world, short);
  if (left <= lockGuardSec(terms.direction, profile))
    return never('too late to lock the short leg');
  if (!session.accepted) return wait('acceptance by both parties');
  if (world.halted.length > 0) return wait('a ledger that can be relied on');
  if (finalOutcome(legs[long]) !== 'locked') return wait('a final lock of the long leg');
  return { kind: 'now', urgentBySec: planOf(session).lockShortBySec };
}

/** The initiator claims the short leg; its first claim is the reveal and obeys the reveal guard (S4). */
function claimShort(session: Session, world: World): Verdict {
  const { terms, profile, legs } = session;
  const [long, short] = [longLedger(terms), shortLedger(terms)];
  const deadline = expiresAtSec(terms, short);
  if (legs[short].end !== undefined) return never('short leg has ended');
  if (secretIsOut(session)) return claimWhileOpen(session, world, short);
  if (session.abandoned) return never('abandoned');
  if (legs[long].end !== undefined) return never('long leg has ended');
  if (deadline - latestSec(world, short) <= revealGuardSec(terms.direction, profile))
    return never('too late to reveal');
  if (world.halted.length > 0) return wait('a ledger that can be relied on');
  if (finalOutcome(legs[long]) !== 'locked') return wait('a final lock of the long leg');
  if (finalOutcome(legs[short]) !== 'locked') return wait('a final lock of the short leg');
  return { kind: 'now', urgentBySec: deadline };
}

/** Once the secret is out a claim needs no finality: only a lock to claim and a ledger that still takes it. */
export function claimWhileOpen(session: Session, world: World, ledger: LedgerName): Verdict {
  const leg = session.legs[ledger];
  const deadline = expiresAtSec(session.terms, ledger);
  if (leg.end !== undefined) return never('leg has ended');
  // Judged by the ledger's own time alone: trying late costs a fee, not trying in time costs the asset.
  if (world.headSec[ledger] >= deadline) return never('deadline has passed');
  if (leg.lock === undefined) return wait('the lock');
  return { kind: 'now', urgentBySec: deadline };
}

function claimLong(session: Session, world: World): Verdict {
  const long = longLedger(session.terms);
  if (session.legs[long].end !== undefined) return never('long leg has ended');
  if (session.secretSeenAtSec === undefined) return wait('the secret');
  return claimWhileOpen(session, world, long);
}

/** A locked leg goes back to its owner from its deadline on; it counts as open until that is final. */
export function refundWhenDue(session: Session, world: World, ledger: LedgerName): Verdict {
  const leg = session.legs[ledger];
  if (leg.lock === undefined || leg.end !== undefined) return NOT_OURS;
  const fromSec = refundFromSec(session, ledger);
  // Ethereum has one clock, its blocks'; on Fabric the client stamps and the endorsers judge.
  const ledgerSec = ledger === 'ethereum' ? world.headSec.ethereum : world.nowSec;
  if (ledgerSec < fromSec) return wait('the deadline', fromSec);
  return { kind: 'now', urgentBySec: fromSec + refundPatienceSec(session) };
}

/** The owner of a Fabric leg that wants out makes its lock impossible for ever. */
function declineFabric(session: Session): Verdict {
  if (!session.abandoned) return NOT_OURS;
  const { lock, end } = session.legs.fabric;
  if (lock !== undefined || end !== undefined) return never('Fabric leg was locked');
  return { kind: 'now', urgentBySec: expiresAtSec(session.terms, 'fabric') };
}

/** The counterparty's leg goes back early, once our own leg's return is final and the secret is nowhere. */
function releaseOther(session: Session, world: World, own: LedgerName): Verdict {
  const other = otherLedger(own);
  const { lock, end } = session.legs[other];
  if (lock?.final !== true || end !== undefined || secretIsOut(session)) return NOT_OURS;
  const { end: ownEnd } = session.legs[own];
  if (ownEnd?.final !== true || ownEnd.how === 'claimed') return wait("our own leg's final return");
  const fromSec = refundFromSec(session, other);
  if (latestSec(world, other) >= fromSec) return never('it can be refunded by itself');
  return { kind: 'now', urgentBySec: fromSec };
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

const fabric = (): LedgerName => 'fabric';

function otherLedger(ledger: LedgerName): LedgerName {
  return ledger === 'fabric' ? 'ethereum' : 'fabric';
}

function refundOwn(role: 'initiator' | 'responder'): Duty {
  const ledger = ownLedger[role];
  return {
    name: `refund-${role === 'initiator' ? 'long' : 'short'}`,
    action: 'refund',
    ledger,
    verdict: (session, world) => refundWhenDue(session, world, ledger(session)),
  };
}

function decline(role: 'initiator' | 'responder'): Duty {
  return {
    name: 'decline',
    action: 'decline',
    ledger: fabric,
    verdict: (session) =>
      ownLedger[role](session) === 'fabric' ? declineFabric(session) : NOT_OURS,
  };
}

/** The beneficiary gives the counterparty's leg back before its deadline. */
function release(role: 'initiator' | 'responder'): Duty {
  const own = ownLedger[role];
  return {
    name: 'release',
    action: 'release',
    ledger: (session) => otherLedger(own(session)),
    verdict: (session, world) => releaseOther(session, world, own(session)),
  };
}

/** What each party may have to do, in order of importance. */
export const PARTY_DUTIES = {
  initiator: [
    {
      name: 'claim-short',
      action: 'claim',
      ledger: (session) => shortLedger(session.terms),
      verdict: claimShort,
    },
    refundOwn('initiator'),
    {
      name: 'lock-long',
      action: 'lock',
      ledger: (session) => longLedger(session.terms),
      verdict: lockLong,
    },
    release('initiator'),
    decline('initiator'),
  ],
  responder: [
    {
      name: 'claim-long',
      action: 'claim',
      ledger: (session) => longLedger(session.terms),
      verdict: claimLong,
    },
    refundOwn('responder'),
    {
      name: 'lock-short',
      action: 'lock',
      ledger: (session) => shortLedger(session.terms),
      verdict: lockShort,
    },
    release('responder'),
    decline('responder'),
  ],
} as const satisfies Record<Exclude<Role, 'relayer'>, readonly Duty[]>;
