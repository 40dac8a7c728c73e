import { bytesInteger, concat, integerBytes } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';

/** A string of bytes or a list (Ethereum yellow paper, appendix B). */
export type Rlp = Uint8Array | readonly Rlp[];

/** Deepest nesting that is read; headers, receipts and trie nodes need 4. */
const MAX_DEPTH = 16;

/** The canonical bytes of an item. */
export function encodeRlp(item: Rlp): Uint8Array {
  if (item instanceof Uint8Array) {
    return isOwnPrefix(item) ? item : concat(prefix(0x80, item.length), item);
  }
  const content = concat(...item.map(encodeRlp));
  return concat(prefix(0xc0, content.length), content);
}

/** RLP's integer: big-endian without leading zeros, nothing for 0. */
export function rlpInteger(value: bigint): Uint8Array {
  return value === 0n
    ? new Uint8Array(0)
    : integerBytes(value, Math.ceil(value.toString(16).length / 2));
}

/**
 * Reads exactly one item that fills `bytes`; only the canonical form.
 * @throws {CryptoError} CRYPTO_ENCODING.
 */
export function decodeRlp(bytes: Uint8Array): Rlp {
  const { item, end } = readItem(bytes, 0, 0);
  check('rlp.trailing', end === bytes.length, 'CRYPTO_ENCODING');
  return item;
}

/** The list of `count` items (any number when left out). Throws CRYPTO_ENCODING. */
export function asRlpList(item: Rlp | undefined, count?: number): readonly Rlp[] {
  if (item === undefined || item instanceof Uint8Array)
    throw new CryptoError('CRYPTO_ENCODING', { check: 'rlp.list' });
  check('rlp.list-length', count === undefined || item.length === count, 'CRYPTO_ENCODING', {
    length: item.length,
  });
  return item;
}

/** The bytes of a string, `length` of them (any number when left out). Throws CRYPTO_ENCODING. */
export function asRlpBytes(item: Rlp | undefined, length?: number): Uint8Array {
  if (!(item instanceof Uint8Array))
    throw new CryptoError('CRYPTO_ENCODING', { check: 'rlp.string' });
  check('rlp.string-length', length === undefined || item.length === length, 'CRYPTO_ENCODING', {
    length: item.length,
  });
  return item;
}

/** The integer of a string without leading zeros, below 2^256. Throws CRYPTO_ENCODING. */
export function asRlpInteger(item: Rlp | undefined): bigint {
  const bytes = asRlpBytes(item);
  check('rlp.integer', bytes.length <= 32 && bytes[0] !== 0, 'CRYPTO_ENCODING');
  return bytesInteger(bytes);
}

/** A single byte below 0x80 stands for itself. */
function isOwnPrefix(bytes: Uint8Array): boolean {
  return bytes.length === 1 && (bytes[0] ?? 0) < 0x80;
}

function prefix(base: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(base + length);
  const size = rlpInteger(BigInt(length));
  return concat(Uint8Array.of(base + 55 + size.length), size);
}

function readItem(
  bytes: Uint8Array,
  start: number,
  depth: number,
): { readonly item: Rlp; readonly end: number } {
  check('rlp.depth', depth <= MAX_DEPTH, 'CRYPTO_ENCODING');
  const first = bytes[start];
  if (first === undefined) throw new CryptoError('CRYPTO_ENCODING', { check: 'rlp.cut' });
  if (first < 0x80) return { item: bytes.subarray(start, start + 1), end: start + 1 };
  const base = first < 0xc0 ? 0x80 : 0xc0;
  const { from, end } = readSpan(bytes, start, first - base);
  if (base === 0xc0) return { item: readItems(bytes.subarray(0, end), from, depth), end };
  const item = bytes.subarray(from, end);
  check('rlp.single-byte', !isOwnPrefix(item), 'CRYPTO_ENCODING');
  return { item, end };
}

function readItems(bytes: Uint8Array, start: number, depth: number): readonly Rlp[] {
  const items: Rlp[] = [];
  for (let at = start; at < bytes.length;) {
    const { item, end } = readItem(bytes, at, depth + 1);
    items.push(item);
    at = end;
  }
  return items;
}

function readSpan(
  bytes: Uint8Array,
  start: number,
  short: number,
): { readonly from: number; readonly end: number } {
  let [from, length] = [start + 1, short];
  if (short > 55) {
    const size = short - 55;
    // Six bytes are already more than any array holds.
    check('rlp.length-size', size <= 6 && start + 1 + size <= bytes.length, 'CRYPTO_ENCODING');
    const digits = bytes.subarray(start + 1, start + 1 + size);
    length = Number(bytesInteger(digits));
    check('rlp.length-minimal', digits[0] !== 0 && length >= 56, 'CRYPTO_ENCODING');
    from += size;
  }
  check('rlp.cut', from + length <= bytes.length, 'CRYPTO_ENCODING');
  return { from, end: from + length };
}
