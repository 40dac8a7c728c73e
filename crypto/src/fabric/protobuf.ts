import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';

/** One field of a message: its number and either a varint or bytes. */
export type ProtobufField =
  | { readonly number: number; readonly varint: bigint }
  | { readonly number: number; readonly bytes: Uint8Array };

/**
 * The fields of a protobuf message in order. Only varints and length-delimited fields, which is all that blocks have.
 * @throws {CryptoError} CRYPTO_ENCODING.
 */
export function readProtobuf(bytes: Uint8Array): readonly ProtobufField[] {
  const fields: ProtobufField[] = [];
  for (let at = 0; at < bytes.length;) {
    const key = readVarint(bytes, at);
    const [number, wire] = [Number(key.value >> 3n), Number(key.value & 7n)];
    check('protobuf.field-number', number > 0, 'CRYPTO_ENCODING');
    if (wire !== 0 && wire !== 2)
      throw new CryptoError('CRYPTO_ENCODING', { check: 'protobuf.wire-type', wire });
    const value = readVarint(bytes, key.end);
    at = value.end;
    if (wire === 0) {
      fields.push({ number, varint: value.value });
      continue;
    }
    const end = at + Number(value.value);
    check('protobuf.cut', end <= bytes.length, 'CRYPTO_ENCODING');
    fields.push({ number, bytes: bytes.subarray(at, end) });
    at = end;
  }
  return fields;
}

/** The bytes of every field `number`. Throws CRYPTO_ENCODING when one is a varint. */
export function protobufBytes(
  fields: readonly ProtobufField[],
  number: number,
): readonly Uint8Array[] {
  return fields
    .filter((field) => field.number === number)
    .map((field) => {
      if (!('bytes' in field))
        throw new CryptoError('CRYPTO_ENCODING', { check: 'protobuf.kind', number });
      return field.bytes;
    });
}

/** The only field `number`, empty when it is left out, as protobuf does with defaults. Throws CRYPTO_ENCODING when it stands twice. */
export function protobufOne(fields: readonly ProtobufField[], number: number): Uint8Array {
  const found = protobufBytes(fields, number);
  check('protobuf.once', found.length <= 1, 'CRYPTO_ENCODING', { number });
  return found[0] ?? new Uint8Array(0);
}

/** The only varint `number`, 0 when it is left out. Throws CRYPTO_ENCODING when it stands twice. */
export function protobufNumber(fields: readonly ProtobufField[], number: number): bigint {
  const found = fields.filter((field) => field.number === number);
  check('protobuf.once', found.length <= 1, 'CRYPTO_ENCODING', { number });
  const [field] = found;
  if (field === undefined) return 0n;
  if (!('varint' in field))
    throw new CryptoError('CRYPTO_ENCODING', { check: 'protobuf.kind', number });
  return field.varint;
}

function readVarint(
  bytes: Uint8Array,
  start: number,
): { readonly value: bigint; readonly end: number } {
  let value = 0n;
  for (let i = 0; i < 10; i += 1) {
    const byte = bytes[start + i];
    if (byte === undefined)
      throw new CryptoError('CRYPTO_ENCODING', { check: 'protobuf.varint-cut' });
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte >= 0x80) continue;
    check('protobuf.varint-minimal', i === 0 || byte !== 0, 'CRYPTO_ENCODING');
    check('protobuf.varint-range', value < 1n << 64n, 'CRYPTO_ENCODING');
    return { value, end: start + i + 1 };
  }
  throw new CryptoError('CRYPTO_ENCODING', { check: 'protobuf.varint-long' });
}
