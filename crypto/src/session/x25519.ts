import { x25519 } from '@noble/curves/ed25519.js';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import { platformRandom, type RandomSource } from '../internal/random.ts';

/** An X25519 key pair, 32 bytes each. */
export interface KemKeyPair {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

const FIELD = 2n ** 255n - 19n;

/** A fresh key pair. */
export function generateKemKey(random: RandomSource = platformRandom): KemKeyPair {
  return kemKeyPair(random.bytes(32));
}

/** The pair of a stored secret key of 32 bytes. Throws CRYPTO_KEY for another length. */
export function kemKeyPair(secretKey: Uint8Array): KemKeyPair {
  check('x25519.secret-length', secretKey.length === 32, 'CRYPTO_KEY', { field: 'secretKey' });
  return { secretKey, publicKey: x25519.getPublicKey(secretKey) };
}

/**
 * The shared secret, 32 bytes; constant-time in the secret key as far as BigInt allows (it does not quite).
 * @throws {CryptoError} CRYPTO_KEY for another length or a key of small order, whose result would be zero (RFC 7748, 6.1).
 */
export function diffieHellman(secretKey: Uint8Array, publicKey: Uint8Array): Uint8Array {
  check('x25519.public-length', publicKey.length === 32, 'CRYPTO_KEY', { field: 'publicKey' });
  try {
    return x25519.getSharedSecret(secretKey, publicKey);
  } catch (cause) {
    throw new CryptoError('CRYPTO_KEY', { check: 'x25519.small-order' }, { cause });
  }
}

/**
 * Checks a public key that will be bound to an identity: canonical and not of small order, so that a key has one form.
 * @throws {CryptoError} CRYPTO_KEY.
 */
export function checkKemPublicKey(publicKey: Uint8Array): void {
  let u = 0n;
  for (const byte of publicKey.slice().reverse()) u = (u << 8n) | BigInt(byte);
  check('x25519.canonical', u < FIELD, 'CRYPTO_KEY', { field: 'publicKey' });
  diffieHellman(new Uint8Array(32).fill(1), publicKey);
}
