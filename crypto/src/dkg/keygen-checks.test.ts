import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nobleEngine } from '../bls/noble-engine.ts';
import { bytesInteger, concat, integerBytes } from '../encoding/bytes.ts';
import { isCryptoError } from '../errors.ts';
import { blsKeyGroup } from '../group/bls-g2.ts';
import type { PrimeGroup } from '../group/group.ts';
import { ristretto255Group, secp256k1Group } from '../group/noble-groups.ts';
import { refusedOnlyBy } from '../testing/checks.ts';
import {
  identityOf,
  simulateKeygen,
  simulationParameters,
  simulationTools,
  type Fault,
  type SimulatedRun,
} from '../testing/keygen-simulation.ts';
import { seededRandom } from '../testing/random.ts';
import { hex } from '../testing/vectors.ts';
import {
  encodeAnswer,
  encodeComplaint,
  encodeDeal,
  parseAnswer,
  parseComplaint,
  parseConfirmation,
  parseDeal,
} from './bodies.ts';
import { committeeBounds } from './committee-bounds.ts';
import { applyEntry } from './machine.ts';
import { Dealing, jointShare } from './member.ts';
import { encodePacket, packetDigest, parsePacket, type Phase } from './packets.ts';
import { sessionId, type KeygenParameters } from './parameters.ts';
import { proveConstant, verifyConstant } from './possession.ts';
import { activeResult, asOldKey } from './result.ts';
import { isShareOf } from './shares.ts';
import { initialState, type KeygenState } from './state.ts';

const group = secp256k1Group as PrimeGroup<unknown>;
const tools = simulationTools(group);
const names = ['a', 'b', 'c', 'd'];
const identities = names.map(identityOf);
const parameters = simulationParameters('secp256k1', names, { faults: 1, threshold: 3 });

interface Script {
  readonly dealerFaults?: ReadonlyMap<number, readonly Fault[]>;
  readonly memberFaults?: ReadonlyMap<number, readonly Fault[]>;
  readonly watchers?: readonly number[];
}

function run(
  script: Script = {},
  of: KeygenParameters = parameters,
  seed = 'checks',
): SimulatedRun<unknown> {
  return simulateKeygen({
    tools,
    parameters: of,
    dealers: identities,
    members: identities,
    random: seededRandom(seed),
    ...script,
  });
}

const last = (script: Script): KeygenState<unknown> => run({ watchers: [1], ...script }).states[0]!;
const faults = (index: number, ...list: Fault[]): ReadonlyMap<number, readonly Fault[]> =>
  new Map([[index, list]]);

function packetOf(
  phase: Phase,
  sender: number,
  body: Uint8Array,
  by = identities[sender - 1]!,
  session = sessionId(parameters),
): Uint8Array {
  const unsigned = { session, phase, sender, body };
  return encodePacket({ ...unsigned, signature: by.sign(packetDigest(unsigned)) });
}

const start = (): KeygenState<unknown> => initialState(parameters);
const feed = (
  state: KeygenState<unknown>,
  ...packets: readonly Uint8Array[]
): KeygenState<unknown> =>
  packets.reduce(
    (current, packet) => applyEntry(tools, current, { height: current.height + 1n, packet }),
    state,
  );
const boxes = names.map(() => new Uint8Array(48));
const dealBody = (dealer: number, of: KeygenParameters = parameters): Uint8Array =>
  new Dealing(tools, of, dealer, undefined, seededRandom(`deal ${dealer}`)).body(boxes);

