import { parseHex32, secretDomain, type Direction, type LedgerName } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { ALICE, createRig } from '../testing/rig.ts';
import { isDone } from './done.ts';
import { PARTY_DUTIES, type Duty } from './duties.ts';
import { DUTY_GUARDS, type DutyGuardId } from './duty-guards.ts';
import type { SessionEvent } from './events.ts';
import { CORE_GUARDS } from './guards.ts';
import type { LegRecord, Mark } from './leg.ts';
import { stepParty } from './party.ts';
import { openSession, planOf, refundFromSec, type Operation, type Session } from './session.ts';
import type { World } from './world.ts';

const rig = createRig();
const { profile } = rig;
const START_SEC = rig.clock.nowMs() / 1000n;

const mark = (final: boolean, height = 1n): Mark => ({
  at: { height, blockHash: `b${String(height)}`, txId: `t${String(height)}`, timeSec: 0n },
  final,
});
const locked: LegRecord = { lock: mark(true) };
const seen: LegRecord = { lock: mark(false) };
const ending: LegRecord = { lock: mark(true), end: { ...mark(false, 2n), how: 'expiry' } };
const returned: LegRecord = { lock: mark(true), end: { ...mark(true, 2n), how: 'expiry' } };
const paid: LegRecord = { lock: mark(true), end: { ...mark(true, 2n), how: 'claimed' } };

function worldAt(nowSec: bigint, halted: readonly LedgerName[] = []): World {
  return { nowSec, headSec: { fabric: nowSec, ethereum: nowSec }, halted };
}

function open(role: 'initiator' | 'responder', direction: Direction = 'fabric-first'): Session {
  return openSession({
    terms: rig.terms(direction, 3),
    role,
    profile,
    nowSec: START_SEC,
    accepted: true,
  });
}

const withLegs = (session: Session, legs: Partial<Session['legs']>): Session => ({
  ...session,
  legs: { ...session.legs, ...legs },
});

type Situation = readonly [Session, World];

/** For each duty a situation in which everything holds. Fabric is the long leg. */
const early = worldAt(START_SEC);
const fresh = open('initiator');
const asked = withLegs(open('responder'), { fabric: locked });
const ready = withLegs(fresh, { fabric: locked, ethereum: locked });
const known: Session = { ...asked, secretSeenAtSec: START_SEC };
const due = worldAt(refundFromSec(asked, 'fabric'));
const waiting = withLegs(fresh, { fabric: locked });
const leaving: Session = { ...fresh, abandoned: true };
const giving = withLegs(open('responder'), { fabric: locked, ethereum: returned });
const GOOD: Record<string, readonly [name: string, ...Situation]> = {
  'lock-long': ['lock-long', fresh, early],
  'lock-short': ['lock-short', asked, early],
  reveal: ['claim-short', ready, early],
  claim: ['claim-long', known, early],
  refund: ['refund-long', waiting, due],
  decline: ['decline', leaving, early],
  release: ['release', giving, early],
};

const halted = worldAt(START_SEC, ['ethereum']);
const { lockLongBySec, lockShortBySec, revealBySec } = planOf(fresh);

