import { bytesInteger, concat, integerBytes } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import { platformRandom, type RandomSource } from '../internal/random.ts';
import type { PaillierEngine } from './engine.ts';
import { bitLength, gcd, inverse, modulo } from './integers.ts';
import { isProbablePrime } from './primality.ts';

/** Sizes for use. 3,072 is the default; 2,048 lies below 128-bit security; 4,096 is the largest that MODEXP takes (EIP-7823). */
export type KeyBits = 2048 | 3072 | 4096;
/** Sizes of the paper's Table 1 that protect nothing today. */
export type PaperBits = 512 | 1024;

declare const trust: unique symbol;

interface Modulus {
  readonly bits: number;
  readonly n: bigint;
  readonly nSquared: bigint;
}

/** A public key whose modulus was proven (modulus-proof.ts) or generated here: the only kind that value may be encrypted to. */
export interface ProvenKey extends Modulus {
  readonly [trust]: 'proven';
}

/** A public key of a paper size. Functions that move value do not take it. */
export interface PaperKey extends Modulus {
  readonly [trust]: 'paper';
}

export type PublicKey = ProvenKey | PaperKey;

/** A secret key. BigInts cannot be erased from memory: keep the process that holds it small. */
export interface SecretKey<K extends PublicKey = PublicKey> {
  readonly public: K;
  readonly p: bigint;
  readonly q: bigint;
  readonly lambda: bigint;
  readonly mu: bigint;
  readonly pSquared: bigint;
  readonly qSquared: bigint;
  readonly hp: bigint;
  readonly hq: bigint;
  readonly qInverse: bigint;
}

/** Makes a key of `bits` (default 3,072). Cost: two primes; native 0.1 to 1 s, portable seconds to minutes. */
export function generateKey(
  engine: PaillierEngine,
  bits: KeyBits = 3072,
  random: RandomSource = platformRandom,
): SecretKey<ProvenKey> {
  return generate(engine, bits, random) as SecretKey<ProvenKey>;
}

/** Makes a key of a paper size, for benches and comparison only. */
export function generatePaperKey(
  engine: PaillierEngine,
  bits: PaperBits,
  random: RandomSource = platformRandom,
): SecretKey<PaperKey> {
  return generate(engine, bits, random) as SecretKey<PaperKey>;
}

/** p and q, each `bits`/2 bits big-endian. The caller seals these bytes. */
export function encodeSecretKey(secret: SecretKey): Uint8Array {
  const half = secret.public.bits / 16;
  return concat(integerBytes(secret.p, half), integerBytes(secret.q, half));
}

/**
 * Reads {@link encodeSecretKey}'s bytes of a key for use and checks every rule of generation again.
 * @throws {CryptoError} CRYPTO_ENCODING, CRYPTO_KEY.
 */
export function decodeSecretKey(
  bytes: Uint8Array,
  random: RandomSource = platformRandom,
): SecretKey<ProvenKey> {
  const bits = 8 * bytes.length;
  check('paillier.secret-length', isKeyBits(bits), 'CRYPTO_ENCODING', { bits });
  const half = bytes.length / 2;
  const [p, q] = [bytesInteger(bytes.subarray(0, half)), bytesInteger(bytes.subarray(half))];
  check(
    'paillier.secret-primes',
    isProbablePrime(p, random) && isProbablePrime(q, random),
    'CRYPTO_KEY',
  );
  return secretFromPrimes(p, q, bits) as SecretKey<ProvenKey>;
}

export function isKeyBits(bits: number): bits is KeyBits {
  return bits === 2048 || bits === 3072 || bits === 4096;
}

/**
 * The key of two primes: p != q, both 3 mod 4 with the two top bits set, |p - q| > 2^(bits/2 - 100) (FIPS 186-5, A.1.1),
 * gcd(n, phi(n)) = 1. Does not test that they are prime.
 * @throws {CryptoError} CRYPTO_KEY naming the rule.
 */
export function secretFromPrimes(p: bigint, q: bigint, bits: number): SecretKey {
  const n = p * q;
  const top = BigInt(bits / 2 - 2);
  check('paillier.primes-differ', p !== q, 'CRYPTO_KEY');
  check('paillier.primes-top', p >> top === 3n && q >> top === 3n, 'CRYPTO_KEY');
  check('paillier.primes-blum', p % 4n === 3n && q % 4n === 3n, 'CRYPTO_KEY');
  check(
    'paillier.primes-apart',
    p === q || (p > q ? p - q : q - p) > 1n << BigInt(bits / 2 - 100),
    'CRYPTO_KEY',
  );
  const phi = (p - 1n) * (q - 1n);
  check('paillier.gcd-phi', p === q || gcd(n, phi) === 1n, 'CRYPTO_KEY');
  const lambda = phi / gcd(p - 1n, q - 1n);
  return {
    public: publicFromModulus(n, bits),
    p,
    q,
    lambda,
    mu: mustInvert(lambda, n),
    pSquared: p * p,
    qSquared: q * q,
    hp: mustInvert(-q, p),
    hq: mustInvert(-p, q),
    qInverse: mustInvert(q, p),
  };
}

/** The record of a modulus. Whoever calls it vouches for `n`; only this module and modulus-proof.ts do. */
export function publicFromModulus(n: bigint, bits: number): PublicKey {
  return Object.freeze({ bits, n, nSquared: n * n }) as PublicKey;
}

function generate(engine: PaillierEngine, bits: number, random: RandomSource): SecretKey {
  for (let attempt = 0; attempt < 8; attempt += 1) {
    const [p, q] = [engine.prime(bits / 2, random), engine.prime(bits / 2, random)];
    // The rules fail with negligible probability; another draw then, and a broken source ends the loop.
    if (
      p !== q &&
      bitLength(p > q ? p - q : q - p) > bits / 2 - 99 &&
      gcd(p * q, (p - 1n) * (q - 1n)) === 1n
    ) {
      return secretFromPrimes(p, q, bits);
    }
  }
  throw new CryptoError('CRYPTO_ENGINE', { field: 'random' });
}

function mustInvert(value: bigint, modulus: bigint): bigint {
  const result = inverse(modulo(value, modulus), modulus);
  if (result === undefined) throw new CryptoError('CRYPTO_KEY', { check: 'paillier.invertible' });
  return result;
}
