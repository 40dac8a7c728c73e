import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { platformRandom } from '../internal/random.ts';
import { bitLength, gcd, integerRoot, inverse, powModPortable } from './integers.ts';
import { hasSmallFactor, isPerfectPower, isProbablePrime } from './primality.ts';

const isPrime = (n: bigint): boolean => isProbablePrime(n, platformRandom);

describe('primality', () => {
  it('knows small numbers as a sieve does', () => {
    const sieve = new Uint8Array(70_000);
    for (let i = 2; i < sieve.length; i += 1) {
      if (sieve[i] === 0) for (let j = 2 * i; j < sieve.length; j += i) sieve[j] = 1;
    }
    for (let n = 0; n < 2_000; n += 1) expect(isPrime(BigInt(n))).toBe(n > 1 && sieve[n] === 0);
    for (let n = 65_400; n < 65_700; n += 1) expect(isPrime(BigInt(n))).toBe(sieve[n] === 0);
  });

  it.each([2n ** 127n - 1n, 2n ** 255n - 19n, 998_244_353n, 2n ** 521n - 1n])('knows %i', (n) => {
    expect(isPrime(n)).toBe(true);
    expect(isPrime(n * (2n ** 89n - 1n))).toBe(false);
    expect(isPrime(n * n)).toBe(false);
  });

  it('is not deceived by strong pseudoprimes to small bases (OEIS A014233)', () => {
    for (const n of [
      3_215_031_751n,
      3_825_123_056_546_413_051n,
      318_665_857_834_031_151_167_461n,
    ]) {
      expect(isPrime(n)).toBe(false);
    }
  });

  it('finds factors up to 65,537 and none above', () => {
    for (const factor of [2n, 3n, 257n, 65_521n, 65_537n])
      expect(hasSmallFactor(factor * (2n ** 127n - 1n))).toBe(true);
    expect(hasSmallFactor(65_539n * 65_543n)).toBe(false);
    expect(hasSmallFactor(65_537n)).toBe(false);
  });

  it('finds every power of numbers above the bound', () => {
    for (const base of [65_539n, 2n ** 127n - 1n]) {
      for (const exponent of [2n, 3n, 5n, 6n, 7n]) {
        expect(isPerfectPower(base ** exponent)).toBe(true);
        expect(isPerfectPower(base ** exponent + 2n)).toBe(false);
      }
    }
  });
});

describe('integers', () => {
  const positive = fc.bigInt({ min: 1n, max: 2n ** 300n });

  it('roots, inverses, divisors, lengths and powers are what they are called', () => {
    fc.assert(
      fc.property(positive, positive, fc.integer({ min: 2, max: 9 }), (a, b, degree) => {
        const root = integerRoot(a, degree);
        expect(root ** BigInt(degree) <= a && (root + 1n) ** BigInt(degree) > a).toBe(true);
        const divisor = gcd(a, b);
        expect([a % divisor, b % divisor, gcd(a / divisor, b / divisor)]).toEqual([0n, 0n, 1n]);
        const inverted = inverse(a, b);
        expect(inverted === undefined).toBe(divisor !== 1n);
        if (inverted !== undefined) expect((a * inverted) % b).toBe(1n % b);
        expect(bitLength(a)).toBe(a.toString(2).length);
        expect(powModPortable(a, BigInt(degree), b)).toBe(a ** BigInt(degree) % b);
      }),
      { seed: 25, numRuns: 200 },
    );
  });
});
