import { describe, expect, it } from 'vitest';
import { createNativeEngine } from '../node/paillier-native.ts';
import { refusedOnlyBy, withoutChecks } from '../testing/checks.ts';
import { seededRandom } from '../testing/random.ts';
import { portableEngine } from './portable-engine.ts';
import { bitLength, gcd } from './integers.ts';
import {
  decodeSecretKey,
  encodeSecretKey,
  generateKey,
  generatePaperKey,
  secretFromPrimes,
} from './key.ts';
import { isProbablePrime } from './primality.ts';
import { platformRandom } from '../internal/random.ts';

const native = createNativeEngine();

describe('key generation', () => {
  it.each([
    [native, 512],
    [native, 1024],
    [portableEngine, 512],
  ] as const)('keeps every rule (%o, %i bits)', (engine, bits) => {
    const {
      p,
      q,
      public: { n },
    } = generatePaperKey(engine, bits);
    expect(bitLength(n)).toBe(bits);
    expect(p * q).toBe(n);
    expect(
      [p, q].every(
        (prime) =>
          isProbablePrime(prime, platformRandom) &&
          prime % 4n === 3n &&
          prime >> BigInt(bits / 2 - 2) === 3n,
      ),
    ).toBe(true);
    expect(gcd(n, (p - 1n) * (q - 1n))).toBe(1n);
    expect(bitLength(p > q ? p - q : q - p)).toBeGreaterThan(bits / 2 - 100);
  });

  it('has 3,072 bits unless asked otherwise', () => {
    expect(bitLength(generateKey(native).public.n)).toBe(3072);
  });

  it('depends on its random source alone, where a test gives one', () => {
    const [a, b] = [1, 2].map(() => generatePaperKey(native, 512, seededRandom('key')));
    expect(a).toEqual(b);
    expect(generatePaperKey(native, 512).p).not.toBe(a!.p);
  });

  it('never returns a key of a source that repeats itself', () => {
    const { p } = generatePaperKey(native, 512);
    const stuck = { ...native, prime: () => p };
    expect(() => generatePaperKey(stuck, 512)).toThrow('CRYPTO_ENGINE');
  });
});

describe('the rules', () => {
  const { p, q } = generatePaperKey(native, 512, seededRandom('rules'));
  const nextPrime = (from: bigint, modulo4: bigint): bigint => {
    let candidate = from;
    while (candidate % 4n !== modulo4 || !isProbablePrime(candidate, platformRandom, 10))
      candidate += 1n;
    return candidate;
  };

  it('refuse equal primes', () => {
    // With p = q nothing after the check can be computed, so the key fails without it as well; the id tells which refused.
    expect(() => secretFromPrimes(p, p, 512)).toThrow('paillier.primes-differ');
    expect(() =>
      withoutChecks(['paillier.primes-differ'], () => secretFromPrimes(p, p, 512)),
    ).toThrow('paillier.invertible');
  });

  it.each([
    ['a prime 1 mod 4', 'paillier.primes-blum', p, nextPrime(q + 1n, 1n)],
    [
      'a prime without its second bit',
      'paillier.primes-top',
      p,
      nextPrime((2n << 254n) + (q % (1n << 250n)), 3n),
    ],
    ['primes so close that Fermat finds them', 'paillier.primes-apart', p, nextPrime(p + 2n, 3n)],
  ])('refuse %s', (_name, id, first, second) => {
    expect(refusedOnlyBy(id, () => secretFromPrimes(first, second, 512))).toBe(true);
  });

  it('refuse q - 1 divisible by p: n-th powers would then collide', () => {
    // Small numbers with the shape: 7 | 29 - 1. The size rules are taken away to reach the rule under test.
    const shape = ['paillier.primes-top', 'paillier.primes-blum', 'paillier.primes-apart'];
    expect(() => withoutChecks(shape, () => secretFromPrimes(7n, 29n, 512))).toThrow(
      'paillier.gcd-phi',
    );
    expect(() =>
      withoutChecks([...shape, 'paillier.gcd-phi'], () => secretFromPrimes(7n, 29n, 512)),
    ).toThrow('paillier.invertible');
  });
});

describe('a stored secret key', () => {
  // Seeded: of a random damaged prime another rule may refuse the key first.
  const secret = generateKey(native, 2048, seededRandom('stored key'));

  it('is read back whole', () => {
    expect(decodeSecretKey(encodeSecretKey(secret))).toEqual(secret);
  });

  it('is refused when cut, of a paper size, or with a composite', () => {
    const bytes = encodeSecretKey(secret);
    expect(() => decodeSecretKey(bytes.subarray(2))).toThrow('paillier.secret-length');
    expect(
      refusedOnlyBy('paillier.secret-length', () =>
        decodeSecretKey(encodeSecretKey(generatePaperKey(native, 1024))),
      ),
    ).toBe(true);
    const damaged = Uint8Array.from(bytes);
    damaged[damaged.length - 1]! ^= 4;
    expect(refusedOnlyBy('paillier.secret-primes', () => decodeSecretKey(damaged))).toBe(true);
  });
});