describe('packets', () => {
  const good = packetOf('deal', 1, dealBody(1));

  it('of another session, of forged or unknown senders change nothing', () => {
    const other = simulationParameters('secp256k1', names, { faults: 1, threshold: 3 }, 2n);
    const replayed = packetOf('complain', 1, new Uint8Array(0), identities[0], sessionId(other));
    const inComplain = feed(
      start(),
      ...[1, 2, 3, 4].map((dealer) => packetOf('deal', dealer, dealBody(dealer))),
    );
    expect(inComplain.phase).toBe('complain');
    expect(refusedOnlyBy('keygen.session', () => feed(inComplain, replayed).packets.size > 4)).toBe(
      true,
    );
    const forged = packetOf('deal', 1, dealBody(1), identities[1]);
    expect(refusedOnlyBy('keygen.authentic', () => feed(start(), forged).packets.size > 0)).toBe(
      true,
    );
    for (const sender of [0, 5, 65_535])
      expect(feed(start(), packetOf('deal', sender, dealBody(1), identities[0])).packets.size).toBe(
        0,
      );
  });

  it('of one phase say nothing in another', () => {
    // The phase stands in the digest: a body signed for one phase is not signed for the next.
    const parsed = parsePacket(packetOf('complain', 1, new Uint8Array(0)));
    const moved = encodePacket({ ...parsed, phase: 'confirm' });
    const inComplain = feed(
      start(),
      ...[1, 2, 3, 4].map((dealer) => packetOf('deal', dealer, dealBody(dealer))),
    );
    expect(feed(inComplain, moved).packets.size).toBe(4);
    expect(feed(start(), packetOf('complain', 1, new Uint8Array(0))).packets.size).toBe(0);
  });

  it('have one encoding', () => {
    expect(hex(encodePacket(parsePacket(good)))).toBe(hex(good));
    for (const length of [0, 32, 33, 38, 39])
      expect(() => parsePacket(good.subarray(0, length))).toThrow('packet.');
    const badPhase = good.slice();
    badPhase[32] = 9;
    expect(refusedOnlyBy('packet.phase', () => parsePacket(badPhase))).toBe(true);
    expect(
      refusedOnlyBy('packet.length', () => parsePacket(concat(good, new Uint8Array(300)))),
    ).toBe(true);
  });

  it('never make the machine throw, whatever their bytes', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 400 }),
        fc.nat(good.length - 1),
        fc.nat(255),
        (bytes, at, value) => {
          const damaged = good.slice();
          damaged[at] = value;
          const state = feed(start(), bytes, damaged);
          return state.phase === 'deal' && (value === good[at] || state.deals.size === 0);
        },
      ),
      { numRuns: 200, seed: 10 },
    );
  });

  it('come at heights that never fall', () => {
    const state = applyEntry(tools, start(), { height: 5n });
    expect(
      refusedOnlyBy('keygen.height-order', () => applyEntry(tools, state, { height: 4n })),
    ).toBe(true);
  });
});

describe('every phase', () => {
  const whole = run();
  /** The state in the middle of each phase, and at both ends. */
  const states = new Map<string, KeygenState<unknown>>();
  let current = start();
  states.set(current.phase, current);
  for (const entry of whole.log) {
    current = applyEntry(tools, current, entry);
    if (!states.has(current.phase)) states.set(current.phase, current);
  }
  states.set('failed', applyEntry(tools, start(), { height: parameters.deadlines.confirm + 1n }));
  const complaint = last({
    dealerFaults: faults(
      3,
      { kind: 'bad-share', members: [2] },
      { kind: 'silent', phase: 'answer' },
    ),
  });
  const packets = [
    ...whole.log.flatMap(({ packet }) => packet ?? []),
    packetOf('answer', 1, new Uint8Array(0)),
  ];

  it('is reached, and each of the two ends', () => {
    expect([...states.keys()].sort()).toEqual(['active', 'complain', 'confirm', 'deal', 'failed']);
    expect(complaint.excluded.get(3)).toBe('no-answer');
  });

  it('takes every packet of every phase without throwing, and never leaves an end', () => {
    for (const [phase, state] of states) {
      for (const packet of packets) {
        const next = applyEntry(tools, state, { height: state.height, packet });
        if (phase === 'active' || phase === 'failed') expect(next.phase).toBe(phase);
        expect(next.excluded.size).toBeGreaterThanOrEqual(state.excluded.size);
      }
    }
  });

  it('ends by its height when nothing comes', () => {
    const { deal, complain, answer, confirm } = parameters.deadlines;
    const at = (height: bigint, state = start()): string =>
      applyEntry(tools, state, { height }).phase;
    expect([at(deal), at(deal + 1n), at(complain + 1n), at(answer + 1n)]).toEqual([
      'deal',
      'complain',
      'failed',
      'failed',
    ]);
    const inConfirm = states.get('confirm')!;
    expect([at(confirm, inConfirm), at(confirm + 1n, inConfirm)]).toEqual(['confirm', 'failed']);
    const inComplain = states.get('complain')!;
    expect([at(complain, inComplain), at(complain + 1n, inComplain)]).toEqual([
      'complain',
      'confirm',
    ]);
  });
});

