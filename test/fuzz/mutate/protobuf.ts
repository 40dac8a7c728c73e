import { mutateBytes } from './bytes.ts';
import type { Pieces } from './mutator.ts';

/** A field of the wire format; `value` is a number for wire types 0, 1 and 5, bytes for 2. */
interface Field {
  readonly number: number;
  readonly wire: number;
  readonly value: bigint | Uint8Array;
}

const ODD_VARINTS = [
  0n,
  1n,
  127n,
  128n,
  (1n << 31n) - 1n,
  1n << 31n,
  (1n << 32n) - 1n,
  (1n << 63n) - 1n,
  (1n << 64n) - 1n,
];

/** One change to a random field, most often inside nested messages. */
export function mutateProtobuf(input: Uint8Array, pieces: Pieces): Uint8Array | undefined {
  const fields = readFields(input);
  if (fields === undefined || fields.length === 0) return undefined;
  return writeFields(changeFields(fields, pieces, 0));
}

function changeFields(fields: readonly Field[], pieces: Pieces, depth: number): readonly Field[] {
  const { random } = pieces;
  const i = random.int(fields.length);
  const field = fields[i] as Field;
  const nested =
    field.value instanceof Uint8Array && depth < 12 ? readFields(field.value) : undefined;
  if (nested !== undefined && nested.length > 0 && random.chance(0.75))
    return fields.with(i, {
      ...field,
      value: writeFields(changeFields(nested, pieces, depth + 1)),
    });
  switch (random.int(7)) {
    case 0:
      return fields.toSpliced(i, 1);
    case 1:
      return fields.toSpliced(i, 0, field);
    case 2:
      return [...fields.toSpliced(i, 1), field];
    case 3:
      return fields.with(i, { ...field, number: 1 + random.int(20) });
    case 4:
      return fields.with(i, retyped(field));
    case 5: {
      const other = readFields(pieces.other);
      return other === undefined || other.length === 0 ? fields : [...fields, random.pick(other)];
    }
    default:
      return fields.with(i, { ...field, value: changeValue(field.value, pieces) });
  }
}

function retyped({ number, wire, value }: Field): Field {
  if (wire === 2) return { number, wire: 0, value: 1n };
  return {
    number,
    wire: 2,
    value: typeof value === 'bigint' ? Uint8Array.of(Number(value & 255n)) : value,
  };
}

function changeValue(value: bigint | Uint8Array, pieces: Pieces): bigint | Uint8Array {
  if (typeof value === 'bigint') return pieces.random.pick(ODD_VARINTS);
  return pieces.random.chance(0.1) ? new Uint8Array() : mutateBytes(value, pieces);
}

function readFields(bytes: Uint8Array): readonly Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const varint = (): bigint | undefined => {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    return undefined;
  };
  const fixed = (size: number): bigint | undefined => {
    if (at + size > bytes.length) return undefined;
    let result = 0n;
    for (let i = size - 1; i >= 0; i -= 1) result = (result << 8n) | BigInt(bytes[at + i] ?? 0);
    at += size;
    return result;
  };
  const text = (): Uint8Array | undefined => {
    const length = varint();
    if (length === undefined || BigInt(at) + length > BigInt(bytes.length)) return undefined;
    at += Number(length);
    return bytes.subarray(at - Number(length), at);
  };
  while (at < bytes.length) {
    const key = varint();
    if (key === undefined || key >> 3n === 0n || key >> 3n > 536_870_911n) return undefined;
    const wire = Number(key & 7n);
    const value =
      wire === 0
        ? varint()
        : wire === 1
          ? fixed(8)
          : wire === 5
            ? fixed(4)
            : wire === 2
              ? text()
              : undefined;
    if (value === undefined) return undefined;
    fields.push({ number: Number(key >> 3n), wire, value });
  }
  return fields;
}

function writeFields(fields: readonly Field[]): Uint8Array {
  const out: number[] = [];
  const varint = (value: bigint): void => {
    let rest = value;
    for (; rest >= 0x80n; rest >>= 7n) out.push(Number(rest & 0x7fn) | 0x80);
    out.push(Number(rest));
  };
  for (const { number, wire, value } of fields) {
    varint((BigInt(number) << 3n) | BigInt(wire));
    if (value instanceof Uint8Array) {
      varint(BigInt(value.length));
      for (const byte of value) out.push(byte);
    } else if (wire === 0) varint(value);
    else
      for (let i = 0n; i < (wire === 1 ? 8n : 4n); i += 1n)
        out.push(Number((value >> (8n * i)) & 255n));
  }
  return Uint8Array.from(out);
}