/** For each guard the situation that it alone refuses. */
const BROKEN: Record<DutyGuardId, Situation> = {
  'lock-long.not-abandoned': [{ ...fresh, abandoned: true }, early],
  'lock-long.unlocked': [withLegs(fresh, { fabric: seen }), early],
  'lock-long.in-time': [fresh, worldAt(lockLongBySec + 1n)],
  'lock-long.accepted': [{ ...fresh, accepted: false }, early],
  'lock-long.ledgers-reliable': [fresh, halted],

  'lock-short.not-abandoned': [{ ...asked, abandoned: true }, early],
  'lock-short.unlocked': [withLegs(asked, { ethereum: seen }), early],
  'lock-short.long-open': [withLegs(asked, { fabric: ending }), early],
  'lock-short.in-time': [asked, worldAt(lockShortBySec)],
  'lock-short.accepted': [{ ...asked, accepted: false }, early],
  'lock-short.ledgers-reliable': [asked, halted],
  'lock-short.long-final': [withLegs(asked, { fabric: seen }), early],

  'reveal.short-open': [withLegs(ready, { ethereum: ending }), early],
  'reveal.not-abandoned': [{ ...ready, abandoned: true }, early],
  'reveal.long-open': [withLegs(ready, { fabric: ending }), early],
  'reveal.in-time': [ready, worldAt(revealBySec)],
  'reveal.ledgers-reliable': [ready, halted],
  'reveal.long-final': [withLegs(ready, { fabric: seen }), early],
  'reveal.short-final': [withLegs(ready, { ethereum: seen }), early],

  'claim.secret-known': [asked, early],
  'claim.open': [withLegs(known, { fabric: ending }), early],
  'claim.in-time': [known, worldAt(known.terms.fabric.expiresAtSec)],
  'claim.locked': [withLegs(known, { fabric: {} }), early],

  'refund.locked': [withLegs(waiting, { fabric: {} }), due],
  'refund.open': [withLegs(waiting, { fabric: ending }), due],
  'refund.due': [waiting, worldAt(due.nowSec - 1n)],

  'decline.abandoned': [fresh, early],
  'decline.unlocked': [withLegs(leaving, { fabric: seen }), early],

  'release.locked': [withLegs(giving, { fabric: seen }), early],
  'release.open': [withLegs(giving, { fabric: ending }), early],
  'release.secret-unknown': [{ ...giving, secretSeenAtSec: START_SEC }, early],
  'release.own-leg-ended': [withLegs(giving, { ethereum: ending }), early],
  'release.own-leg-returned': [withLegs(giving, { ethereum: paid }), early],
  'release.before-refund': [giving, due],
};

function dutyOf(name: string, { role }: Session): Duty {
  const found = PARTY_DUTIES[role as 'initiator'].find((duty) => duty.name === name);
  if (found === undefined) throw new Error(`no duty ${name}`);
  return found;
}

describe('every guard of a duty', () => {
  it.each(Object.entries(GOOD))('%s: is due when all hold', (_duty, [name, session, world]) => {
    expect(dutyOf(name, session).verdict(session, world).kind).toBe('now');
  });

  it.each(Object.keys(DUTY_GUARDS) as DutyGuardId[])('%s alone refuses', (id) => {
    const [session, world] = BROKEN[id];
    const name = GOOD[id.split('.')[0] ?? '']?.[0] ?? '';
    const duty = dutyOf(name, session);
    expect(duty.verdict(session, world).kind).not.toBe('now');
    expect(duty.verdict(session, world, { ...CORE_GUARDS, [id]: () => true }).kind).toBe('now');
  });
});

const operation = (changes: Partial<Operation> = {}): Operation => ({
  ledger: 'fabric',
  action: 'lock',
  attempt: 1,
  phase: 'open',
  handedOver: false,
  ...changes,
});

function withOperations(session: Session, ...operations: readonly Operation[]): Session {
  const entries = operations.map((one) => [`${one.ledger}/${one.action}`, one]);
  return { ...session, operations: Object.fromEntries(entries) as Session['operations'] };
}

function after(session: Session, event: SessionEvent): Session {
  const result = stepParty(session, event);
  if (!result.ok) throw new Error(result.code);
  return result.session;
}

const keyOf = ({ swapId }: Session, { ledger, action, attempt }: Operation): string =>
  `${swapId}/${ledger}/${action}/${String(attempt)}`;

