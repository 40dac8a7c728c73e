import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, fromHex, textOf, toHex32, type Hex32 } from './bytes.ts';
import { check, holds } from './check.ts';

const SECRET_LABEL = new TextEncoder().encode('midlock/secret/v1');

/** SHA-256 of exactly 32 raw bytes: the hash lock on both ledgers. Throws SECRET_INVALID for another length. */
export function hashLockOf(secret: Uint8Array): Hex32 {
  check('secret.length', secret.length === 32, 'SECRET_INVALID', { bytes: secret.length });
  return toHex32(sha256(secret));
}

/** True iff `secret` is 32 bytes and opens `hashLock`. */
export function verifySecret(secret: Uint8Array, hashLock: Hex32): boolean {
  return (
    holds('secret.opens.length', secret.length === 32) &&
    holds('secret.opens.hash', toHex32(sha256(secret)) === hashLock)
  );
}

/** Parses the wire form of a secret, `0x` and 64 lower-case hex digits. Throws SECRET_INVALID; the text never enters the error. */
export function parseSecret(value: unknown): Uint8Array {
  const text = textOf(value);
  check('secret.form', /^0x[0-9a-f]{64}$/.test(text), 'SECRET_INVALID');
  return fromHex(text);
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
  check('secret.seed-length', seed.length === 32, 'SECRET_INVALID', { bytes: seed.length });
  return hmac(sha256, seed, concatBytes(SECRET_LABEL, fromHex(domain), fromHex(nonce)));
}
