import {
  counterpartHash,
  hashLockOf,
  lockGuardSec,
  nextSwapState,
  parseHex32,
  revealGuardSec,
  secretDomain,
  swapIdOf,
  type Direction,
  type LedgerName,
  type LegFact,
  type SwapEvent,
  type SwapTerms,
} from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import { ALICE, createRig } from '../testing/rig.ts';
import type { SendEffect, SessionEvent } from './events.ts';
import { isDone } from './done.ts';
import { stepParty } from './party.ts';
import { openSession, stateOf, type Role, type Session } from './session.ts';
import type { World } from './world.ts';

const DIRECTIONS: readonly Direction[] = ['fabric-first', 'ethereum-first'];
const ROLES = ['initiator', 'responder'] as const;
const rig = createRig();
const profile = rig.profile;

function legsOf(terms: SwapTerms): { long: LedgerName; short: LedgerName } {
  return terms.direction === 'fabric-first'
    ? { long: 'fabric', short: 'ethereum' }
    : { long: 'ethereum', short: 'fabric' };
}

function worldAt(nowSec: bigint, halted: readonly LedgerName[] = []): World {
  return { nowSec, headSec: { fabric: nowSec, ethereum: nowSec }, halted };
}

function secretOf(terms: SwapTerms): Uint8Array {
  return ALICE.seed.secret(secretDomain(terms), terms.nonce);
}

let heights = 0n;

/** A fact of these terms, as a correct ledger reports it. */
function fact(
  terms: SwapTerms,
  ledger: LedgerName,
  kind: 'locked' | 'claimed' | 'refunded',
): LegFact {
  heights += 1n;
  const swapId = swapIdOf(terms);
  const at = {
    height: heights,
    blockHash: `b${String(heights)}`,
    txId: `t${String(heights)}`,
    timeSec: 0n,
  };
  if (kind === 'claimed') return { kind, ledger, swapId, secret: secretOf(terms), at };
  if (kind === 'refunded') return { kind, ledger, swapId, how: 'expiry', at };
  if (ledger === 'fabric') return { kind, ledger, swapId, terms, at };
  const { ethereum, hashLock } = terms;
  return {
    kind,
    ledger,
    swapId,
    at,
    lock: {
      lockId: parseHex32(`0x${'9'.repeat(64)}`, 'lockId'),
      swapId,
      owner: ethereum.owner,
      slot: 0n,
      generation: 0n,
      token: ethereum.token,
      amount: ethereum.amount,
      beneficiary: ethereum.beneficiary,
      expiresAtSec: ethereum.expiresAtSec,
      hashLock,
      counterpart: counterpartHash(terms),
      direct: false,
    },
  };
}

interface Fed {
  readonly session: Session;
  readonly sends: readonly SendEffect[];
}

function feed(session: Session, ...events: readonly SessionEvent[]): Fed {
  const sends: SendEffect[] = [];
  let current = session;
  for (const event of events) {
    const result = stepParty(current, event);
    if (!result.ok) throw new Error(result.code);
    current = result.session;
    for (const effect of result.effects) if (effect.kind === 'send') sends.push(effect);
  }
  return { session: current, sends };
}

function block(world: World, seen: LegFact): SessionEvent {
  const { height, blockHash } = seen.at;
  return {
    kind: 'ledger',
    world,
    update: {
      kind: 'block',
      block: {
        ledger: seen.ledger,
        height,
        hash: blockHash,
        parentHash: '',
        timeSec: 0n,
        facts: [seen],
      },
    },
  };
}

function final(world: World, seen: LegFact): readonly SessionEvent[] {
  const { height, blockHash } = seen.at;
  return [
    block(world, seen),
    {
      kind: 'ledger',
      world,
      update: { kind: 'finalized', ledger: seen.ledger, height, hash: blockHash, timeSec: 0n },
    },
  ];
}

function open(terms: SwapTerms, role: Role, nowSec: bigint): Session {
  return openSession({ terms, role, profile, nowSec, accepted: true });
}

const names = (sends: readonly SendEffect[]): string[] =>
  sends.map(({ ledger, action }) => `${ledger} ${action}`);

