import { bytesInteger, concat, integerBytes } from '../encoding/bytes.ts';
import type { PrimeGroup } from '../group/group.ts';
import { check } from '../internal/check.ts';

/** Longest encrypted share. HPKE needs 32 + 32 + 16 bytes. */
export const MAX_CIPHERTEXT = 512;

/** A dealing as it stands in the log. */
export interface DealBody<T> {
  /** Commitments to the polynomial's coefficients, the constant term first. */
  readonly commitments: readonly T[];
  /** Proof of knowledge of the constant term: a group element and a scalar, encoded (possession.ts). */
  readonly possession: Uint8Array;
  /** The share of each member, encrypted to it; opaque here. */
  readonly ciphertexts: readonly Uint8Array[];
}

/** A share that a dealer publishes to answer a complaint. */
export interface RevealedShare {
  readonly member: number;
  readonly share: bigint;
}

/** Encodes a dealing from encoded commitments. */
export function encodeDeal(
  commitments: readonly Uint8Array[],
  possession: Uint8Array,
  ciphertexts: readonly Uint8Array[],
): Uint8Array {
  const boxes = ciphertexts.flatMap((box) => [integerBytes(BigInt(box.length), 2), box]);
  return concat(...commitments, possession, ...boxes);
}

/**
 * Reads a dealing with exactly `threshold` commitments (so no dealer raises the degree) and one ciphertext for each member.
 * @throws {CryptoError} CRYPTO_ENCODING, or CRYPTO_RANGE for a point outside the group.
 */
export function parseDeal<T>(
  group: PrimeGroup<T>,
  threshold: number,
  size: number,
  body: Uint8Array,
): DealBody<T> {
  const reader = new Reader(body);
  const commitments = Array.from({ length: threshold }, () =>
    group.parse(reader.take(group.pointLength)),
  );
  const possession = reader.take(group.pointLength + 32);
  const ciphertexts = Array.from({ length: size }, () => {
    const length = reader.number(2);
    check('deal.ciphertext-length', length <= MAX_CIPHERTEXT, 'CRYPTO_ENCODING', { length });
    return reader.take(length);
  });
  reader.end();
  return { commitments, possession, ciphertexts };
}

/** Encodes the dealers that a member complains about. */
export function encodeComplaint(dealers: readonly number[]): Uint8Array {
  return concat(...dealers.map((dealer) => integerBytes(BigInt(dealer), 2)));
}

/** Reads a complaint: dealers 1 to `dealers`, strictly ascending. Empty means that all shares are good. */
export function parseComplaint(dealers: number, body: Uint8Array): readonly number[] {
  const reader = new Reader(body);
  return readAscending(reader, dealers, () => undefined).map(([dealer]) => dealer);
}

/** Encodes the shares with which a dealer answers. */
export function encodeAnswer(shares: readonly RevealedShare[]): Uint8Array {
  return concat(
    ...shares.flatMap(({ member, share }) => [
      integerBytes(BigInt(member), 2),
      integerBytes(share, 32),
    ]),
  );
}

/** Reads an answer: members 1 to `size`, strictly ascending, shares below `order`. */
export function parseAnswer(
  size: number,
  order: bigint,
  body: Uint8Array,
): readonly RevealedShare[] {
  const reader = new Reader(body);
  return readAscending(reader, size, () => {
    const share = bytesInteger(reader.take(32));
    check('answer.share-range', share < order, 'CRYPTO_ENCODING');
    return share;
  }).map(([member, share]) => ({ member, share }));
}

/** Reads a confirmation: the transcript hash, 32 bytes. */
export function parseConfirmation(body: Uint8Array): Uint8Array {
  check('confirm.length', body.length === 32, 'CRYPTO_ENCODING');
  return body;
}

function readAscending<V>(reader: Reader, limit: number, value: () => V): [number, V][] {
  const entries: [number, V][] = [];
  let last = 0;
  while (!reader.done) {
    const index = reader.number(2);
    check('body.index-ascending', index > last, 'CRYPTO_ENCODING', { index });
    check('body.index-known', index <= limit, 'CRYPTO_ENCODING', { index });
    last = index;
    entries.push([index, value()]);
  }
  return entries;
}

class Reader {
  readonly #bytes: Uint8Array;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  take(length: number): Uint8Array {
    check('body.cut', this.#offset + length <= this.#bytes.length, 'CRYPTO_ENCODING');
    this.#offset += length;
    return this.#bytes.slice(this.#offset - length, this.#offset);
  }

  number(length: number): number {
    return Number(bytesInteger(this.take(length)));
  }

  end(): void {
    check('body.tail', this.done, 'CRYPTO_ENCODING');
  }
}
