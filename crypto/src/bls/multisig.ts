import { at } from '../internal/at.ts';
import { concat } from '../encoding/bytes.ts';
import { check, holds } from '../internal/check.ts';
import { CryptoError } from '../errors.ts';
import type { CurveEngine } from './engine.ts';
import type { ProvenKey } from './keys.ts';
import { encodePoint, parseMember } from './points.ts';
import { verifySignature } from './verify.ts';

/**
 * A roster's signers as a bitmap: ceil(size / 8) bytes, bit (i mod 8, lowest first) of byte i div 8 is member i, counted from 0.
 * Bits beyond the roster are zero, so that a set has one encoding.
 */
export function encodeSigners(signers: ReadonlySet<number>, size: number): Uint8Array {
  const bitmap = new Uint8Array(Math.ceil(size / 8));
  for (const member of signers) {
    if (!Number.isInteger(member) || member < 0 || member >= size)
      throw new CryptoError('CRYPTO_RANGE', { member });
    bitmap[member >> 3] = at(bitmap, member >> 3) | (1 << (member & 7));
  }
  return bitmap;
}

/** Reads a bitmap of a roster of `size`. Throws CRYPTO_ENCODING for another length or a bit beyond the roster. */
export function parseSigners(bitmap: Uint8Array, size: number): number[] {
  check('multisig.bitmap-length', bitmap.length === Math.ceil(size / 8), 'CRYPTO_ENCODING', {
    length: bitmap.length,
  });
  const signers: number[] = [];
  for (let bit = 0; bit < 8 * bitmap.length; bit += 1) {
    if (((at(bitmap, bit >> 3) >> (bit & 7)) & 1) === 0) continue;
    check('multisig.bitmap-canonical', bit < size, 'CRYPTO_ENCODING', { bit });
    if (bit < size) signers.push(bit);
  }
  return signers;
}

/**
 * A multi-signature of named members: bitmap, then 96 bytes (the sum of their signatures). Each signature must be valid;
 * this sums and does not check. Sums are only sound over keys with proof of possession.
 */
export function aggregateSignatures<P, Q>(
  engine: CurveEngine<P, Q>,
  size: number,
  signatures: ReadonlyMap<number, Uint8Array>,
): Uint8Array {
  const sum = [...signatures.values()]
    .map((bytes) => parseMember(engine.g1, bytes))
    .reduce((a, b) => engine.g1.add(a, b), engine.g1.identity);
  return concat(encodeSigners(new Set(signatures.keys()), size), encodePoint(engine.g1, sum));
}

/**
 * True when at least `quorum` members of `roster` signed the message; the bitmap says who.
 * Keys carry their proof of possession by type, so a key made up from others' keys cannot stand in the roster.
 */
export function verifyMultiSignature<P, Q>(
  engine: CurveEngine<P, Q>,
  roster: readonly ProvenKey<Q>[],
  quorum: number,
  tag: Uint8Array,
  message: Uint8Array,
  multiSignature: Uint8Array,
): boolean {
  try {
    const bitmapLength = Math.ceil(roster.length / 8);
    const signers = parseSigners(multiSignature.subarray(0, bitmapLength), roster.length);
    const signature = parseMember(engine.g1, multiSignature.subarray(bitmapLength));
    const key = signers
      .map((member) => at(roster, member).point)
      .reduce((a, b) => engine.g2.add(a, b), engine.g2.identity);
    return (
      holds('multisig.quorum', quorum > 0 && signers.length >= quorum) &&
      holds('multisig.key-identity', !engine.g2.isIdentity(key)) &&
      holds('multisig.signature', verifySignature(engine, key, tag, message, signature))
    );
  } catch {
    return false;
  }
}
