import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CurveEngine } from '../bls/engine.ts';
import { lagrangeAtZero } from '../bls/lagrange.ts';
import { loadMclEngine } from '../bls/mcl-engine.ts';
import { nobleEngine } from '../bls/noble-engine.ts';
import { signWith } from '../bls/keys.ts';
import { BLS_TAGS } from '../bls/tags.ts';
import { createCombiner } from '../bls/threshold.ts';
import { bytesInteger, utf8 } from '../encoding/bytes.ts';
import { toEvenShare } from '../frost/keys.ts';
import { FrostSigner } from '../frost/signer.ts';
import { receiveReply, startRobustSigning } from '../frost/robust.ts';
import { blsKeyGroup } from '../group/bls-g2.ts';
import type { PrimeGroup } from '../group/group.ts';
import { ristretto255Group, secp256k1Group } from '../group/noble-groups.ts';
import {
  identityOf,
  simulateKeygen,
  simulationParameters,
  simulationTools,
  type Fault,
  type SimulatedRun,
} from '../testing/keygen-simulation.ts';
import { summarise } from '../testing/keygen-summary.ts';
import { seededRandom } from '../testing/random.ts';
import { committeeBounds } from './committee-bounds.ts';
import { certainLiars } from './evidence.ts';
import { replay } from './machine.ts';
import { blsKeys, frostKeys, rawFrostKeys, shareKey } from './result.ts';
import { createFrostVerifier, frostProof } from '../verifier/frost-verifier.ts';

type Faults = ReadonlyMap<number, readonly Fault[]>;

const mcl = (await loadMclEngine()) as CurveEngine;
const groups: readonly PrimeGroup<unknown>[] = [
  blsKeyGroup(nobleEngine),
  blsKeyGroup(mcl),
  secp256k1Group,
  ristretto255Group,
];
const secp = secp256k1Group as PrimeGroup<unknown>;

interface Setting {
  readonly group: PrimeGroup<unknown>;
  readonly size: number;
  readonly dealerFaults?: Faults;
  readonly memberFaults?: Faults;
  readonly watchers?: readonly number[];
  readonly seed?: string;
}

function run({
  group,
  size,
  dealerFaults,
  memberFaults,
  watchers,
  seed = 'keygen',
}: Setting): SimulatedRun<unknown> {
  const names = Array.from({ length: size }, (_, i) => `member ${i + 1}`);
  const identities = names.map(identityOf);
  return simulateKeygen({
    tools: simulationTools(group),
    parameters: simulationParameters(group.name, names, committeeBounds(size)),
    dealers: identities,
    members: identities,
    random: seededRandom(seed),
    ...(dealerFaults === undefined ? {} : { dealerFaults }),
    ...(memberFaults === undefined ? {} : { memberFaults }),
    ...(watchers === undefined ? {} : { watchers }),
  });
}

function agreed(result: SimulatedRun<unknown>): SimulatedRun<unknown>['states'][0] {
  expect(new Set(result.states.map(summarise)).size).toBe(1);
  return result.states[0]!;
}

/** The secret behind the group key, from the shares of these members. */
function interpolate(
  group: PrimeGroup<unknown>,
  result: SimulatedRun<unknown>,
  members: readonly number[],
): bigint {
  const weights = lagrangeAtZero(members, group.order);
  return members.reduce(
    (sum, member, i) =>
      (sum + weights[i]! * bytesInteger(result.shares.get(member)!)) % group.order,
    0n,
  );
}

describe.each(groups.map((group, i) => ({ name: `${group.name} (${i})`, group })))(
  'key generation in $name',
  ({ group }) => {
    it.each([1, 4, 5])('gives %i honest members shares of one key', (size) => {
      const result = run({ group, size });
      const state = agreed(result);
      expect(state.phase).toBe('active');
      expect(state.evidence).toEqual([]);
      expect(state.result!.qualified).toHaveLength(size);
      const { threshold } = committeeBounds(size);
      const all = Array.from({ length: size }, (_, i) => i + 1);
      const secret = interpolate(group, result, all.slice(0, threshold));
      expect(group.equal(group.multiplyBase(secret), state.result!.groupKey)).toBe(true);
      expect(interpolate(group, result, all.slice(size - threshold))).toBe(secret);
      if (threshold > 1)
        expect(interpolate(group, result, all.slice(0, threshold - 1))).not.toBe(secret);
      for (const member of all) {
        const own = group.multiplyBase(bytesInteger(result.shares.get(member)!));
        expect(group.equal(own, shareKey({ group }, state.result!, member))).toBe(true);
      }
    });

    it('is the same when the log is read again', () => {
      const result = run({ group, size: 4 });
      const again = replay(simulationTools(group), result.states[0]!.parameters, result.log);
      expect(summarise(again)).toBe(summarise(result.states[0]!));
    });
  },
);

