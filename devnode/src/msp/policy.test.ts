import fc from 'fast-check';
import shim from 'fabric-shim';
import { describe, expect, it } from 'vitest';
import {
  evaluatePolicy,
  layoutsSatisfying,
  layoutsSatisfyingAll,
  majorityEndorsement,
} from './evaluate-policy.ts';
import { MspError } from './msp-error.ts';
import { parsePolicy } from './parse-policy.ts';
import { policyFromBytes, policyToBytes } from './policy-codec.ts';
import type { Role } from './types.ts';

const { KeyEndorsementPolicy } = shim;

function someone(mspId: string, role: Role = 'peer', id = `${mspId}.${role}`) {
  return { id, mspId, role };
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return error instanceof MspError ? error.code : `other: ${String(error)}`;
  }
  return undefined;
}

describe('parsePolicy', () => {
  it('reads gates in all spellings, both quotes and free spacing', () => {
    const expected = parsePolicy("OutOf(2,'Org1MSP.peer','Org2MSP.peer')");
    expect(parsePolicy(`  AND ( "Org1MSP.peer" ,'Org2MSP.peer' ) `)).toEqual(expected);
    expect(parsePolicy("and('Org1MSP.peer','Org2MSP.peer')")).toEqual(expected);
    expect(parsePolicy("OUTOF('2','Org1MSP.peer','Org2MSP.peer')")).toEqual(expected);
  });

  it('numbers the principals of inner gates first, as Fabric does', () => {
    const policy = parsePolicy("OR('A.member', AND('B.admin', 'C.client'), 'D.orderer')");
    expect(policy.principals.map(({ mspId }) => mspId)).toEqual(['B', 'C', 'A', 'D']);
    expect(policy.rule).toEqual({
      kind: 'out-of',
      n: 1,
      rules: [
        { kind: 'signed-by', principal: 2 },
        {
          kind: 'out-of',
          n: 2,
          rules: [
            { kind: 'signed-by', principal: 0 },
            { kind: 'signed-by', principal: 1 },
          ],
        },
        { kind: 'signed-by', principal: 3 },
      ],
    });
  });

  it('allows n + 1 out of n, which nobody satisfies, and no more', () => {
    const policy = parsePolicy("OutOf(2, 'A.peer')");
    expect(evaluatePolicy(policy, [someone('A'), someone('A', 'peer', 'second')])).toBe(false);
    expect(codeOf(() => parsePolicy("OutOf(3, 'A.peer')"))).toBe('MALFORMED_POLICY');
  });

  it.each([
    '',
    "'Org1MSP.peer'",
    'AND()',
    'OutOf(1)',
    "OutOf(true, 'A.member')",
    'OutOf(1, 2)',
    "OutOf(1, 'true')",
    "OutOf(-1, 'A.member')",
    "XOR('A.peer','B.peer')",
    "AND('A.peer','B.peer'",
    "AND('A.peer' 'B.peer')",
    "AND('A.peer',)",
    "AND('A.boss')",
    "AND('A peer.member')",
    "AND('A.peer') OR('B.peer')",
    'AND(\'A.peer")',
    "AND('A.peer');",
    `${'AND('.repeat(100)}'A.peer'${')'.repeat(100)}`,
  ])('refuses %s', (dsl) => {
    expect(codeOf(() => parsePolicy(dsl))).toBe('MALFORMED_POLICY');
  });

  it('throws nothing but MALFORMED_POLICY on any text', () => {
    const words = fc.constantFrom(
      'AND',
      'OR',
      'OutOf',
      '(',
      ')',
      ',',
      "'A.peer'",
      '1',
      '"',
      ' ',
      'x',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 60 }),
          fc.array(words, { maxLength: 14 }).map((list) => list.join('')),
        ),
        (dsl) => {
          expect([undefined, 'MALFORMED_POLICY']).toContain(codeOf(() => parsePolicy(dsl)));
        },
      ),
      { seed: 3, numRuns: 1000 },
    );
  });
});

