import { p256, p384 } from '@noble/curves/nist.js';
import { concat, integerBytes } from '../encoding/bytes.ts';
import { check, holds } from '../internal/check.ts';
import { DER, readDer, readDerInteger, readDerSequence } from './der.ts';

/** Curves of Fabric identities. */
export type FabricCurve = 'P-256' | 'P-384';

const CURVES = { 'P-256': p256, 'P-384': p384 } as const;

export interface EcdsaSignature {
  readonly r: bigint;
  readonly s: bigint;
}

/**
 * Reads a DER signature, the only form of each (r, s).
 * @throws {CryptoError} CRYPTO_ENCODING.
 */
export function parseEcdsaDer(bytes: Uint8Array): EcdsaSignature {
  const [r, s] = readDerSequence(readDer(bytes, DER.sequence), 2);
  return { r: readDerInteger(r), s: readDerInteger(s) };
}

/**
 * True when `signature` is one of `digest` under the uncompressed point `publicKey` (65 or 97 bytes).
 * `lowS` refuses the second form (r, n - s) of each signature, as Fabric does.
 */
export function verifyEcdsa(
  curve: FabricCurve,
  publicKey: Uint8Array,
  digest: Uint8Array,
  { r, s }: EcdsaSignature,
  lowS: boolean,
): boolean {
  const { Point } = CURVES[curve];
  const order = Point.Fn.ORDER;
  if (r <= 0n || s <= 0n || r >= order || s >= order) return false;
  if (lowS && !holds('ecdsa.low-s', s <= order / 2n)) return false;
  const size = Point.Fn.BYTES;
  try {
    const compact = concat(integerBytes(r, size), integerBytes(s, size));
    return holds(
      'ecdsa.signature',
      CURVES[curve].verify(compact, digest, publicKey, {
        prehash: false,
        lowS: false,
        format: 'compact',
      }),
    );
  } catch {
    return false;
  }
}

/** Checks that 65 or 97 bytes are an uncompressed point of the curve. Throws CRYPTO_KEY. */
export function checkPoint(curve: FabricCurve, publicKey: Uint8Array): void {
  check(
    'ecdsa.point-form',
    publicKey[0] === 4 && publicKey.length === (curve === 'P-256' ? 65 : 97),
    'CRYPTO_KEY',
    { curve },
  );
  let onCurve = true;
  try {
    CURVES[curve].Point.fromBytes(publicKey);
  } catch {
    onCurve = false;
  }
  check('ecdsa.point-on-curve', onCurve, 'CRYPTO_KEY', { curve });
}
