import { PublicKey as PackageKey, PrivateKey as PackageSecret } from 'paillier-bigint';
import type { PaillierEngine } from './engine.ts';
import { powModPortable } from './integers.ts';
import { randomPrimePortable } from './primality.ts';

/**
 * The reference engine: the package `paillier-bigint`, and BigInt windows where the package has no function.
 * Runs anywhere, but cannot be loaded by `require`: the package awaits at its top level. BigInt arithmetic takes a time that depends on its values, secrets included:
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
