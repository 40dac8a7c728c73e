import { MspError } from './msp-error.ts';

/** Universal and context tags that certificates and signatures use. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const;

/** Context-specific tag `[number]`, constructed unless `primitive`. */
export function contextTag(number: number, primitive = false): number {
  return (primitive ? 0x80 : 0xa0) | number;
}

/** One DER element: `tag`, minimal length, the concatenated contents. */
export function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(contents);
  return Buffer.concat([Buffer.from([tag, ...lengthOctets(body.length)]), body]);
}

/** INTEGER from an unsigned big-endian number; leading zeros are dropped, a sign octet is added where needed. */
export function derUnsigned(value: Uint8Array): Buffer {
  let start = 0;
  while (start < value.length - 1 && value[start] === 0) start += 1;
  const magnitude = Buffer.from(value.subarray(start));
  const needsSign = magnitude.length === 0 || (magnitude[0] ?? 0) >= 0x80;
  return der(TAG.integer, needsSign ? Buffer.concat([Buffer.from([0]), magnitude]) : magnitude);
}

/** OBJECT IDENTIFIER from dotted form. */
export function derOid(dotted: string): Buffer {
  const arcs = dotted.split('.').map(Number);
  const [first = 0, second = 0, ...rest] = arcs;
  const octets: number[] = [];
  for (const arc of [first * 40 + second, ...rest]) octets.push(...base128(arc));
  return der(TAG.oid, Buffer.from(octets));
}

/** UTCTime up to 2049, GeneralizedTime after (RFC 5280, 4.1.2.5); whole seconds, UTC. */
export function derTime(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replace(/[-:T]|\.\d+/g, '');
  const year = Number(digits.slice(0, 4));
  return year < 2050
    ? der(TAG.utcTime, Buffer.from(digits.slice(2)))
    : der(TAG.generalizedTime, Buffer.from(digits));
}

/** An element read by {@link readElement}; `end` is the offset behind it. */
export interface DerElement {
  readonly tag: number;
  readonly content: Uint8Array;
  readonly end: number;
}

/**
 * Reads one element with a one-octet tag and a definite, minimal length of at most 4 octets.
 * Throws MspError MALFORMED_IDENTITY on anything else, as Go's asn1 package does.
 */
export function readElement(bytes: Uint8Array, offset = 0): DerElement {
  const tag = bytes[offset];
  if (tag === undefined || (tag & 0x1f) === 0x1f) throw malformed();
  const { length, start } = readLength(bytes, offset + 1);
  if (start + length > bytes.length) throw malformed();
  return { tag, content: bytes.subarray(start, start + length), end: start + length };
}

function readLength(bytes: Uint8Array, offset: number): { length: number; start: number } {
  const first = bytes[offset];
  if (first === undefined) throw malformed();
  if (first < 0x80) return { length: first, start: offset + 1 };
  const start = offset + 1 + (first & 0x7f);
  const octets = bytes.subarray(offset + 1, start);
  if (octets.length === 0 || octets.length > 4 || start > bytes.length) throw malformed();
  const length = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  if (length < 0x80 || octets[0] === 0) throw malformed();
  return { length, start };
}

function malformed(): MspError {
  return new MspError('MALFORMED_IDENTITY', 'asn1: structure error');
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length];
  const octets: number[] = [];
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest % 256);
  return [0x80 | octets.length, ...octets];
}

function base128(arc: number): number[] {
  const octets = [arc % 128];
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    octets.unshift(0x80 | (rest % 128));
  return octets;
}