describe('every guard of the machinery', () => {
  const at = { height: 5n, blockHash: 'b5', txId: 't5', timeSec: 0n };
  const tick: SessionEvent = { kind: 'tick', world: early };

  it('abandon.before-reveal: who has revealed cannot want out', () => {
    const event = { kind: 'command', command: 'abandon', world: early } as const;
    expect(stepParty({ ...ready, revealed: true }, event).ok).toBe(false);
    expect(stepParty(ready, event).ok).toBe(true);
  });

  it('attempt.none-open: what is open, failed or done is not begun again', () => {
    for (const phase of ['open', 'failed'] as const) {
      const session = withOperations(fresh, operation({ phase }));
      expect(after(session, tick).operations['fabric/lock']?.attempt).toBe(1);
    }
  });

  it('attempt.due: an attempt waits for its time', () => {
    const later = operation({ phase: 'waiting', retryAtSec: START_SEC + 1n });
    const now = operation({ phase: 'waiting', retryAtSec: START_SEC });
    expect(after(withOperations(fresh, later), tick).operations['fabric/lock']?.attempt).toBe(1);
    expect(after(withOperations(fresh, now), tick).operations['fabric/lock']?.attempt).toBe(2);
    // Further away than any pause: the clock was set back since.
    const [longest, never] = [32n, 33n].map((pauseSec) =>
      operation({ phase: 'waiting', retryAtSec: START_SEC + pauseSec }),
    ) as [Operation, Operation];
    expect(after(withOperations(fresh, longest), tick).operations['fabric/lock']?.attempt).toBe(1);
    expect(after(withOperations(fresh, never), tick).operations['fabric/lock']?.attempt).toBe(2);
  });

  it('attempt.not-a-lock: a lock that failed is not repeated unasked', () => {
    const session = withOperations(fresh, operation());
    const event: SessionEvent = {
      kind: 'outcome',
      key: keyOf(session, operation()),
      outcome: { kind: 'invalid', at, code: '10', final: true },
      world: early,
    };
    expect(after(session, event).operations['fabric/lock']?.phase).toBe('failed');
  });

  it('answer.is-final: work goes on until its answer is final', () => {
    const claim = operation({ ledger: 'ethereum', action: 'claim', handedOver: true });
    const unsettled = withOperations(
      withLegs(
        { ...ready, revealed: true },
        { ethereum: { lock: mark(true), end: { ...mark(false, 2n), how: 'claimed' } } },
      ),
      claim,
    );
    expect(after(unsettled, tick).operations['ethereum/claim']?.phase).toBe('open');
    const settled = withLegs(unsettled, { ethereum: paid });
    expect(after(settled, tick).operations['ethereum/claim']?.phase).toBe('done');
  });

  it('closed.still-answered: what a block of broken promise had answered is open again', () => {
    const claim = operation({ ledger: 'ethereum', action: 'claim', phase: 'done' });
    const claimed = withOperations(
      withLegs({ ...ready, revealed: true }, { ethereum: paid }),
      claim,
    );
    expect(after(claimed, tick).operations['ethereum/claim']).toMatchObject({
      phase: 'done',
      attempt: 1,
    });
    const gone = withLegs(claimed, { ethereum: locked });
    expect(after(gone, tick).operations['ethereum/claim']).toMatchObject({
      phase: 'open',
      attempt: 2,
    });
  });

  it('outcome.is-final: an invalid transaction counts when its block is final', () => {
    const session = withOperations(fresh, operation());
    const event = (final: boolean): SessionEvent => ({
      kind: 'outcome',
      key: keyOf(session, operation()),
      outcome: { kind: 'invalid', at, code: '10', final },
      world: early,
    });
    expect(after(session, event(false)).operations['fabric/lock']?.phase).toBe('open');
  });

  it('hand-over.verdict-holds: nothing leaves when its reason is gone', () => {
    const reveal = operation({ ledger: 'ethereum', action: 'claim' });
    const session = withOperations(ready, reveal);
    const late: SessionEvent = {
      kind: 'hand-over',
      key: keyOf(session, reveal),
      world: worldAt(revealBySec),
    };
    expect(after(session, late).revealed).toBe(false);
    const unsure: SessionEvent = { kind: 'hand-over', key: keyOf(session, reveal), world: halted };
    expect(after(session, unsure).operations['ethereum/claim']?.handedOver).toBe(false);
  });

  it('done.*: over when the state is terminal, both ledgers are reliable and both legs have ended', () => {
    const over = withLegs(fresh, { fabric: paid, ethereum: paid });
    expect(isDone(over, early)).toBe(true);
    expect(isDone(over, halted)).toBe(false);
    // Refunded before the short leg was locked: terminal, and yet its lock may still come.
    const half = withLegs(fresh, { fabric: returned });
    expect(isDone(half, early)).toBe(false);
    const past = worldAt(fresh.terms.ethereum.expiresAtSec + profile.ethereum.reorgSpanSec);
    expect(isDone(half, past)).toBe(true);
    // Nothing was locked, and yet the start has not expired.
    const far = worldAt(fresh.terms.fabric.expiresAtSec + 1_000n);
    expect(isDone(fresh, far)).toBe(false);
  });
});

