import { at } from '../internal/at.ts';
import { hash_to_field } from '@noble/curves/abstract/hash-to-curve.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { sha256 } from '@noble/hashes/sha2.js';

/** The order r of G1, G2 and of the scalars. */
export const GROUP_ORDER: bigint = bls12_381.fields.Fr.ORDER;

/** The prime p of the base field (381 bits). */
export const FIELD_PRIME: bigint = bls12_381.fields.Fp.ORDER;

/** The two field elements that RFC 9380 (5.2) derives from a message for the suite BLS12381G1_XMD:SHA-256_SSWU_RO_. */
export function hashToFieldPair(message: Uint8Array, tag: Uint8Array): readonly [bigint, bigint] {
  const elements = hash_to_field(message, 2, {
    DST: tag,
    p: FIELD_PRIME,
    m: 1,
    k: 128,
    expand: 'xmd',
    hash: sha256,
  }).map((element) => at(element, 0));
  return [at(elements, 0), at(elements, 1)];
}