describe.each(DIRECTIONS)('%s: the safety rules of S4', (direction) => {
  const terms = rig.terms(direction, 7);
  const { long, short } = legsOf(terms);
  const shortEnd = terms[short].expiresAtSec;
  const early = worldAt(shortEnd - lockGuardSec(direction, profile) - 1n);

  it('the responder locks only when the long lock is final', () => {
    const locked = fact(terms, long, 'locked');
    const seen = feed(open(terms, 'responder', early.nowSec), block(early, locked));
    expect(names(seen.sends)).toEqual(long === 'fabric' ? [`${short} lock`] : []);
    expect(names(feed(seen.session, ...final(early, locked)).sends)).toEqual(
      long === 'fabric' ? [] : [`${short} lock`],
    );
  });

  it('the responder locks one second before its guard and not at it', () => {
    const at = worldAt(early.nowSec + 1n);
    expect(
      names(feed(open(terms, 'responder', 0n), ...final(early, fact(terms, long, 'locked'))).sends),
    ).toEqual([`${short} lock`]);
    expect(
      feed(open(terms, 'responder', 0n), ...final(at, fact(terms, long, 'locked'))).sends,
    ).toEqual([]);
  });

  it('the guard is judged by the later of clock and ledger', () => {
    const behind: World = {
      nowSec: 0n,
      headSec: { ...early.headSec, [short]: early.nowSec + 1n },
      halted: [],
    };
    expect(
      feed(open(terms, 'responder', 0n), ...final(behind, fact(terms, long, 'locked'))).sends,
    ).toEqual([]);
  });

  it('the initiator reveals only when both locks are final and the guard holds', () => {
    const last = worldAt(shortEnd - revealGuardSec(direction, profile) - 1n);
    const late = worldAt(last.nowSec + 1n);
    const both = (world: World): SessionEvent[] => [
      ...final(world, fact(terms, long, 'locked')),
      ...final(world, fact(terms, short, 'locked')),
    ];
    expect(names(feed(open(terms, 'initiator', 0n), ...both(last)).sends)).toContain(
      `${short} claim`,
    );
    expect(names(feed(open(terms, 'initiator', 0n), ...both(late)).sends)).not.toContain(
      `${short} claim`,
    );
    const onlyShort = feed(
      open(terms, 'initiator', 0n),
      ...final(last, fact(terms, short, 'locked')),
    );
    expect(names(onlyShort.sends)).not.toContain(`${short} claim`);
    const unsettled =
      long === 'ethereum' ? fact(terms, long, 'locked') : fact(terms, short, 'locked');
    const other = unsettled.ledger === long ? short : long;
    const half = feed(
      open(terms, 'initiator', 0n),
      ...final(last, fact(terms, other, 'locked')),
      block(last, unsettled),
    );
    expect(names(half.sends)).not.toContain(`${short} claim`);
  });

  it('the guard is asked again at the hand-over, and the reveal is journalled by it', () => {
    const last = worldAt(shortEnd - revealGuardSec(direction, profile) - 1n);
    const ready = feed(
      open(terms, 'initiator', 0n),
      ...final(last, fact(terms, long, 'locked')),
      ...final(last, fact(terms, short, 'locked')),
    );
    const key = ready.sends.find(({ action }) => action === 'claim')?.key ?? '';
    expect(ready.session.revealed).toBe(false);
    const inTime = stepParty(ready.session, { kind: 'hand-over', key, world: last });
    expect(inTime.ok && inTime.session.revealed).toBe(true);
    expect(inTime.ok && inTime.notes.map(({ kind }) => kind)).toContain('reveal');
    const tooLate = stepParty(ready.session, {
      kind: 'hand-over',
      key,
      world: worldAt(last.nowSec + 1n),
    });
    expect(tooLate.ok && tooLate.session.revealed).toBe(false);
    expect(tooLate.ok && tooLate.effects).toContainEqual({ kind: 'close', key });
  });

  it('nothing is locked or revealed while a ledger cannot be relied on; claims and refunds go on', () => {
    const halted = worldAt(early.nowSec, ['ethereum']);
    expect(
      feed(open(terms, 'responder', 0n), ...final(halted, fact(terms, long, 'locked'))).sends,
    ).toEqual([]);
    const claimable = feed(
      open(terms, 'responder', 0n),
      ...final(halted, fact(terms, long, 'locked')),
      ...final(halted, fact(terms, short, 'claimed')),
    );
    expect(names(claimable.sends)).toEqual([`${long} claim`]);
  });

  it('the secret needs no finality: the responder claims the moment it is seen anywhere', () => {
    const secret: SessionEvent = {
      kind: 'ledger',
      world: early,
      update: { kind: 'secret', ledger: short, hashLock: terms.hashLock, secret: secretOf(terms) },
    };
    const done = feed(
      open(terms, 'responder', 0n),
      block(early, fact(terms, long, 'locked')),
      secret,
    );
    expect(names(done.sends)).toContain(`${long} claim`);
  });

  it('a wrong secret is no secret', () => {
    const wrong: SessionEvent = {
      kind: 'ledger',
      world: early,
      update: {
        kind: 'secret',
        ledger: short,
        hashLock: terms.hashLock,
        secret: new Uint8Array(32),
      },
    };
    const session = feed(
      open(terms, 'responder', 0n),
      block(early, fact(terms, long, 'locked')),
      wrong,
    ).session;
    expect(session.secretSeenAtSec).toBeUndefined();
    expect(hashLockOf(new Uint8Array(32))).not.toBe(terms.hashLock);
  });

  it('a refund waits for its moment and comes at it', () => {
    const from = terms[long].expiresAtSec + (long === 'fabric' ? profile.fabric.gapSec : 0n);
    const seen = feed(
      open(terms, 'initiator', 0n),
      ...final(worldAt(0n), fact(terms, long, 'locked')),
    ).session;
    expect(feed(seen, { kind: 'tick', world: worldAt(from - 1n) }).sends).toEqual([]);
    expect(names(feed(seen, { kind: 'tick', world: worldAt(from) }).sends)).toEqual([
      `${long} refund`,
    ]);
  });
});

