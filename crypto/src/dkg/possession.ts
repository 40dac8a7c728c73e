import { hash_to_field } from '@noble/curves/abstract/hash-to-curve.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { bytesInteger, concat, integerBytes, lengthPrefixed, utf8 } from '../encoding/bytes.ts';
import type { PrimeGroup } from '../group/group.ts';
import { at } from '../internal/at.ts';
import { holds } from '../internal/check.ts';
import type { RandomSource } from '../internal/random.ts';

const TAG = utf8('midlock/v1/keygen-possession');
const NONCE_TAG = utf8('midlock/v1/keygen-possession-nonce');

/**
 * Schnorr's proof of knowledge of a dealing's constant term, bound to session and dealer, so that no dealer can build his
 * constant term from others' (rogue key) or repeat another's dealing. Returns point and scalar, encoded.
 */
export function proveConstant<T>(
  group: PrimeGroup<T>,
  session: Uint8Array,
  dealer: number,
  secret: bigint,
  commitment: Uint8Array,
  random: RandomSource,
): Uint8Array {
  // The nonce is hedged: a source that repeats itself still gives another nonce for another secret or session.
  const seed = concat(random.bytes(32), integerBytes(secret, 32), session);
  const nonce = toScalar(group.order, NONCE_TAG, seed) || 1n;
  const point = group.encode(group.multiplyBase(nonce));
  const challenge = challengeOf(group, session, dealer, commitment, point);
  return concat(point, integerBytes((nonce + challenge * secret) % group.order, 32));
}

/** Checks {@link proveConstant}: z G = R + c A. Never throws. */
export function verifyConstant<T>(
  group: PrimeGroup<T>,
  session: Uint8Array,
  dealer: number,
  commitment: T,
  proof: Uint8Array,
): boolean {
  try {
    const encoded = proof.subarray(0, group.pointLength);
    const response = bytesInteger(proof.subarray(group.pointLength));
    if (!holds('possession.response-range', response > 0n && response < group.order)) return false;
    const challenge = challengeOf(group, session, dealer, group.encode(commitment), encoded);
    const right = group.add(group.parse(encoded), group.multiply(commitment, challenge));
    return holds(
      'possession.equation',
      group.equal(group.multiplyBase(response % group.order), right),
    );
  } catch {
    return false;
  }
}

function challengeOf<T>(
  group: PrimeGroup<T>,
  session: Uint8Array,
  dealer: number,
  commitment: Uint8Array,
  nonce: Uint8Array,
): bigint {
  const statement = lengthPrefixed(
    utf8(group.name),
    session,
    integerBytes(BigInt(dealer), 2),
    commitment,
    nonce,
  );
  return toScalar(group.order, TAG, statement);
}

function toScalar(order: bigint, tag: Uint8Array, message: Uint8Array): bigint {
  const elements = hash_to_field(message, 1, {
    DST: tag,
    p: order,
    m: 1,
    k: 128,
    expand: 'xmd',
    hash: sha256,
  });
  return at(at(elements, 0), 0);
}