describe('policy octets', () => {
  it('are those that fabric-shim writes for a key-level policy', () => {
    const policy = new KeyEndorsementPolicy();
    policy.addOrgs('PEER', 'Org1MSP');
    const ours = policyToBytes(parsePolicy("AND('Org1MSP.peer')"));
    expect(Buffer.from(ours)).toEqual(Buffer.from(policy.getPolicy()));
    expect(ours).toHaveLength(25);
  });

  it('survive a round trip', () => {
    const policy = parsePolicy("OutOf(2,'A.member','B.admin',OR('C.client','D.orderer'),'E.peer')");
    expect(policyFromBytes(policyToBytes(policy))).toEqual(policy);
    expect(policyFromBytes(policyToBytes(majorityEndorsement(['A', 'B', 'C'])))).toEqual(
      majorityEndorsement(['A', 'B', 'C']),
    );
  });

  it('throw nothing but MspError when they are garbage', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        const code = codeOf(() => policyFromBytes(bytes)) ?? 'none';
        expect(['none', 'MALFORMED_POLICY', 'UNSUPPORTED_POLICY']).toContain(code);
      }),
      { seed: 4, numRuns: 1000 },
    );
    expect(codeOf(() => policyFromBytes(Buffer.from('not a policy')))).toBe('MALFORMED_POLICY');
    expect(codeOf(() => policyFromBytes(Buffer.alloc(0)))).toBe('MALFORMED_POLICY');
  });

  it('refuse a principal index out of range', () => {
    const policy = parsePolicy("AND('A.peer','B.peer')");
    const bytes = policyToBytes({ ...policy, principals: policy.principals.slice(0, 1) });
    expect(codeOf(() => policyFromBytes(bytes))).toBe('MALFORMED_POLICY');
  });
});

describe('evaluatePolicy', () => {
  const twoOfThree = parsePolicy("OutOf(2,'A.peer','B.peer','C.peer')");

  it('counts an identity once however often it signed', () => {
    const twice = parsePolicy("AND('A.peer','A.peer')");
    expect(evaluatePolicy(twice, [someone('A'), someone('A')])).toBe(false);
    expect(evaluatePolicy(twice, [someone('A'), someone('A', 'peer', 'second')])).toBe(true);
  });

  it('tells roles apart; member is any of them', () => {
    expect(evaluatePolicy(parsePolicy("AND('A.peer')"), [someone('A', 'client')])).toBe(false);
    expect(evaluatePolicy(parsePolicy("AND('A.admin')"), [someone('A', 'admin')])).toBe(true);
    expect(evaluatePolicy(parsePolicy("AND('A.member')"), [someone('A', 'orderer')])).toBe(true);
    expect(evaluatePolicy(parsePolicy("AND('A.member')"), [someone('B')])).toBe(false);
  });

  it('does not backtrack, as Fabric does not', () => {
    const policy = parsePolicy("AND('A.member','A.admin')");
    const peer = someone('A');
    const admin = someone('A', 'admin');
    expect(evaluatePolicy(policy, [peer, admin])).toBe(true);
    expect(evaluatePolicy(policy, [admin, peer])).toBe(false);
  });

  it('gives back what a failed branch used', () => {
    const policy = parsePolicy("OR(AND('A.peer','Z.peer'),AND('A.peer','B.peer'))");
    expect(evaluatePolicy(policy, [someone('A'), someone('B')])).toBe(true);
  });

  it('asks for the threshold, no less', () => {
    expect(evaluatePolicy(twoOfThree, [someone('A')])).toBe(false);
    expect(evaluatePolicy(twoOfThree, [someone('C'), someone('A')])).toBe(true);
    expect(evaluatePolicy(majorityEndorsement(['A', 'B']), [someone('A')])).toBe(false);
    expect(evaluatePolicy(majorityEndorsement(['A', 'B']), [someone('A'), someone('B')])).toBe(
      true,
    );
    expect(evaluatePolicy(majorityEndorsement(['A', 'B', 'C']), [someone('A'), someone('C')])).toBe(
      true,
    );
  });
});

