import { verify, type KeyObject } from 'node:crypto';
import { readElement, TAG } from './der.ts';
import type { Identity } from './types.ts';

interface Curve {
  readonly bytes: number;
  readonly order: bigint;
}

/** Orders of the NIST curves, SP 800-186 section 3.2.1. */
const CURVES: Readonly<Record<string, Curve>> = {
  prime256v1: {
    bytes: 32,
    order: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
  },
  secp384r1: {
    bytes: 48,
    order:
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
};

/** Whether identities may hold this key: ECDSA on P-256 or P-384, Ed25519 only when `ed25519`. */
export function isSupportedKey(key: KeyObject, ed25519: boolean): boolean {
  if (key.asymmetricKeyType === 'ed25519') return ed25519;
  return key.asymmetricKeyType === 'ec' && curveOf(key) !== undefined;
}

/**
 * True when `signature` is the identity's over `message`, by Fabric's rules: ECDSA over SHA-256 as DER with minimal
 * integers and `s` at most half the order; Ed25519 over the message itself. Never throws.
 *
 * As in Fabric (bccsp/utils UnmarshalECDSASignature), octets behind `s` or behind the sequence do not count: a
 * signature's octets are not unique, whoever de-duplicates must do so by content.
 */
export function verifySignature(
  identity: Pick<Identity, 'publicKey'>,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const key = identity.publicKey;
  if (key.asymmetricKeyType === 'ed25519') return verify(null, message, key, signature);
  const curve = curveOf(key);
  if (curve === undefined) return false;
  const pair = tryDecodeSignature(signature);
  if (pair === undefined || isZero(pair.r) || isZero(pair.s)) return false;
  if (toBigint(pair.s) > curve.order / 2n || toBigint(pair.r) >= curve.order) return false;
  const fixed = Buffer.concat([leftPad(pair.r, curve.bytes), leftPad(pair.s, curve.bytes)]);
  return verify('sha256', message, { key, dsaEncoding: 'ieee-p1363' }, fixed);
}

/** The signature with `s` brought below half the order; other octets unchanged when it is none. */
export function toLowS(
  key: KeyObject,
  signature: Uint8Array,
): { r: bigint; s: bigint } | undefined {
  const curve = curveOf(key);
  const pair = tryDecodeSignature(signature);
  if (curve === undefined || pair === undefined) return undefined;
  const s = toBigint(pair.s);
  return { r: toBigint(pair.r), s: s > curve.order / 2n ? curve.order - s : s };
}

/** Asking a key for its details costs a tenth of a verification. */
const curves = new WeakMap<KeyObject, Curve | null>();

function curveOf(key: KeyObject): Curve | undefined {
  let curve = curves.get(key);
  if (curve === undefined) {
    curve = CURVES[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? null;
    curves.set(key, curve);
  }
  return curve ?? undefined;
}

/** Positive `r` and `s` as unsigned big-endian octets; undefined when the DER is not minimal or a number negative. */
function tryDecodeSignature(signature: Uint8Array): { r: Uint8Array; s: Uint8Array } | undefined {
  try {
    const sequence = readElement(signature);
    if (sequence.tag !== TAG.sequence) return undefined;
    const first = readElement(sequence.content);
    const second = readElement(sequence.content, first.end);
    const r = tryUnsigned(first.tag, first.content);
    const s = tryUnsigned(second.tag, second.content);
    return r === undefined || s === undefined ? undefined : { r, s };
  } catch {
    return undefined;
  }
}

function tryUnsigned(tag: number, content: Uint8Array): Uint8Array | undefined {
  const [first, second] = content;
  if (tag !== TAG.integer || first === undefined || first >= 0x80) return undefined;
  if (first !== 0) return content;
  if (second !== undefined && second < 0x80) return undefined;
  return content.subarray(1);
}

function isZero(number: Uint8Array): boolean {
  return number.every((octet) => octet === 0);
}

function leftPad(number: Uint8Array, bytes: number): Buffer {
  return Buffer.concat([Buffer.alloc(bytes - number.length), number]);
}

function toBigint(number: Uint8Array): bigint {
  return number.length === 0 ? 0n : BigInt(`0x${Buffer.from(number).toString('hex')}`);
}