describe('a lock that differs from the terms is not a lock', () => {
  const terms = rig.terms('ethereum-first', 8);
  const world = worldAt(terms.fabric.expiresAtSec - lockGuardSec('ethereum-first', profile) - 1n);
  const good = fact(terms, 'ethereum', 'locked');
  if (!('lock' in good)) throw new Error('a lock has a lock');
  const other = parseHex32(`0x${'5'.repeat(64)}`, 'other');
  const wrong = {
    token: ALICE.ethereum,
    amount: terms.ethereum.amount - 1n,
    owner: terms.ethereum.beneficiary,
    beneficiary: terms.ethereum.owner,
    expiresAtSec: terms.ethereum.expiresAtSec - 1n,
    hashLock: other,
    counterpart: other,
  };

  it.each(Object.keys(wrong) as (keyof typeof wrong)[])('%s', (field) => {
    const forged = { ...good, lock: { ...good.lock, [field]: wrong[field] } };
    const { session, sends } = feed(open(terms, 'responder', 0n), ...final(world, forged));
    expect(sends).toEqual([]);
    expect(session.alarms.map(({ code }) => code)).toEqual(['TERMS_MISMATCH']);
    expect(names(feed(session, ...final(world, good)).sends)).toEqual(['fabric lock']);
  });
});

describe('operations', () => {
  const terms = rig.terms('fabric-first', 9);
  const world = worldAt(terms.ethereum.expiresAtSec - 40n);
  const start = feed(open(terms, 'initiator', 0n), { kind: 'tick', world });
  const key = start.sends[0]?.key ?? '';
  const invalid = (code: string): SessionEvent => ({
    kind: 'outcome',
    key,
    world,
    outcome: {
      kind: 'invalid',
      at: { height: 1n, blockHash: 'b', txId: 't', timeSec: 0n },
      code,
      final: true,
    },
  });

  it('starts with one lock under an idempotency key', () => {
    expect(names(start.sends)).toEqual(['fabric lock']);
    expect(feed(start.session, { kind: 'tick', world }, { kind: 'tick', world }).sends).toEqual([]);
  });

  it.each(['11', '12', 'MVCC_READ_CONFLICT', 'PHANTOM_READ_CONFLICT'])(
    'code %s makes a new proposal',
    (code) => {
      const again = feed(start.session, invalid(code), { kind: 'tick', world });
      expect(again.sends.map((effect) => effect.key)).toEqual([`${swapIdOf(terms)}/fabric/lock/2`]);
    },
  );

  it('another code is surfaced and a lock is not repeated until an operator says so', () => {
    const failed = feed(start.session, invalid('10'), { kind: 'tick', world });
    expect(failed.sends).toEqual([]);
    expect(failed.session.alarms.map(({ code }) => code)).toEqual(['COMMIT_INVALID']);
    expect(names(feed(failed.session, { kind: 'command', command: 'retry', world }).sends)).toEqual(
      ['fabric lock'],
    );
  });

  it('a refusal that is safe to repeat is repeated later, not at once', () => {
    const refused = feed(start.session, {
      kind: 'refused',
      key,
      code: 'BALANCE_INSUFFICIENT',
      detail: '',
      retry: 'safe',
      world,
    });
    expect(refused.sends).toEqual([]);
    const later = worldAt(world.nowSec + 2n);
    expect(names(feed(refused.session, { kind: 'tick', world: later }).sends)).toEqual([
      'fabric lock',
    ]);
  });

  it('a refund that Fabric calls too early is asked for again each second: the margin leaves no time for more', () => {
    const own = rig.terms('ethereum-first', 9);
    const dueSec = own.fabric.expiresAtSec + profile.fabric.gapSec;
    const locked = feed(
      open(own, 'responder', 0n),
      ...final(worldAt(dueSec), fact(own, 'fabric', 'locked')),
    );
    let current = locked;
    for (let second = 0n; second < 5n; second += 1n) {
      const now = worldAt(dueSec + second);
      expect(names(current.sends)).toEqual(['fabric refund']);
      const refused: SessionEvent = {
        kind: 'refused',
        key: current.sends[0]?.key ?? '',
        code: 'REFUND_TOO_EARLY',
        detail: '',
        retry: 'safe',
        world: now,
      };
      expect(feed(current.session, refused, { kind: 'tick', world: now }).sends).toEqual([]);
      const tick: SessionEvent = { kind: 'tick', world: worldAt(now.nowSec + 1n) };
      current = feed(current.session, refused, tick);
    }
  });

  it('abandoning stops the lock at the hand-over and declines on Fabric', () => {
    const left = feed(start.session, { kind: 'command', command: 'abandon', world });
    expect(names(left.sends)).toEqual(['fabric decline']);
    const handed = stepParty(left.session, { kind: 'hand-over', key, world });
    expect(handed.ok && handed.effects).toContainEqual({ kind: 'close', key });
  });
});