describe('the generated keys', () => {
  it('sign with BLS, also when dealers were excluded', () => {
    const group = blsKeyGroup(mcl);
    const result = run({
      group,
      size: 7,
      dealerFaults: new Map([[2, [{ kind: 'silent', phase: 'deal' }]]]),
    });
    const keys = blsKeys({ group }, result.states[0]!);
    const message = utf8('statement');
    const partials = [2, 3, 4, 5, 7].map((index) => ({
      index,
      bytes: signWith(result.shares.get(index)!, BLS_TAGS.attestation, message),
    }));
    expect(
      createCombiner(mcl, keys).combine(BLS_TAGS.attestation, message, partials),
    ).toMatchObject({ kind: 'signed', blamed: [] });
  });

  it('sign with FROST, whatever the parity of the key', () => {
    const parities = new Set<number>();
    for (let attempt = 0; attempt < 6; attempt += 1) {
      const result = run({ group: secp, size: 4, seed: `key ${attempt}` });
      const state = result.states[0]!;
      const raw = rawFrostKeys({ group: secp }, state);
      parities.add(raw.groupKey[0]!);
      const keys = frostKeys({ group: secp }, state);
      const message = new Uint8Array(32).fill(attempt);
      const signers = [1, 2, 4].map(
        (index) =>
          new FrostSigner(
            keys,
            toEvenShare(raw.groupKey, { index, secret: result.shares.get(index)! }),
          ),
      );
      let signing = startRobustSigning(keys, message);
      for (const signer of signers)
        signing = receiveReply(signing, {
          index: signer.index,
          commitment: signer.commit(message),
        }).state;
      for (const signer of signers) {
        const reply = {
          index: signer.index,
          commitment: signer.commit(message),
          share: signer.respond(signing.sessions[0]!.package),
        };
        signing = receiveReply(signing, reply).state;
      }
      expect(
        createFrostVerifier(keys.groupKey).verify(message, frostProof(signing.signature!)),
      ).toBe(true);
    }
    expect([...parities].sort()).toEqual([2, 3]);
  });
});

const SEVEN = { group: secp, size: 7 } as const;

const dealerThree = (...faults: readonly Fault[]): Faults => new Map([[3, faults]]);

describe('a dealer is excluded with evidence, identically everywhere, when it', () => {
  const cases: readonly {
    name: string;
    reason: string;
    faults: Faults;
    memberFaults?: Faults;
    packets: number;
  }[] = [
    {
      name: 'stays silent',
      reason: 'silent',
      faults: dealerThree({ kind: 'silent', phase: 'deal' }),
      packets: 0,
    },
    {
      name: 'deals late',
      reason: 'silent',
      faults: dealerThree({ kind: 'late', phase: 'deal' }),
      packets: 0,
    },
    {
      name: 'deals malformed',
      reason: 'malformed',
      faults: dealerThree({ kind: 'malformed', phase: 'deal' }),
      packets: 1,
    },
    {
      name: 'deals twice differently',
      reason: 'equivocation',
      faults: dealerThree({ kind: 'equivocate', phase: 'deal' }),
      packets: 2,
    },
    {
      name: 'deals bad shares to more than f',
      reason: 'complaints',
      faults: dealerThree({ kind: 'bad-share', members: [1, 2, 5] }),
      packets: 3,
    },
    {
      name: 'does not answer',
      reason: 'no-answer',
      faults: dealerThree({ kind: 'bad-share', members: [1] }, { kind: 'silent', phase: 'answer' }),
      packets: 1,
    },
    {
      name: 'answers late',
      reason: 'no-answer',
      faults: dealerThree({ kind: 'bad-share', members: [1] }, { kind: 'late', phase: 'answer' }),
      packets: 1,
    },
    {
      name: 'answers wrongly',
      reason: 'bad-answer',
      faults: dealerThree({ kind: 'bad-share', members: [1, 4] }, { kind: 'bad-answer' }),
      packets: 1,
    },
    {
      name: 'answers some only',
      reason: 'bad-answer',
      faults: dealerThree({ kind: 'bad-share', members: [1, 4] }, { kind: 'partial-answer' }),
      packets: 1,
    },
    {
      name: 'answers malformed',
      reason: 'bad-answer',
      faults: dealerThree(
        { kind: 'bad-share', members: [1] },
        { kind: 'malformed', phase: 'answer' },
      ),
      packets: 1,
    },
  ];
  it.each(cases)('$name', ({ reason, faults, packets }) => {
    const result = run({ ...SEVEN, dealerFaults: faults });
    const state = agreed(result);
    expect(state.phase).toBe('active');
    expect([...state.excluded]).toEqual([[3, reason]]);
    expect(state.result!.qualified).toEqual([1, 2, 4, 5, 6, 7]);
    const shown = state.evidence.find((item) => item.kind === 'excluded' && item.dealer === 3)!;
    expect(shown.packets).toHaveLength(packets);
    // The key is that of the others alone, and every member can use it.
    const secret = interpolate(secp, result, [1, 2, 3, 4, 5]);
    expect(secp.equal(secp.multiplyBase(secret), state.result!.groupKey)).toBe(true);
  });
});

