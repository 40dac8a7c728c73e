import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { portableEngine } from '../paillier/portable-engine.ts';
import { createNativeEngine } from './paillier-native.ts';

const native = createNativeEngine(4);

describe('the native modular power', () => {
  it("equals BigInt for random odd moduli on both sides of OpenSSL's limits", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 1100 }),
        fc.bigInt({ min: 0n }),
        fc.bigInt({ min: 0n }),
        fc.bigInt({ min: 0n }),
        (bits, a, b, c) => {
          const modulus = (1n << BigInt(bits)) + 2n * (a % (1n << BigInt(bits - 1))) + 1n;
          const base = b % modulus;
          expect(native.powMod(base, c, modulus)).toBe(portableEngine.powMod(base, c, modulus));
        },
      ),
      { seed: 7, numRuns: 200 },
    );
  });

  const modulus = (1n << 700n) + 15n;
  it.each([
    ['base 0', 0n, 5n],
    ['base 1', 1n, 5n],
    ['base -1, odd', modulus - 1n, 5n],
    ['base -1, even', modulus - 1n, 6n],
    ['exponent 0', 7n, 0n],
    ['exponent 1', 7n, 1n],
    ['base above the modulus', modulus + 7n, 3n],
  ])('takes %s', (_name, base, exponent) => {
    expect(native.powMod(base, exponent, modulus)).toBe(
      portableEngine.powMod(base, exponent, modulus),
    );
  });

  it('takes a power that is 1, which OpenSSL refuses to return', () => {
    const prime = (1n << 521n) - 1n;
    expect(native.powMod(3n, prime - 1n, prime)).toBe(1n);
  });

  it('takes an even modulus, a tiny one and one beyond 10,000 bits', () => {
    for (const m of [1n << 600n, 15n, (1n << 10_100n) + 1n])
      expect(native.powMod(6n, 77n, m)).toBe(portableEngine.powMod(6n, 77n, m));
  });

  it('gives right answers while moduli push each other out of the cache', () => {
    for (let round = 0; round < 3; round += 1) {
      for (let i = 0n; i < 6n; i += 1n) {
        const m = (1n << 520n) + 2n * i + 1n;
        expect(native.powMod(12_345n, 1n << 100n, m)).toBe(
          portableEngine.powMod(12_345n, 1n << 100n, m),
        );
      }
    }
  });
});
