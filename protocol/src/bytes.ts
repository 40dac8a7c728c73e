import { check } from './check.ts';

/** 32 bytes as `0x` and 64 lower-case hex digits: the only text form of hashes, ids and nonces. */
export type Hex32 = `0x${string}` & { readonly __hex32: unique symbol };

/** A 20-byte Ethereum address as `0x` and 40 lower-case hex digits (no checksum case in ids). */
export type Address = `0x${string}` & { readonly __address: unique symbol };

const HEX32 = /^0x[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-f]{40}$/;
const HEX = /^0x(?:[0-9a-f]{2})*$/;

/** The zero address stands for ETH wherever a token is named. */
export const ETH = '0x0000000000000000000000000000000000000000' as Address;

/**
 * Parses 32 bytes of canonical hex.
 * @throws {MidlockError} TERMS_FIELD_INVALID for any other length, case or prefix.
 */
export function parseHex32(value: unknown, field: string): Hex32 {
  const text = textOf(value);
  const data = { field, expected: '0x and 64 lower-case hex digits' };
  check('bytes.hex32', HEX32.test(text), 'TERMS_FIELD_INVALID', data);
  return text as Hex32;
}

/**
 * Parses an Ethereum address; mixed-case input is refused so that equal accounts have equal texts.
 * @throws {MidlockError} TERMS_FIELD_INVALID.
 */
export function parseAddress(value: unknown, field: string): Address {
  const text = textOf(value);
  const data = { field, expected: '0x and 40 lower-case hex digits' };
  check('bytes.address', ADDRESS.test(text), 'TERMS_FIELD_INVALID', data);
  return text as Address;
}

/** A value's text; anything but a string is no text at all, and no form that is parsed here is empty. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Bytes as `0x` and lower-case hex. */
export function toHex(bytes: Uint8Array): `0x${string}` {
  let text = '0x';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text as `0x${string}`;
}

/** 32 bytes as {@link Hex32}. Throws TERMS_FIELD_INVALID for another length. */
export function toHex32(bytes: Uint8Array): Hex32 {
  return parseHex32(toHex(bytes), 'bytes32');
}

/** Bytes of canonical hex (`0x`, even number of lower-case digits). Throws TERMS_FIELD_INVALID. */
export function fromHex(text: string): Uint8Array {
  check('bytes.hex', HEX.test(text), 'TERMS_FIELD_INVALID', {
    field: 'hex',
    expected: '0x and an even number of lower-case hex digits',
  });
  const bytes = new Uint8Array((text.length - 2) / 2);
  for (let i = 0; i < bytes.length; i += 1) {
    bytes[i] = Number.parseInt(text.slice(2 + 2 * i, 4 + 2 * i), 16);
  }
  return bytes;
}

/** Joins byte strings. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.length;
  }
  return joined;
}