describe('a dealer stays when it', () => {
  it('answers a complaint rightly, and the complaint is named', () => {
    const result = run({
      ...SEVEN,
      dealerFaults: new Map([[3, [{ kind: 'bad-share', members: [1, 4] }]]]),
    });
    const state = agreed(result);
    expect(state.phase).toBe('active');
    expect(state.result!.qualified).toContain(3);
    expect(state.evidence.map(({ kind }) => kind)).toEqual([
      'answered-complaint',
      'answered-complaint',
    ]);
    const secret = interpolate(secp, result, [1, 4, 5, 6, 7]);
    expect(secp.equal(secp.multiplyBase(secret), state.result!.groupKey)).toBe(true);
  });

  it('is accused falsely by f members; who accuses more than f dealers is a liar for certain', () => {
    const lie: Fault = { kind: 'false-complaint', dealers: [1, 3, 5] };
    const state = agreed(
      run({
        ...SEVEN,
        memberFaults: new Map([
          [2, [lie]],
          [6, [{ kind: 'false-complaint', dealers: [3] }]],
        ]),
      }),
    );
    expect(state.phase).toBe('active');
    expect(state.result!.qualified).toHaveLength(7);
    expect(state.evidence.filter(({ kind }) => kind === 'answered-complaint')).toHaveLength(4);
    expect(certainLiars(state.evidence, 2)).toEqual([2]);
  });

  it('repeats its packets, or is repeated', () => {
    const duplicates: Faults = new Map(
      [1, 4].map((i) => [i, [{ kind: 'duplicate', phase: 'deal' }]]),
    );
    const state = agreed(
      run({
        ...SEVEN,
        dealerFaults: duplicates,
        memberFaults: new Map([[2, [{ kind: 'duplicate', phase: 'confirm' }]]]),
      }),
    );
    expect(state.phase).toBe('active');
    expect(state.evidence).toEqual([]);
  });
});

describe('members', () => {
  it('that are silent or late in every phase do not stop the rest', () => {
    const absent = (phase: 'complain' | 'confirm'): Fault => ({ kind: 'silent', phase });
    const late = (phase: 'complain' | 'confirm'): Fault => ({ kind: 'late', phase });
    const state = agreed(
      run({
        ...SEVEN,
        memberFaults: new Map([
          [2, [absent('complain'), absent('confirm')]],
          [7, [late('complain'), late('confirm')]],
        ]),
      }),
    );
    expect(state.phase).toBe('active');
    expect([...state.confirmed]).toEqual([1, 3, 4, 5, 6, 7]);
  });

  it('that sign another transcript, equivocate or send rubbish are named', () => {
    const state = agreed(
      run({
        ...SEVEN,
        memberFaults: new Map<number, Fault[]>([
          [1, [{ kind: 'wrong-transcript' }]],
          [
            2,
            [
              { kind: 'equivocate', phase: 'complain' },
              { kind: 'malformed', phase: 'confirm' },
            ],
          ],
        ]),
      }),
    );
    expect(state.phase).toBe('active');
    expect(state.excluded.size).toBe(0);
    expect(state.evidence.map(({ kind }) => kind)).toEqual([
      'equivocation',
      'wrong-transcript',
      'malformed',
    ]);
  });

  it('of which more than f do not confirm leave no key', () => {
    const silent: Faults = new Map(
      [1, 2, 3].map((i) => [i, [{ kind: 'silent', phase: 'confirm' }]]),
    );
    const state = agreed(run({ ...SEVEN, memberFaults: silent }));
    expect(state.phase).toBe('failed');
    expect(() => blsKeys({ group: secp }, state)).toThrow('keygen.active');
  });

  it('of which more than f do not deal leave no key', () => {
    const silent: Faults = new Map([1, 2, 3].map((i) => [i, [{ kind: 'silent', phase: 'deal' }]]));
    expect(agreed(run({ ...SEVEN, dealerFaults: silent })).phase).toBe('failed');
  });
});

