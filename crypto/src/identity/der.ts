import { bytesInteger } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';

/** Tags that certificates and signatures use (X.690; class and construction bits included). */
export const DER = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  objectId: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** One element: its tag, its content and all of its bytes. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly bytes: Uint8Array;
}

/**
 * Reads exactly one element that fills `bytes`.
 * @throws {CryptoError} CRYPTO_ENCODING for anything that is not DER.
 */
export function readDer(bytes: Uint8Array, tag: number): DerElement {
  const element = readElement(bytes);
  check('der.trailing', element.bytes.length === bytes.length, 'CRYPTO_ENCODING');
  return expectTag(element, tag);
}

/** All elements of a constructed element, in order. Throws CRYPTO_ENCODING. */
export function readDerList(content: Uint8Array): readonly DerElement[] {
  const elements: DerElement[] = [];
  for (let offset = 0; offset < content.length;) {
    const element = readElement(content.subarray(offset));
    elements.push(element);
    offset += element.bytes.length;
  }
  return elements;
}

/** The elements of a SEQUENCE, `least` to `most` of them. Throws CRYPTO_ENCODING. */
export function readDerSequence(
  element: DerElement | undefined,
  least: number,
  most = least,
): readonly DerElement[] {
  const elements = readDerList(expectTag(element, DER.sequence).content);
  check(
    'der.sequence-length',
    elements.length >= least && elements.length <= most,
    'CRYPTO_ENCODING',
    { length: elements.length },
  );
  return elements;
}

/** `element` when it has `tag`. Throws CRYPTO_ENCODING. */
export function expectTag(element: DerElement | undefined, tag: number): DerElement {
  if (element?.tag !== tag)
    throw new CryptoError('CRYPTO_ENCODING', {
      check: 'der.tag',
      expected: tag,
      found: element?.tag ?? 0,
    });
  return element;
}

/** A non-negative INTEGER in its shortest form (X.690, 8.3.2). Throws CRYPTO_ENCODING. */
export function readDerInteger(element: DerElement | undefined): bigint {
  const { content } = expectTag(element, DER.integer);
  check('der.integer-empty', content.length > 0, 'CRYPTO_ENCODING');
  check('der.integer-negative', (content[0] ?? 0) < 0x80, 'CRYPTO_ENCODING');
  check(
    'der.integer-minimal',
    content.length < 2 || content[0] !== 0 || (content[1] ?? 0) >= 0x80,
    'CRYPTO_ENCODING',
  );
  return bytesInteger(content);
}

/** The bytes of a BIT STRING of whole bytes. Throws CRYPTO_ENCODING. */
export function readDerBits(element: DerElement | undefined): Uint8Array {
  const { content } = expectTag(element, DER.bitString);
  check('der.bits-whole', content[0] === 0, 'CRYPTO_ENCODING');
  return content.subarray(1);
}

/** Far above any identifier in use; keeps what errors repeat short. */
const MAX_OBJECT_ID = 64;

/** An OBJECT IDENTIFIER of at most 64 bytes in dotted form. Throws CRYPTO_ENCODING. */
export function readDerObjectId(element: DerElement | undefined): string {
  const { content } = expectTag(element, DER.objectId);
  check('der.object-length', content.length <= MAX_OBJECT_ID, 'CRYPTO_ENCODING');
  const arcs: bigint[] = [];
  let arc = 0n;
  let fresh = true;
  for (const byte of content) {
    check('der.object-minimal', !(fresh && byte === 0x80), 'CRYPTO_ENCODING');
    arc = (arc << 7n) | BigInt(byte & 0x7f);
    fresh = byte < 0x80;
    if (!fresh) continue;
    arcs.push(arc);
    arc = 0n;
  }
  check('der.object-whole', fresh && arcs.length > 0, 'CRYPTO_ENCODING');
  const [first = 0n, ...rest] = arcs;
  const top = first < 80n ? first / 40n : 2n;
  return [top, first - 40n * top, ...rest].join('.');
}

function readElement(bytes: Uint8Array): DerElement {
  const [tag = 0, first = 0x80] = bytes;
  check('der.tag-low', bytes.length >= 2 && (tag & 0x1f) !== 0x1f, 'CRYPTO_ENCODING');
  if (first < 0x80) return element(bytes, tag, 2, first);
  const size = first & 0x7f;
  // 0x80 is BER's indefinite length; three bytes of length are 16 MB, more than any certificate.
  check('der.length-form', size >= 1 && size <= 3 && bytes.length >= 2 + size, 'CRYPTO_ENCODING');
  const length = Number(bytesInteger(bytes.subarray(2, 2 + size)));
  check('der.length-minimal', length >= 0x80 && length >= 2 ** (8 * (size - 1)), 'CRYPTO_ENCODING');
  return element(bytes, tag, 2 + size, length);
}

function element(bytes: Uint8Array, tag: number, header: number, length: number): DerElement {
  check('der.cut', bytes.length >= header + length, 'CRYPTO_ENCODING');
  return {
    tag,
    content: bytes.subarray(header, header + length),
    bytes: bytes.subarray(0, header + length),
  };
}
