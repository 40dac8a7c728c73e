import { bytesToHex, hexToBytes } from '@noble/hashes/utils.js';
import { check } from '../internal/check.ts';

/** Joins byte strings. */
export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}

/** UTF-8 bytes of a text. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Big-endian bytes of a non-negative integer, exactly `length` of them. Throws CRYPTO_RANGE when it does not fit. */
export function integerBytes(value: bigint, length: number): Uint8Array {
  const hex = value.toString(16);
  check('bytes.integer-fits', value >= 0n && hex.length <= 2 * length, 'CRYPTO_RANGE', { length });
  return hexToBytes(hex.padStart(2 * length, '0').slice(-2 * length));
}

/** The big-endian integer of bytes; 0 for none. */
export function bytesInteger(bytes: Uint8Array): bigint {
  return BigInt(`0x0${bytesToHex(bytes)}`);
}

/** Equality of public bytes. Not constant-time. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Each part behind its length (32 bit, big-endian): no two lists of parts have the same bytes. */
export function lengthPrefixed(...parts: readonly Uint8Array[]): Uint8Array {
  return concat(...parts.flatMap((part) => [integerBytes(BigInt(part.length), 4), part]));
}
