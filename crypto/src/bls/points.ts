import { at } from '../internal/at.ts';
import { bytesInteger, integerBytes, sameBytes } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import type { CurveGroup } from './engine.ts';
import { FIELD_PRIME } from './field.ts';

const PRIME_BYTES = integerBytes(FIELD_PRIME, 48);

/**
 * Parses an affine point: coordinates below p, on the curve. The order is NOT checked and may be composite;
 * call {@link parseMember} unless the point is only summed up and the sum checked.
 * The identity has no affine form, so it is never returned.
 * @throws {CryptoError} CRYPTO_ENCODING (length, coordinate at or above p), CRYPTO_RANGE (not on the curve).
 */
export function parseAffine<T>(group: CurveGroup<T>, bytes: Uint8Array): T {
  check('bls.point-length', bytes.length === group.byteLength, 'CRYPTO_ENCODING', {
    length: bytes.length,
  });
  for (let offset = 0; offset < group.byteLength; offset += 48) {
    check(
      'bls.point-canonical',
      isBelowPrime(bytes.subarray(offset, offset + 48)),
      'CRYPTO_ENCODING',
    );
  }
  // y = 0 belongs to points of order two, which neither curve has; noble holds no such point, not even to be looked at.
  const isFlat = bytes.subarray(group.byteLength / 2).every((byte) => byte === 0);
  const point = isFlat ? undefined : group.fromCoordinates(bytes);
  check('bls.point-on-curve', point !== undefined && group.isOnCurve(point), 'CRYPTO_RANGE');
  return point ?? group.fromCoordinates(bytes);
}

/** Parses an affine point of order r, so of the group itself. Throws as {@link parseAffine}, CRYPTO_RANGE for another order. */
export function parseMember<T>(group: CurveGroup<T>, bytes: Uint8Array): T {
  const point = parseAffine(group, bytes);
  check('bls.point-order', group.hasOrder(point), 'CRYPTO_RANGE');
  return point;
}

/**
 * Parses a compressed point (ZCash form: 48 bytes in G1, 96 in G2) of order r other than the identity. Costs a square root.
 * @throws {CryptoError} CRYPTO_ENCODING, CRYPTO_RANGE.
 */
export function parseCompressed<T>(group: CurveGroup<T>, bytes: Uint8Array): T {
  const point = group.decompress(bytes);
  if (point === undefined)
    throw new CryptoError('CRYPTO_ENCODING', { check: 'bls.point-compressed' });
  check('bls.point-compressed-identity', !group.isIdentity(point), 'CRYPTO_RANGE');
  check('bls.point-compressed-order', group.hasOrder(point), 'CRYPTO_RANGE');
  return point;
}

/** The affine form. Throws CRYPTO_RANGE for the identity, which has none. */
export function encodePoint<T>(group: CurveGroup<T>, point: T): Uint8Array {
  check('bls.encode-identity', !group.isIdentity(point), 'CRYPTO_RANGE');
  return group.toCoordinates(point);
}

/** The compressed form of an affine point's bytes: x with the flags of the ZCash encoding. */
export function compressAffine(bytes: Uint8Array): Uint8Array {
  const half = bytes.length / 2;
  const compressed = bytes.slice(0, half);
  compressed[0] = at(compressed, 0) | 0x80 | (isLargerHalf(bytes.subarray(half)) ? 0x20 : 0);
  return compressed;
}

function isBelowPrime(coordinate: Uint8Array): boolean {
  for (let i = 0; i < 48; i += 1) {
    if (coordinate[i] !== PRIME_BYTES[i]) return at(coordinate, i) < at(PRIME_BYTES, i);
  }
  return false;
}

/** True when y is the larger of y and -y: in G2 decided by c1 (first half), by c0 when c1 is zero. */
function isLargerHalf(y: Uint8Array): boolean {
  const first = y.subarray(0, 48);
  const decisive = y.length === 96 && sameBytes(first, new Uint8Array(48)) ? y.subarray(48) : first;
  return bytesInteger(decisive) > (FIELD_PRIME - 1n) / 2n;
}
