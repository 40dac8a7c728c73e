import { describe, expect, it } from 'vitest';
import { randomPrimePortable } from '../paillier/primality.ts';
import { seededRandom } from '../testing/random.ts';
import { makeRandomSource, randomBelow } from './random.ts';

/** A source that is broken: it knows no bit but 0. */
const zeros = makeRandomSource((length) => new Uint8Array(length));
const withCode = (code: string): unknown => expect.objectContaining({ code });

describe('a random integer', () => {
  it('stands from 1 to below the bound, both ends included', () => {
    const random = seededRandom('below');
    const drawn = new Set(Array.from({ length: 100 }, () => randomBelow(4n, random)));
    expect([...drawn].sort()).toEqual([1n, 2n, 3n]);
  });

  it.each([1n, 0n, -5n])('does not exist below %s', (below) => {
    expect(() => randomBelow(below, seededRandom('none'))).toThrow(withCode('CRYPTO_RANGE'));
  });
});

describe('a broken source', () => {
  it('gives no integer, instead of 0 or none', () => {
    expect(() => randomBelow(1n << 64n, zeros)).toThrow(withCode('CRYPTO_ENGINE'));
  });

  it('gives no prime', () => {
    expect(() => randomPrimePortable(16, zeros)).toThrow(withCode('CRYPTO_ENGINE'));
  });
});