describe('any f faulty members', () => {
  const phase = fc.constantFrom('deal', 'complain', 'answer', 'confirm');
  const fault: fc.Arbitrary<Fault> = fc.oneof(
    fc.record({
      kind: fc.constantFrom('silent', 'late', 'duplicate', 'malformed', 'equivocate'),
      phase,
    }) as fc.Arbitrary<Fault>,
    fc.record({
      kind: fc.constant('bad-share' as const),
      members: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant('false-complaint' as const),
      dealers: fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constantFrom('bad-answer', 'partial-answer', 'wrong-transcript'),
    }) as fc.Arbitrary<Fault>,
  );
  it('neither stop key generation, nor exclude an honest dealer, nor split the honest members', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 2 }),
        fc.array(fault, { minLength: 1, maxLength: 6 }),
        (liars, faults) => {
          const share = new Map(
            liars.map((liar, i) => [liar, faults.filter((_, j) => j % liars.length === i)]),
          );
          const result = run({ ...SEVEN, dealerFaults: share, memberFaults: share });
          const state = agreed(result);
          expect(state.phase).toBe('active');
          for (const dealer of state.excluded.keys()) expect(liars).toContain(dealer);
          const honest = [1, 2, 3, 4, 5, 6, 7]
            .filter((member) => !liars.includes(member))
            .slice(0, 5);
          const secret = interpolate(secp, result, honest);
          expect(secp.equal(secp.multiplyBase(secret), state.result!.groupKey)).toBe(true);
          for (const liar of certainLiars(state.evidence, 2)) expect(liars).toContain(liar);
        },
      ),
      { numRuns: 15, seed: 9 },
    );
  });
});

describe('larger committees', () => {
  const mixed = (size: number): Faults => {
    const { faults } = committeeBounds(size);
    const kinds: readonly Fault[][] = [
      [{ kind: 'silent', phase: 'deal' }],
      [{ kind: 'late', phase: 'deal' }],
      [{ kind: 'malformed', phase: 'deal' }],
      [{ kind: 'equivocate', phase: 'deal' }],
      [{ kind: 'bad-share', members: [1] }, { kind: 'bad-answer' }],
      [
        { kind: 'bad-share', members: [1] },
        { kind: 'silent', phase: 'answer' },
      ],
    ];
    return new Map(Array.from({ length: faults }, (_, i) => [size - i, kinds[i % kinds.length]!]));
  };
  it.each([
    [10, secp],
    [31, secp],
    [31, blsKeyGroup(mcl)],
  ] as const)('of %i exclude f cheating dealers of all kinds', (size, group) => {
    const state = agreed(run({ group, size, dealerFaults: mixed(size), watchers: [1, 2, 5] }));
    expect(state.phase).toBe('active');
    expect([...state.excluded.keys()].sort((a, b) => a - b)).toEqual(
      [...mixed(size).keys()].sort((a, b) => a - b),
    );
  });
  it('bounds hold: two quorums share an honest member, and the honest reach one', () => {
    for (let size = 1; size <= 1000; size += 1) {
      const { faults, threshold } = committeeBounds(size);
      expect(size).toBeGreaterThanOrEqual(3 * faults + 1);
      expect(2 * threshold - size).toBeGreaterThan(faults);
      expect(threshold).toBeLessThanOrEqual(size - faults);
      if (size % 3 === 1) expect(threshold).toBe(2 * faults + 1);
    }
  });
});
