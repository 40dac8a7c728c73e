import { hexToBytes } from '@noble/hashes/utils.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { concat, integerBytes, utf8 } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';

/** Structs by name (EIP-712): members in order, with Solidity types. */
export type TypedDataTypes = Readonly<
  Record<string, readonly { readonly name: string; readonly type: string }[]>
>;

/** What a wallet shows and signs. `types` includes EIP712Domain with the members that `domain` has. */
export interface TypedData {
  readonly types: TypedDataTypes;
  readonly primaryType: string;
  readonly domain: Readonly<Record<string, unknown>>;
  readonly message: Readonly<Record<string, unknown>>;
}

/**
 * The 32-byte digest of EIP-712: keccak256(0x1901, domain separator, struct hash).
 * Values: bigint for integers, boolean, string, `0x` hex for addresses and bytes, objects for structs, lists for arrays.
 * @throws {CryptoError} CRYPTO_ENCODING for a type or a value that does not fit.
 */
export function typedDataDigest({ types, primaryType, domain, message }: TypedData): Uint8Array {
  return keccak_256(
    concat(
      Uint8Array.of(0x19, 0x01),
      hashStruct(types, 'EIP712Domain', domain),
      hashStruct(types, primaryType, message),
    ),
  );
}

/** hashStruct of EIP-712, 32 bytes. */
export function hashStruct(
  types: TypedDataTypes,
  name: string,
  value: Readonly<Record<string, unknown>>,
): Uint8Array {
  const members = types[name];
  if (members === undefined) throw new CryptoError('CRYPTO_ENCODING', { field: name });
  check('typed-data.members', Object.keys(value).length === members.length, 'CRYPTO_ENCODING', {
    field: name,
  });
  return keccak_256(
    concat(
      keccak_256(utf8(encodeType(types, name))),
      ...members.map((member) => encodeValue(types, member.type, value[member.name], member.name)),
    ),
  );
}

/** The type string: the struct itself, then all it refers to, sorted. */
function encodeType(types: TypedDataTypes, name: string): string {
  const found = new Set<string>();
  const collect = (struct: string): void => {
    if (found.has(struct) || types[struct] === undefined) return;
    found.add(struct);
    for (const { type } of types[struct]) collect(type.replace(/(\[\d*\])+$/, ''));
  };
  collect(name);
  found.delete(name);
  return [name, ...[...found].sort()]
    .map(
      (struct) =>
        `${struct}(${(types[struct] ?? []).map(({ type, name: member }) => `${type} ${member}`).join(',')})`,
    )
    .join('');
}

function encodeValue(
  types: TypedDataTypes,
  type: string,
  value: unknown,
  field: string,
): Uint8Array {
  const array = /^(.*)\[(\d*)\]$/.exec(type);
  if (array !== null) {
    const items = value as readonly unknown[];
    check(
      'typed-data.array',
      Array.isArray(value) && (array[2] === '' || items.length === Number(array[2])),
      'CRYPTO_ENCODING',
      { field },
    );
    return keccak_256(
      concat(...items.map((item) => encodeValue(types, array[1] ?? '', item, field))),
    );
  }
  if (types[type] !== undefined)
    return hashStruct(types, type, value as Readonly<Record<string, unknown>>);
  return encodeAtom(type, value, field);
}

function encodeAtom(type: string, value: unknown, field: string): Uint8Array {
  if (type === 'string' && typeof value === 'string') return keccak_256(utf8(value));
  if (type === 'bytes') return keccak_256(readHex(value, undefined, field));
  if (type === 'bool' && typeof value === 'boolean') return integerBytes(value ? 1n : 0n, 32);
  if (type === 'address') return concat(new Uint8Array(12), readHex(value, 20, field));
  const fixed = /^bytes([1-9]|[12]\d|3[0-2])$/.exec(type);
  if (fixed !== null)
    return concat(readHex(value, Number(fixed[1]), field), new Uint8Array(32 - Number(fixed[1])));
  return encodeInteger(type, value, field);
}

function encodeInteger(type: string, value: unknown, field: string): Uint8Array {
  const integer = /^(u?)int([1-9]\d*)$/.exec(type);
  if (integer === null || typeof value !== 'bigint') {
    throw new CryptoError('CRYPTO_ENCODING', { check: 'typed-data.type', field, type });
  }
  const bits = BigInt(integer[2] ?? 0);
  const unsigned = integer[1] === 'u';
  const [least, most] = unsigned ? [0n, 1n << bits] : [-(1n << (bits - 1n)), 1n << (bits - 1n)];
  check(
    'typed-data.integer-range',
    bits % 8n === 0n && bits <= 256n && value >= least && value < most,
    'CRYPTO_ENCODING',
    { field },
  );
  return integerBytes(BigInt.asUintN(256, value), 32);
}

function readHex(value: unknown, length: number | undefined, field: string): Uint8Array {
  const right =
    typeof value === 'string' &&
    /^0x(?:[0-9a-fA-F]{2})*$/.test(value) &&
    (length === undefined || value.length === 2 + 2 * length);
  check('typed-data.hex', right, 'CRYPTO_ENCODING', { field });
  return hexToBytes((value as string).slice(2));
}
