import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNativeEngine } from '../node/paillier-native.ts';
import { seededRandom } from '../testing/random.ts';
import { refusedOnlyBy } from '../testing/checks.ts';
import { addCiphertexts, decrypt, encrypt } from './cipher.ts';
import { divide, idToInteger, integerToId, recombine } from './divide.ts';
import { generatePaperKey } from './key.ts';

const native = createNativeEngine();
const secret = generatePaperKey(native, 512, seededRandom('divide'));
const key = secret.public;
const id = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('Div', () => {
  it('gives summands whose sum modulo n is the id, for every k', () => {
    fc.assert(
      fc.property(id, fc.integer({ min: 2, max: 16 }), (bytes, k) => {
        const fragments = divide(key, idToInteger(bytes), k);
        expect(fragments).toHaveLength(k);
        expect(fragments.every((fragment) => fragment >= 0n && fragment < key.n)).toBe(true);
        expect(integerToId(recombine(key, fragments))).toEqual(bytes);
      }),
      { seed: 6, numRuns: 100 },
    );
  });

  it('makes two fragments unless told otherwise', () => {
    expect(divide(key, 1n)).toHaveLength(2);
  });

  it('makes summands as large as n for a small id: their size says nothing', () => {
    const sizes = Array.from({ length: 50 }, () => divide(key, 1n))
      .flat()
      .map((fragment) => fragment.toString(16).length);
    expect(Math.max(...sizes)).toBeGreaterThan(125);
    expect(sizes.filter((size) => size < 60)).toEqual([]);
  });

  it("goes through encryption: the paper's whole procedure with four fragments", () => {
    const lockId = new Uint8Array(32).fill(0xab);
    const [first, ...others] = divide(key, idToInteger(lockId), 4).map((fragment) =>
      encrypt(key, fragment, native),
    );
    expect(integerToId(decrypt(secret, addCiphertexts(key, first!, ...others), native))).toEqual(
      lockId,
    );
  });

  it("fails when one fragment is replaced, left out or added (the paper's theorems 4 and 5, Tables 3 to 6)", () => {
    const value = idToInteger(new Uint8Array(32).fill(0xcd));
    const fragments = divide(key, value, 4);
    expect(recombine(key, [...fragments.slice(1), fragments[0]! ^ 1n])).not.toBe(value);
    expect(recombine(key, fragments.slice(1))).not.toBe(value);
    expect(recombine(key, [...fragments, 1n])).not.toBe(value);
  });

  it('refuses ids outside [0, n), counts outside 2 to 16 and ids that are not 32 bytes', () => {
    expect(refusedOnlyBy('divide.id-range', () => divide(key, key.n))).toBe(true);
    expect(refusedOnlyBy('divide.count', () => divide(key, 1n, 1))).toBe(true);
    expect(refusedOnlyBy('divide.count', () => divide(key, 1n, 17))).toBe(true);
    expect(refusedOnlyBy('divide.id-length', () => idToInteger(new Uint8Array(33)))).toBe(true);
    expect(refusedOnlyBy('divide.id-fits', () => integerToId(1n << 256n))).toBe(true);
  });
});
