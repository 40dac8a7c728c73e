import { bytesInteger, integerBytes } from '../encoding/bytes.ts';
import { check, holds } from '../internal/check.ts';
import { platformRandom, randomBelow, type RandomSource } from '../internal/random.ts';
import type { PaillierEngine } from './engine.ts';
import { gcd } from './integers.ts';
import type { PublicKey, SecretKey } from './key.ts';

/** A ciphertext that passed {@link parseCiphertext}'s checks, or was made here. */
export type Ciphertext = bigint & { readonly __ciphertext: unique symbol };

/**
 * (1 + m n) r^n mod n^2 with a fresh r (Paillier 1999; the paper prints g^(m+r), which cannot be decrypted: a slip).
 * @param m in [0, n).
 * @throws {CryptoError} CRYPTO_RANGE. Cost: one power r^n mod n^2.
 */
export function encrypt(
  key: PublicKey,
  m: bigint,
  engine: PaillierEngine,
  random: RandomSource = platformRandom,
): Ciphertext {
  return encryptWithUnit(key, m, engine.unit(key.n, key.nSquared, randomUnit(key, random)));
}

/** (1 + m n) unit mod n^2, for a `unit` = r^n that is used once and never again (pool.ts, short-exponent.ts). */
export function encryptWithUnit(key: PublicKey, m: bigint, unit: bigint): Ciphertext {
  check('paillier.plaintext-range', m >= 0n && m < key.n, 'CRYPTO_RANGE', { field: 'plaintext' });
  return (((1n + m * key.n) * unit) % key.nSquared) as Ciphertext;
}

/** The plaintext in [0, n). Cost: native two powers of half size, portable one and a half of full size. */
export function decrypt(secret: SecretKey, c: Ciphertext, engine: PaillierEngine): bigint {
  return engine.decrypt(secret, c);
}

/** A ciphertext of the sum of all plaintexts modulo n: the product modulo n^2. Deterministic, so anybody can recompute it. */
export function addCiphertexts(
  key: PublicKey,
  first: Ciphertext,
  ...others: readonly Ciphertext[]
): Ciphertext {
  return others.reduce<bigint>((product, c) => (product * c) % key.nSquared, first) as Ciphertext;
}

/** True when `claimed` is the product of `parts` modulo n^2: the check that makes a miscalculation provable. */
export function verifyProduct(
  key: PublicKey,
  parts: readonly Ciphertext[],
  claimed: bigint,
): boolean {
  const [first, ...others] = parts;
  return (
    first !== undefined &&
    holds('paillier.product', addCiphertexts(key, first, ...others) === claimed)
  );
}

/** 2 x `bits`/8 bytes, big-endian. */
export function encodeCiphertext(key: PublicKey, c: Ciphertext): Uint8Array {
  return integerBytes(c, key.bits / 4);
}

/**
 * Reads {@link encodeCiphertext}'s bytes.
 * @throws {CryptoError} CRYPTO_ENCODING for another length; CRYPTO_RANGE unless 1 < c < n^2 and gcd(c, n) = 1.
 */
export function parseCiphertext(key: PublicKey, bytes: Uint8Array): Ciphertext {
  check('paillier.ciphertext-length', bytes.length === key.bits / 4, 'CRYPTO_ENCODING', {
    field: 'ciphertext',
  });
  const c = bytesInteger(bytes);
  check('paillier.ciphertext-below', c < key.nSquared, 'CRYPTO_RANGE', { field: 'ciphertext' });
  // 1 is the encryption of 0 with r = 1: nobody who follows the protocol sends it.
  check('paillier.ciphertext-trivial', c !== 1n, 'CRYPTO_RANGE', { field: 'ciphertext' });
  check('paillier.ciphertext-unit', gcd(c, key.n) === 1n, 'CRYPTO_RANGE', { field: 'ciphertext' });
  return c as Ciphertext;
}

/**
 * A uniform r in [1, n). It shares a factor with n with a chance below 2^(2 - bits/2), which is never; so no gcd is spent on it.
 */
export function randomUnit(key: PublicKey, random: RandomSource = platformRandom): bigint {
  return randomBelow(key.n, random);
}
