import { PublicKey as PackageKey, PrivateKey as PackageSecret } from 'paillier-bigint';
import type { RandomSource } from '../internal/random.ts';
import { powModPortable } from './integers.ts';
import type { SecretKey } from './key.ts';
import { randomPrimePortable } from './primality.ts';

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
 * The reference engine: the package `paillier-bigint`, and BigInt windows where the package has no function.
 * Runs anywhere, chaincode included. BigInt arithmetic takes a time that depends on its values, secrets included:
 * use it where nobody can time it, else the native engine.
 */
export const portableEngine: PaillierEngine = {
  name: 'portable',
  powMod: powModPortable,
  unit: (n, _nSquared, r) => new PackageKey(n, n + 1n).multiply(r, n),
  decrypt: (secret, c) => {
    const key = new PackageKey(secret.public.n, secret.public.n + 1n);
    return new PackageSecret(secret.lambda, secret.mu, key, secret.p, secret.q).decrypt(c);
  },
  prime: randomPrimePortable,
};

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
