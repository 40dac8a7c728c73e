import { createDiffieHellman, generatePrimeSync, type DiffieHellman } from 'node:crypto';
import { CryptoError } from '../errors.ts';
import { platformRandom } from '../internal/random.ts';
import { decryptCrt, type PaillierEngine } from '../paillier/engine.ts';
import { bitLength, powModPortable } from '../paillier/integers.ts';
import { randomPrimePortable } from '../paillier/primality.ts';

/** Limits of OpenSSL's Diffie-Hellman: outside them Node throws or, in older versions, returns a wrong value. */
const MIN_BITS = 512;
const MAX_BITS = 10_000;

/** A ready modulus and the exponent that its object holds. */
interface Group {
  readonly dh: DiffieHellman;
  exponent: bigint;
}

/**
 * Paillier on OpenSSL's constant-time modular power, reached through a cached Diffie-Hellman object per modulus: the private key
 * is the exponent, the peer's public key the base. Cases outside OpenSSL's limits go to BigInt.
 * The first power with a modulus costs a primality test of it (1 to 40 ms), and the object keeps the modulus and the last
 * exponent in memory until `capacity` newer moduli push it out; drop the engine to forget all.
 * @param capacity how many moduli stay ready.
 * @throws {CryptoError} CRYPTO_ENGINE when the self-test fails, as with a crypto library that is not OpenSSL.
 */
export function createNativeEngine(capacity = 32): PaillierEngine {
  const ready = new Map<bigint, Group>();
  const group = (modulus: bigint): Group | undefined => {
    const found = ready.get(modulus);
    if (found !== undefined) return found;
    const bits = bitLength(modulus);
    if (bits < MIN_BITS || bits > MAX_BITS || modulus % 2n === 0n) return undefined;
    const oldest = ready.size >= capacity ? ready.keys().next() : undefined;
    if (oldest?.done === false) ready.delete(oldest.value);
    const made = { dh: createDiffieHellman(buffer(modulus), 2), exponent: 0n };
    ready.set(modulus, made);
    return made;
  };
  const powMod = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
    const found = group(modulus);
    // OpenSSL refuses these as public keys: 0, 1 and -1 are no bases of a key agreement.
    if (found === undefined || exponent <= 0n || base <= 1n || base >= modulus - 1n)
      return powModPortable(base, exponent, modulus);
    // Encryption and decryption keep one exponent per modulus.
    if (found.exponent !== exponent) {
      found.dh.setPrivateKey(buffer(exponent));
      found.exponent = exponent;
    }
    try {
      return BigInt(`0x${found.dh.computeSecret(buffer(base)).toString('hex')}`);
    } catch {
      // OpenSSL refuses a result of 1 or less, which is a rightful power here.
      return powModPortable(base, exponent, modulus);
    }
  };
  selfTest(powMod);
  return {
    name: 'native',
    powMod,
    unit: (n, nSquared, r) => powMod(r, n, nSquared),
    decrypt: (secret, c) => decryptCrt(secret, c, powMod),
    prime: (bits, random) =>
      random === platformRandom ? nativePrime(bits) : randomPrimePortable(bits, random),
  };
}

function nativePrime(bits: number): bigint {
  const top = 3n << BigInt(bits - 2);
  for (let attempt = 0; attempt < 256; attempt += 1) {
    const prime = generatePrimeSync(bits, { bigint: true });
    if (prime % 4n === 3n && (prime & top) === top) return prime;
  }
  throw new CryptoError('CRYPTO_ENGINE', { field: 'prime' });
}

/** Compares with BigInt on changing exponents over one modulus, at both ends of what the cache does. */
function selfTest(powMod: PaillierEngine['powMod']): void {
  for (const bits of [512, 1024]) {
    const modulus = (1n << BigInt(bits)) - 569n;
    for (const [base, exponent] of [
      [3n, 65_537n],
      [modulus - 3n, modulus - 2n],
      [5n, 1n],
      [7n, modulus >> 1n],
    ] as const) {
      if (powMod(base, exponent, modulus) !== powModPortable(base, exponent, modulus)) {
        throw new CryptoError('CRYPTO_ENGINE', { field: 'self-test', bits });
      }
    }
  }
}

function buffer(value: bigint): Buffer {
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
}
