import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, fromHex, toHex32, type Hex32 } from './bytes.ts';
import { MidlockError } from './errors/midlock-error.ts';

const SECRET_LABEL = new TextEncoder().encode('midlock/secret/v1');

/** SHA-256 of exactly 32 raw bytes: the hash lock on both ledgers. Throws SECRET_INVALID for another length. */
export function hashLockOf(secret: Uint8Array): Hex32 {
  if (secret.length !== 32) throw new MidlockError('SECRET_INVALID', { bytes: secret.length });
  return toHex32(sha256(secret));
}

/** True iff `secret` is 32 bytes and opens `hashLock`. */
export function verifySecret(secret: Uint8Array, hashLock: Hex32): boolean {
  return secret.length === 32 && toHex32(sha256(secret)) === hashLock;
}

/** Parses the wire form of a secret, `0x` and 64 lower-case hex digits. Throws SECRET_INVALID; the text never enters the error. */
export function parseSecret(value: unknown): Uint8Array {
  if (typeof value !== 'string' || !/^0x[0-9a-f]{64}$/.test(value))
    throw new MidlockError('SECRET_INVALID');
  return fromHex(value);
}

/**
 * Secret = HMAC-SHA-256(seed, "midlock/secret/v1" || domain || nonce).
 * So keys and terms suffice to claim after a total loss (design: swap, The secret).
 *
 * @param seed 32 bytes from the platform's CSPRNG, one per party and network, kept among its keys
 * @param domain 32 bytes: {@link secretDomain} of the swap
 * @param nonce 32 bytes: the nonce of the terms; never used twice with one seed
 */
export function deriveSecret(seed: Uint8Array, domain: Hex32, nonce: Hex32): Uint8Array {
  if (seed.length !== 32) throw new MidlockError('SECRET_INVALID', { bytes: seed.length });
  return hmac(sha256, seed, concatBytes(SECRET_LABEL, fromHex(domain), fromHex(nonce)));
}
