import type { RandomSource } from '../internal/random.ts';
import type { SecretKey } from './key.ts';

/** The heavy arithmetic of Paillier, replaceable. All engines give equal results on all inputs. */
export interface PaillierEngine {
  readonly name: 'native' | 'portable';
  /** base^exponent mod an odd modulus > 1, 0 <= base, 0 <= exponent. */
  powMod(base: bigint, exponent: bigint, modulus: bigint): bigint;
  /** r^n mod n^2: the costly half of an encryption. */
  unit(n: bigint, nSquared: bigint, r: bigint): bigint;
  /** The plaintext in [0, n) of a checked ciphertext. */
  decrypt(secret: SecretKey, c: bigint): bigint;
  /** A random prime of exactly `bits` bits, 3 mod 4, its two top bits set. */
  prime(bits: number, random: RandomSource): bigint;
}

/**
 * Decryption modulo p^2 and q^2 with exponents p-1 and q-1 (Paillier 1999, section 7), a quarter of the work
 * of one power modulo n^2. For engines whose `powMod` is fast.
 */
export function decryptCrt(secret: SecretKey, c: bigint, powMod: PaillierEngine['powMod']): bigint {
  const { p, q, pSquared, qSquared, hp, hq, qInverse } = secret;
  const mp = (((powMod(c % pSquared, p - 1n, pSquared) - 1n) / p) * hp) % p;
  const mq = (((powMod(c % qSquared, q - 1n, qSquared) - 1n) / q) * hq) % q;
  const step = ((mp + p - (mq % p)) * qInverse) % p;
  return mq + q * step;
}
