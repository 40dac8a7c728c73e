import { describe, expect, it } from 'vitest';
import { createNativeEngine } from '../node/paillier-native.ts';
import { seededRandom } from '../testing/random.ts';
import { decrypt } from './cipher.ts';
import { generatePaperKey } from './key.ts';
import { createUnitPool } from './pool.ts';
import { shortExponentBase, shortExponentEncryptor } from './short-exponent.ts';

const native = createNativeEngine();
const secret = generatePaperKey(native, 512, seededRandom('pool'));
const key = secret.public;

describe('the pool of units', () => {
  it('gives each power once and then says that it is empty', () => {
    const pool = createUnitPool(key, native);
    pool.fill(3);
    const made = [pool.encrypt(7n), pool.encrypt(7n), pool.encrypt(7n)];
    expect(new Set(made).size).toBe(3);
    expect(made.map((c) => decrypt(secret, c, native))).toEqual([7n, 7n, 7n]);
    expect(() => pool.encrypt(7n)).toThrow('CRYPTO_STATE');
  });

  it('uses a power up even when the plaintext is refused', () => {
    const pool = createUnitPool(key, native);
    pool.fill(1);
    expect(() => pool.encrypt(key.n)).toThrow('paillier.plaintext-range');
    expect(pool.size()).toBe(0);
  });

  it('holds no more than its capacity, and nothing after clear', () => {
    const pool = createUnitPool(key, native, 2);
    pool.fill(10);
    expect(pool.size()).toBe(2);
    pool.clear();
    expect(pool.size()).toBe(0);
  });
});

describe('short exponents', () => {
  it('decrypt like any other ciphertext', () => {
    const encryptor = shortExponentEncryptor(key, native);
    const made = [encryptor.encrypt(11n), encryptor.encrypt(11n)];
    expect(made[0]).not.toBe(made[1]);
    expect(made.map((c) => decrypt(secret, c, native))).toEqual([11n, 11n]);
  });

  it('take their base from the modulus alone', () => {
    expect(shortExponentBase(key)).toBe(shortExponentBase({ ...key }));
    expect(shortExponentBase(generatePaperKey(native, 512).public)).not.toBe(
      shortExponentBase(key),
    );
  });
});