/** Every state that facts can bring about, for each role and direction. */
function* situations(): Generator<{
  readonly name: string;
  readonly session: Session;
  readonly terms: SwapTerms;
}> {
  const kinds = ['none', 'locked', 'claimed', 'refunded'] as const;
  for (const direction of DIRECTIONS) {
    for (const role of ROLES) {
      for (const longKind of kinds) {
        for (const shortKind of kinds) {
          for (const settled of [true, false]) {
            const terms = rig.terms(direction, 11);
            const { long, short } = legsOf(terms);
            const world = worldAt(0n);
            const events = [
              [long, longKind],
              [short, shortKind],
            ].flatMap(([ledger, kind]) => {
              if (kind === 'none') return [];
              const chain = kind === 'locked' ? ['locked'] : ['locked', kind];
              return chain.flatMap((step) => {
                const seen = fact(terms, ledger as LedgerName, step as 'locked');
                return settled ? final(world, seen) : [block(world, seen)];
              });
            });
            const { session } = feed(open(terms, role, 0n), ...events);
            yield {
              name: `${direction} ${role} ${longKind} ${shortKind} ${settled ? 'final' : 'seen'}`,
              session,
              terms,
            };
          }
        }
      }
    }
  }
}

describe('every event in every situation', () => {
  const key = 'none';
  const at = { height: 10_000n, blockHash: 'x', txId: 'x', timeSec: 0n };

  function eventsFor(terms: SwapTerms, world: World): SessionEvent[] {
    const ledgers = ['fabric', 'ethereum'] as const;
    return [
      { kind: 'tick', world },
      { kind: 'accepted', world },
      { kind: 'command', command: 'abandon', world },
      { kind: 'command', command: 'retry', world },
      { kind: 'hand-over', key, world },
      { kind: 'signed', key, txId: 'x', world },
      { kind: 'outcome', key, world, outcome: { kind: 'invalid', at, code: '11', final: true } },
      { kind: 'refused', key, code: 'CLAIM_TOO_LATE', detail: '', retry: 'never', world },
      ...ledgers.flatMap((ledger): SessionEvent[] => [
        ...(['locked', 'claimed', 'refunded'] as const).map((kind) =>
          block(world, fact(terms, ledger, kind)),
        ),
        { kind: 'ledger', world, update: { kind: 'rollback', ledger, height: 0n, hash: '' } },
        {
          kind: 'ledger',
          world,
          update: { kind: 'finalized', ledger, height: 1_000_000n, hash: '', timeSec: 0n },
        },
        {
          kind: 'ledger',
          world,
          update: { kind: 'finality-regressed', ledger, fromHeight: 5n, toHeight: null },
        },
        {
          kind: 'ledger',
          world,
          update: { kind: 'secret', ledger, hashLock: terms.hashLock, secret: secretOf(terms) },
        },
      ]),
    ];
  }

  it('never throws, never leaves a terminal state, and never undoes a final fact by itself', () => {
    let checked = 0;
    for (const { name, session, terms } of situations()) {
      const end = terms.fabric.expiresAtSec + 1000n;
      for (const nowSec of [0n, terms.ethereum.expiresAtSec, terms.fabric.expiresAtSec, end]) {
        for (const event of eventsFor(terms, worldAt(nowSec))) {
          const result = stepParty(session, event);
          checked += 1;
          if (!result.ok) {
            expect(result.code, name).toBe('SWAP_STATE');
            continue;
          }
          // The ledger takes back its own promise, and nothing that rests on it stands.
          if (event.kind === 'ledger' && event.update.kind === 'finality-regressed') continue;
          // No correct ledger locks a leg after its deadline, which is what `done` may rest on.
          const impossible = event.kind === 'ledger' && event.update.kind === 'block';
          const ended = Object.values(session.legs).every(({ end: leg }) => leg?.final === true);
          const done = isDone(session, event.world) && (ended || !impossible);
          if (done) expect(stateOf(result.session), `${name} ${event.kind}`).toBe(stateOf(session));
          for (const ledger of ['fabric', 'ethereum'] as const) {
            if (session.legs[ledger].end?.final === true)
              expect(result.session.legs[ledger].end, name).toEqual(session.legs[ledger].end);
            if (session.legs[ledger].lock?.final === true)
              expect(result.session.legs[ledger].lock, name).toEqual(session.legs[ledger].lock);
          }
        }
      }
    }
    expect(checked).toBe(128 * 4 * 22);
  });

  it('each single final fact moves along the table', () => {
    const events: Record<string, SwapEvent> = {
      'long locked': 'longLocked',
      'short locked': 'shortLocked',
      'long claimed': 'longClaimed',
      'short claimed': 'shortClaimed',
      'long refunded': 'longRefunded',
      'short refunded': 'shortRefunded',
    };
    for (const { session, terms, name } of situations()) {
      const { long, short } = legsOf(terms);
      // The table is in the order of one clock; two ledgers that lag differently can be seen in another order.
      const inOrder =
        session.legs[long].lock !== undefined || session.legs[short].lock === undefined;
      if (!name.endsWith('final') || !inOrder) continue;
      const before = stateOf(session);
      for (const [leg, ledger] of [
        ['long', long],
        ['short', short],
      ] as const) {
        for (const kind of ['locked', 'claimed', 'refunded'] as const) {
          const { lock, end } = session.legs[ledger];
          const legal =
            kind === 'locked' ? lock === undefined : lock !== undefined && end === undefined;
          const next = nextSwapState(before, events[`${leg} ${kind}`] as SwapEvent);
          if (!legal || next === undefined) continue;
          const { session: after } = feed(
            session,
            ...final(worldAt(0n), fact(terms, ledger, kind)),
          );
          expect(stateOf(after), `${name} + ${leg} ${kind}`).toBe(next);
        }
      }
    }
  });

  it('a rollback takes back what is not final', () => {
    const terms = rig.terms('ethereum-first', 12);
    const world = worldAt(0n);
    const locked = fact(terms, 'ethereum', 'locked');
    const seen = feed(open(terms, 'responder', 0n), block(world, locked)).session;
    expect(seen.legs.ethereum.lock?.final).toBe(false);
    const rollback: SessionEvent = {
      kind: 'ledger',
      world,
      update: { kind: 'rollback', ledger: 'ethereum', height: locked.at.height - 1n, hash: '' },
    };
    expect(feed(seen, rollback).session.legs.ethereum.lock).toBeUndefined();
    expect(
      feed(open(terms, 'responder', 0n), ...final(world, locked), rollback).session.legs.ethereum
        .lock?.final,
    ).toBe(true);
  });
});

describe('a short leg that was locked out of turn', () => {
  it('keeps no session open once it has gone back and the long leg is impossible', () => {
    for (const direction of DIRECTIONS) {
      for (const role of [...ROLES, 'relayer'] as const) {
        const terms = rig.terms(direction, 77);
        const { short } = legsOf(terms);
        const early = worldAt(0n);
        const late = worldAt(terms.fabric.expiresAtSec + terms.ethereum.expiresAtSec);
        const { session: locked } = feed(
          open(terms, role, 0n),
          ...final(early, fact(terms, short, 'locked')),
        );
        expect(isDone(feed(locked, { kind: 'tick', world: late }).session, late)).toBe(false);
        const { session } = feed(locked, ...final(late, fact(terms, short, 'refunded')));
        expect(stateOf(session), `${direction} ${role}`).toBe('cancelled');
        expect(isDone(session, late)).toBe(true);
      }
    }
  });
});