describe('bodies', () => {
  const size = names.length;
  it('are read back as written, and random bytes are refused or read back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
        const readers = [
          () => encodeComplaint(parseComplaint(size, bytes)),
          () => encodeAnswer(parseAnswer(size, group.order, bytes)),
          () => parseConfirmation(bytes),
        ];
        return readers.every((read) => {
          try {
            return hex(read()) === hex(bytes);
          } catch (error) {
            return isCryptoError(error);
          }
        });
      }),
      { numRuns: 300, seed: 11 },
    );
    const body = dealBody(1);
    const deal = parseDeal(group, 3, size, body);
    expect(
      hex(
        encodeDeal(
          deal.commitments.map((point) => group.encode(point)),
          deal.possession,
          deal.ciphertexts,
        ),
      ),
    ).toBe(hex(body));
  });

  it('are refused when cut, longer, unordered, repeated, out of range', () => {
    const body = dealBody(1);
    expect(
      refusedOnlyBy('body.cut', () => parseDeal(group, 3, size, body.subarray(0, body.length - 1))),
    ).toBe(true);
    expect(
      refusedOnlyBy('body.tail', () => parseDeal(group, 3, size, concat(body, Uint8Array.of(0)))),
    ).toBe(true);
    // One commitment more would raise the degree, and with it the threshold, beyond what was agreed.
    expect(() =>
      parseDeal(group, 3, size, new Dealing(tools, { ...parameters, threshold: 2 }, 1).body(boxes)),
    ).toThrow();
    const huge = encodeDeal(
      [1n, 2n, 3n].map((k) => group.encode(group.multiplyBase(k))),
      new Uint8Array(65),
      names.map(() => new Uint8Array(513)),
    );
    expect(refusedOnlyBy('deal.ciphertext-length', () => parseDeal(group, 3, size, huge))).toBe(
      true,
    );
    const place = (...members: number[]): Uint8Array =>
      concat(...members.map((member) => integerBytes(BigInt(member), 2)));
    expect(refusedOnlyBy('body.index-ascending', () => parseComplaint(size, place(2, 2)))).toBe(
      true,
    );
    expect(refusedOnlyBy('body.index-ascending', () => parseComplaint(size, place(0)))).toBe(true);
    expect(refusedOnlyBy('body.index-known', () => parseComplaint(size, place(5)))).toBe(true);
    expect(
      refusedOnlyBy('answer.share-range', () =>
        parseAnswer(size, group.order, concat(place(1), integerBytes(group.order, 32))),
      ),
    ).toBe(true);
    expect(refusedOnlyBy('confirm.length', () => parseConfirmation(new Uint8Array(33)))).toBe(true);
  });
});