describe('layoutsSatisfying', () => {
  const layoutsOf = (dsl: string) => layoutsSatisfying(parsePolicy(dsl)).map((map) => [...map]);

  it('gives the minimal layouts, smallest first', () => {
    expect(layoutsOf("OR(AND('B.peer','A.peer'),'C.member')")).toEqual([
      [['C', 1]],
      [
        ['A', 1],
        ['B', 1],
      ],
    ]);
    const names = layoutsSatisfying(majorityEndorsement(['A', 'B', 'C'])).map((map) => [
      ...map.keys(),
    ]);
    expect(names).toEqual([
      ['A', 'B'],
      ['A', 'C'],
      ['B', 'C'],
    ]);
  });

  it('asks for as many peers of an organisation as the policy does', () => {
    expect(layoutsOf("AND('A.peer','A.member')")).toEqual([[['A', 2]]]);
    expect(layoutsOf("OutOf(2,'A.peer','A.peer','B.peer')")).toEqual([
      [
        ['A', 1],
        ['B', 1],
      ],
      [['A', 2]],
    ]);
  });

  it('lets one signature count for several policies', () => {
    const all = layoutsSatisfyingAll(
      ["AND('A.peer','B.peer')", "OR('A.peer','C.peer')", "AND('A.peer','A.peer')"].map((dsl) =>
        parsePolicy(dsl),
      ),
    );
    expect(all.map((map) => [...map])).toEqual([
      [
        ['A', 2],
        ['B', 1],
      ],
    ]);
    expect(layoutsSatisfyingAll([]).map((map) => [...map])).toEqual([[]]);
  });

  it('leaves out what no peer can satisfy', () => {
    expect(layoutsOf("AND('A.peer','B.admin')")).toEqual([]);
    expect(layoutsOf("OR('A.peer','B.admin')")).toEqual([[['A', 1]]]);
  });

  it('refuses a policy with too many layouts', () => {
    const members = Array.from({ length: 20 }, (_, index) => `'O${index}.peer'`).join(',');
    expect(codeOf(() => layoutsSatisfying(parsePolicy(`OutOf(10,${members})`)))).toBe(
      'UNSUPPORTED_POLICY',
    );
  });

  it('gives only sets that evaluatePolicy accepts, and misses none', () => {
    const mspIds = ['A', 'B', 'C', 'D'];
    const leaf = fc.constantFrom(...mspIds).map((mspId) => `'${mspId}.peer'`);
    const { gate } = fc.letrec<{ gate: string }>((tie) => ({
      gate: fc
        .tuple(
          fc.integer({ min: 1, max: 3 }),
          fc.array(fc.oneof({ maxDepth: 2 }, leaf, tie('gate')), { minLength: 3, maxLength: 4 }),
        )
        .map(([n, children]) => `OutOf(${n},${children.join(',')})`),
    }));
    fc.assert(
      fc.property(gate, (dsl) => {
        const policy = parsePolicy(dsl);
        const sets = layoutsSatisfying(policy).map((layout) => [...layout.keys()]);
        // Plenty of peers in each organisation, so that only the choice of organisations matters.
        const peersOf = (chosen: readonly string[]) =>
          chosen.flatMap((mspId) =>
            Array.from({ length: 64 }, (_, peer) => someone(mspId, 'peer', `${mspId}${peer}`)),
          );
        for (let mask = 0; mask < 16; mask += 1) {
          const chosen = mspIds.filter((_, bit) => (mask & (1 << bit)) !== 0);
          const covered = sets.some((set) => set.every((mspId) => chosen.includes(mspId)));
          expect(evaluatePolicy(policy, peersOf(chosen)), `${dsl} by ${chosen.join()}`).toBe(
            covered,
          );
        }
      }),
      { seed: 5, numRuns: 100 },
    );
  });
});