describe('every guard of what is believed', () => {
  const { terms, swapId } = fresh;
  const secret = ALICE.seed.secret(secretDomain(terms), terms.nonce);
  const other = parseHex32(`0x${'5'.repeat(64)}`, 'other');
  const at = { height: 9n, blockHash: 'b9', txId: 't9', timeSec: 0n };

  function tell(session: Session, facts: readonly object[]): Session {
    return after(session, {
      kind: 'ledger',
      world: early,
      update: {
        kind: 'block',
        block: { ledger: 'fabric', height: 9n, hash: 'b9', parentHash: '', timeSec: 0n, facts },
      },
    } as SessionEvent);
  }

  it('fact.own-swap: what happens to another swap is nothing to this one', () => {
    const fact = { kind: 'locked', ledger: 'fabric', swapId: other, terms, at };
    expect(tell(fresh, [fact]).legs.fabric.lock).toBeUndefined();
    expect(tell(fresh, [{ ...fact, swapId }]).legs.fabric.lock).toBeDefined();
  });

  it('fact.fabric.terms: a lock under other terms is none', () => {
    const forged = { ...terms, fabric: { ...terms.fabric, amount: 1n } };
    const fact = { kind: 'locked', ledger: 'fabric', swapId, terms: forged, at };
    const told = tell(fresh, [fact]);
    expect(told.legs.fabric.lock).toBeUndefined();
    expect(told.alarms.map(({ code }) => code)).toEqual(['TERMS_MISMATCH']);
  });

  it('secret.*: only the secret of the own lock is taken', () => {
    const show = (hashLock: string, bytes: Uint8Array): Session =>
      after(asked, {
        kind: 'ledger',
        world: early,
        update: { kind: 'secret', ledger: 'ethereum', hashLock, secret: bytes },
      } as SessionEvent);
    expect(show(other, secret).secretSeenAtSec).toBeUndefined();
    expect(show(terms.hashLock, new Uint8Array(32)).secretSeenAtSec).toBeUndefined();
    expect(show(terms.hashLock, secret).secretSeenAtSec).toBe(START_SEC);
  });

  it('leg.*: a rollback takes what is above it and not final; finality ends at its height', () => {
    const both = withLegs(asked, {
      ethereum: { lock: mark(false, 4n), end: { ...mark(false, 6n), how: 'claimed' } },
    });
    const update = (kind: 'rollback' | 'finalized', height: bigint): SessionEvent => ({
      kind: 'ledger',
      world: early,
      update: { kind, ledger: 'ethereum', height, hash: '', timeSec: 0n },
    });
    const back = after(both, update('rollback', 5n)).legs.ethereum;
    expect([back.lock?.at.height, back.end]).toEqual([4n, undefined]);
    const final = after(both, update('finalized', 5n)).legs.ethereum;
    expect([final.lock?.final, final.end?.final]).toEqual([true, false]);
    const kept = after(withLegs(asked, { ethereum: paid }), update('rollback', 0n)).legs.ethereum;
    expect(kept).toEqual(paid);
  });
});