describe('parameters', () => {
  const attempt = (change: Partial<KeygenParameters>) => () =>
    sessionId({ ...parameters, ...change });
  const { members } = parameters.roster;

  it('are refused when they contradict themselves', () => {
    expect(attempt({ roster: { members, faults: 2 } })).toThrow('keygen.roster-faults');
    expect(
      refusedOnlyBy(
        'keygen.roster-faults',
        attempt({ roster: { members: members.slice(0, 3), faults: 1 }, threshold: 2 }),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy(
        'keygen.roster-distinct',
        attempt({ roster: { members: [...members.slice(0, 3), members[0]!], faults: 1 } }),
      ),
    ).toBe(true);
    expect(attempt({ roster: { members: [], faults: 0 } })).toThrow('keygen.roster-size');
    const crowd = Array.from({ length: 1001 }, (_, i) => integerBytes(BigInt(i), 32));
    expect(
      refusedOnlyBy('keygen.roster-size', attempt({ roster: { members: crowd, faults: 0 } })),
    ).toBe(true);
    for (const threshold of [1, 4])
      expect(refusedOnlyBy('keygen.threshold', attempt({ threshold }))).toBe(true);
    const { deadlines } = parameters;
    expect(
      refusedOnlyBy(
        'keygen.deadlines',
        attempt({ deadlines: { ...deadlines, complain: deadlines.deal } }),
      ),
    ).toBe(true);
    const old = {
      roster: parameters.roster,
      threshold: 3,
      groupKey: new Uint8Array(33),
      shareKeys: [new Uint8Array(33)],
    };
    expect(refusedOnlyBy('keygen.old-shares', attempt({ old }))).toBe(true);
    for (const bad of [0, 1001, 2.5]) expect(() => committeeBounds(bad)).toThrow('bounds.size');
    expect(refusedOnlyBy('bounds.size', () => committeeBounds(1001))).toBe(true);
  });

  it('each make another session', () => {
    const old = {
      roster: parameters.roster,
      threshold: 3,
      groupKey: new Uint8Array(33),
      shareKeys: names.map(() => new Uint8Array(33)),
    };
    const changes: Partial<KeygenParameters>[] = [
      {},
      { group: 'ristretto255' },
      { logId: Uint8Array.of(1) },
      { epoch: 2n },
      { threshold: 2 },
      { old },
      { old: { ...old, threshold: 2 } },
      { old: { ...old, groupKey: new Uint8Array(33).fill(1) } },
      {
        old: {
          ...old,
          shareKeys: [...names.slice(1).map(() => new Uint8Array(33)), new Uint8Array(33).fill(1)],
        },
      },
      { roster: { members, faults: 0 } },
      { roster: { members: [...members].reverse(), faults: 1 } },
      ...(['deal', 'complain', 'answer', 'confirm'] as const).map((phase) => ({
        deadlines: { ...parameters.deadlines, [phase]: parameters.deadlines[phase] + 1n },
      })),
    ];
    const sessions = changes.map((change) => hex(sessionId({ ...parameters, ...change })));
    expect(new Set(sessions).size).toBe(changes.length);
  });
});

describe('each rule of the machine decides alone: without it', () => {
  it('a dealing without knowledge of its constant term counts (a copy of another one, a rogue key)', () => {
    const copied = packetOf('deal', 2, dealBody(1));
    expect(refusedOnlyBy('keygen.possession', () => feed(start(), copied).deals.size > 0)).toBe(
      true,
    );
  });
  it('a dealer that answers only some complaints qualifies', () => {
    const wide = simulationParameters(
      'secp256k1',
      ['a', 'b', 'c', 'd', 'e', 'f', 'g'],
      committeeBounds(7),
    );
    const crowd = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(identityOf);
    const attempt = (): boolean => {
      const script = {
        dealerFaults: faults(3, { kind: 'bad-share', members: [1, 4] }, { kind: 'partial-answer' }),
        watchers: [2],
      };
      const { states } = simulateKeygen({
        tools,
        parameters: wide,
        dealers: crowd,
        members: crowd,
        random: seededRandom('partial'),
        ...script,
      });
      return !states[0]!.excluded.has(3);
    };
    expect(refusedOnlyBy('keygen.answer-complete', attempt)).toBe(true);
  });
  it('a dealer that answers wrongly qualifies', () => {
    const script = {
      dealerFaults: faults(3, { kind: 'bad-share', members: [2] }, { kind: 'bad-answer' }),
    };
    expect(refusedOnlyBy('keygen.answer-share', () => !last(script).excluded.has(3))).toBe(true);
  });
  it('a dealer that does not answer qualifies', () => {
    const script = {
      dealerFaults: faults(
        3,
        { kind: 'bad-share', members: [2] },
        { kind: 'silent', phase: 'answer' },
      ),
    };
    expect(refusedOnlyBy('keygen.answer-given', () => !last(script).excluded.has(3))).toBe(true);
  });
  it('a dealer with more than f complaints qualifies by publishing f + 1 shares', () => {
    const script = { dealerFaults: faults(3, { kind: 'bad-share', members: [2, 4] }) };
    expect(refusedOnlyBy('keygen.complaint-limit', () => !last(script).excluded.has(3))).toBe(true);
  });
  it('two dealers make a key for four', () => {
    const script = {
      dealerFaults: new Map<number, readonly Fault[]>([
        [1, [{ kind: 'silent', phase: 'deal' }]],
        [2, [{ kind: 'silent', phase: 'deal' }]],
      ]),
    };
    expect(refusedOnlyBy('keygen.enough-dealers', () => last(script).result !== undefined)).toBe(
      true,
    );
  });
  it('a confirmation of another transcript counts', () => {
    const script = { memberFaults: faults(1, { kind: 'wrong-transcript' }) };
    expect(
      refusedOnlyBy('keygen.transcript', () => last({ ...script, watchers: [2] }).confirmed.has(1)),
    ).toBe(true);
  });
  it('a member that did not qualify vouches for the key', () => {
    const script = { dealerFaults: faults(1, { kind: 'silent', phase: 'deal' }) };
    expect(
      refusedOnlyBy('keygen.qualified-confirms', () =>
        last({ ...script, watchers: [2] }).confirmed.has(1),
      ),
    ).toBe(true);
  });
  it('a key is active though too few confirmed', () => {
    const silent: readonly Fault[] = [{ kind: 'silent', phase: 'confirm' }];
    const script = {
      memberFaults: new Map([
        [1, silent],
        [2, silent],
      ]),
      watchers: [3],
    };
    expect(refusedOnlyBy('keygen.confirmed', () => last(script).phase === 'active')).toBe(true);
    expect(refusedOnlyBy('keygen.active', () => activeResult(last(script)))).toBe(true);
  });
});

describe('resharing', () => {
  const first = run();
  const old = asOldKey(tools, first.states[0]!);
  const next = simulationParameters('secp256k1', names, { faults: 1, threshold: 3 }, 2n, old);
  const oldShares = new Map(first.shares);

  it('takes only dealers that deal their old share, and then keeps the key', () => {
    const attempt = (): boolean => {
      const wrong = new Map([...oldShares, [2, integerBytes(5n, 32)] as const]);
      const { states } = simulateKeygen({
        tools,
        parameters: next,
        dealers: identities,
        members: identities,
        random: seededRandom('reshare'),
        oldShares: wrong,
        watchers: [1],
      });
      expect(states[0]!.phase === 'active').toBe(states[0]!.result !== undefined);
      return !states[0]!.excluded.has(2);
    };
    expect(refusedOnlyBy('keygen.old-share', attempt)).toBe(true);
  });

  it('ends without a key when the old shares do not make the old key', () => {
    // Old share keys that are in order one by one but of another polynomial: a lie in the parameters, not in the log.
    const fresh = run(
      {},
      simulationParameters('secp256k1', names, { faults: 1, threshold: 3 }, 9n),
      'another key',
    );
    const mixed = { ...asOldKey(tools, fresh.states[0]!), groupKey: old.groupKey };
    const attempt = (): boolean =>
      simulateKeygen({
        tools,
        parameters: simulationParameters(
          'secp256k1',
          names,
          { faults: 1, threshold: 3 },
          2n,
          mixed,
        ),
        dealers: identities,
        members: identities,
        random: seededRandom('mixed'),
        oldShares: new Map(fresh.shares),
        watchers: [1],
      }).states[0]!.result !== undefined;
    expect(refusedOnlyBy('keygen.same-key', attempt)).toBe(true);
  });
});

describe('members', () => {
  const done = run({ watchers: [1, 2] });
  const state = done.states[0]!;
  const dealing = (): Dealing<unknown> =>
    new Dealing(tools, parameters, 1, undefined, seededRandom('m'));

  it('refuse an old share out of range, a dealing that was erased, a share that is missing or wrong', () => {
    expect(
      refusedOnlyBy('dealing.old-share', () => {
        try {
          new Dealing(tools, parameters, 1, integerBytes(group.order, 32));
        } catch (error) {
          return !isCryptoError(error);
        }
        return true;
      }),
    ).toBe(true);
    expect(
      refusedOnlyBy('dealing.alive', () => {
        const erased = dealing();
        erased.erase();
        return erased.shareFor(1);
      }),
    ).toBe(true);
    expect(() => jointShare(tools, start(), 1, new Map())).toThrow('CRYPTO_STATE phase=deal');
    expect(() => jointShare(tools, state, 1, new Map())).toThrow('CRYPTO_STATE dealer=1');
    const wrong = new Map(state.result!.qualified.map((dealer) => [dealer, integerBytes(1n, 32)]));
    expect(refusedOnlyBy('joint-share.right', () => jointShare(tools, state, 1, wrong))).toBe(true);
  });

  it("check shares by Feldman's equation", () => {
    const { commitments } = parseDeal(group, 3, 4, dealing().body(boxes));
    const share = bytesInteger(dealing().shareFor(2));
    expect(isShareOf(tools, commitments, 2, share)).toBe(true);
    expect(refusedOnlyBy('shares.feldman', () => isShareOf(tools, commitments, 3, share))).toBe(
      true,
    );
    for (const bad of [0n, group.order, share + group.order])
      expect(isShareOf(tools, commitments, 2, bad)).toBe(false);
  });

  it('keep no secret in the state or in what can be stored', () => {
    const dealt = dealing();
    expect(JSON.stringify(dealt)).toBe('{"dealer":1}');
    expect(Object.keys(dealt)).toEqual(['dealer']);
  });
});

describe.each([
  blsKeyGroup(nobleEngine) as PrimeGroup<unknown>,
  group,
  ristretto255Group as PrimeGroup<unknown>,
])('in $name', (of) => {
  const session = new Uint8Array(32).fill(7);
  const secret = 1234567n;
  const commitment = of.multiplyBase(secret);
  const proof = proveConstant(
    of,
    session,
    2,
    secret,
    of.encode(commitment),
    seededRandom('possession'),
  );

  it('a proof of possession is bound to session, dealer and point', () => {
    expect(verifyConstant(of, session, 2, commitment, proof)).toBe(true);
    expect(
      refusedOnlyBy('possession.equation', () => verifyConstant(of, session, 3, commitment, proof)),
    ).toBe(true);
    expect(verifyConstant(of, new Uint8Array(32), 2, commitment, proof)).toBe(false);
    expect(verifyConstant(of, session, 2, of.add(commitment, commitment), proof)).toBe(false);
    expect(verifyConstant(of, session, 2, commitment, proof.subarray(1))).toBe(false);
  });

  it('a proof has one response', () => {
    const response = bytesInteger(proof.subarray(of.pointLength)) + of.order;
    if (response >= 1n << 256n) return;
    const other = concat(proof.subarray(0, of.pointLength), integerBytes(response, 32));
    expect(
      refusedOnlyBy('possession.response-range', () =>
        verifyConstant(of, session, 2, commitment, other),
      ),
    ).toBe(true);
  });
});
