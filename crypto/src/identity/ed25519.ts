import { ed25519 } from '@noble/curves/ed25519.js';
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesInteger, concat, sameBytes } from '../encoding/bytes.ts';
import { holds } from '../internal/check.ts';

const { Point } = ed25519;

/**
 * Ed25519 in its strict form: RFC 8032, 5.1.7, without the cofactor, as Go and so Fabric check it; canonical encodings, s below the
 * group order, and no key of small order (Chalkias, Garillot, Nikolaenko 2020), so that one signature fits one key and one message.
 * @param publicKey 32 bytes. @param signature 64 bytes. Never throws.
 */
export function verifyEd25519(
  publicKey: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const nonce = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const order = Point.Fn.ORDER;
  if (!holds('ed25519.s-below-order', s < order)) return false;
  try {
    const key = Point.fromBytes(publicKey);
    if (!holds('ed25519.key-order', !key.isSmallOrder())) return false;
    const challenge = littleEndian(sha512(concat(nonce, publicKey, message))) % order;
    const expected = Point.BASE.multiplyUnsafe(s % order).subtract(key.multiplyUnsafe(challenge));
    // Comparing bytes also refuses every other encoding of the same point.
    return holds('ed25519.signature', sameBytes(expected.toBytes(), nonce));
  } catch {
    return false;
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytesInteger(bytes.slice().reverse());
}
