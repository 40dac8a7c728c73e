import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { CurveEngine } from '../bls/engine.ts';
import { loadMclEngine } from '../bls/mcl-engine.ts';
import { nobleEngine } from '../bls/noble-engine.ts';
import { concat, integerBytes } from '../encoding/bytes.ts';
import { isCryptoError } from '../errors.ts';
import { refusedOnlyBy } from '../testing/checks.ts';
import { hex } from '../testing/vectors.ts';
import { blsKeyGroup } from './bls-g2.ts';
import { evaluateCommitment, type PrimeGroup } from './group.ts';
import { ristretto255Group, secp256k1Group } from './noble-groups.ts';

const mcl = (await loadMclEngine()) as CurveEngine;
const groups = [
  blsKeyGroup(nobleEngine) as PrimeGroup<unknown>,
  blsKeyGroup(mcl),
  secp256k1Group as PrimeGroup<unknown>,
  ristretto255Group as PrimeGroup<unknown>,
];

describe.each(groups)('in $name', (of) => {
  const secret = 1234567n;
  const commitment = of.multiplyBase(secret);

  it('sums and multiples follow the exponents', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n, max: of.order - 1n }),
        fc.bigInt({ min: 0n, max: of.order - 1n }),
        (a, b) => {
          const [left, right] = [of.multiplyBase(a), of.multiply(commitment, b)];
          const sum = (a + secret * b) % of.order;
          const expected = sum === 0n ? of.identity : of.multiplyBase(sum);
          expect(of.equal(of.add(left, right), expected)).toBe(true);
          expect(
            of.equal(of.multiplySum([of.multiplyBase(1n), commitment], [a, b]), expected),
          ).toBe(true);
          expect(of.isIdentity(of.add(left, of.multiply(left, of.order - 1n)))).toBe(true);
        },
      ),
      { numRuns: 6, seed: 13 },
    );
    expect(of.isIdentity(of.multiplySum([], []))).toBe(true);
    expect(of.isIdentity(of.multiply(commitment, 0n))).toBe(true);
  });

  it('a committed polynomial has the value of the polynomial at every index', () => {
    const coefficients = [11n, 5n, 3n, 999_999_937n];
    const points = coefficients.map((value) => of.multiplyBase(value));
    for (const index of [1, 2, 3, 7, 8, 100, 512, 1000]) {
      const value = coefficients.reduceRight((sum, c) => (sum * BigInt(index) + c) % of.order, 0n);
      expect(of.equal(evaluateCommitment(of, points, index), of.multiplyBase(value))).toBe(true);
    }
    expect(of.isIdentity(evaluateCommitment(of, [], 5))).toBe(true);
  });

  it('points are canonical members, never the identity', () => {
    const bytes = of.encode(commitment);
    expect(bytes).toHaveLength(of.pointLength);
    expect(of.equal(of.parse(bytes), commitment)).toBe(true);
    expect(() => of.parse(concat(bytes, Uint8Array.of(0)))).toThrow();
    expect(() => of.parse(new Uint8Array(of.pointLength))).toThrow();
    expect(() => of.encode(of.identity)).toThrow();
    expect(() => of.encode(of.add(commitment, of.multiplyBase(of.order - secret)))).toThrow();
  });

  it('random bytes are refused or read back', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: of.pointLength, maxLength: of.pointLength }),
        (bytes) => {
          try {
            return hex(of.encode(of.parse(bytes))) === hex(bytes);
          } catch (error) {
            return isCryptoError(error);
          }
        },
      ),
      { numRuns: 60, seed: 12 },
    );
  });
});

describe('noble groups', () => {
  it('refuse other lengths, the identity, other encodings', () => {
    const { x, y } = secp256k1Group.multiplyBase(5n).toAffine();
    const full = concat(Uint8Array.of(4), integerBytes(x, 32), integerBytes(y, 32));
    expect(refusedOnlyBy('group.point-canonical', () => secp256k1Group.parse(full))).toBe(true);
    expect(
      refusedOnlyBy('group.point-identity', () => ristretto255Group.parse(new Uint8Array(32))),
    ).toBe(true);
    expect(
      refusedOnlyBy('group.encode-identity', () =>
        ristretto255Group.encode(ristretto255Group.identity),
      ),
    ).toBe(true);
    expect(() => ristretto255Group.parse(Uint8Array.of(1, ...new Uint8Array(31)))).toThrow(
      'group.point',
    );
  });
});
