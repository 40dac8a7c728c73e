import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bytesInteger, concat, integerBytes } from '../encoding/bytes.ts';
import { check } from '../internal/check.ts';
import { platformRandom, randomBelow, type RandomSource } from '../internal/random.ts';
import type { CurveEngine } from './engine.ts';
import { GROUP_ORDER } from './field.ts';
import { nobleEngine } from './noble-engine.ts';
import { parseMember } from './points.ts';
import { BLS_TAGS } from './tags.ts';
import { verifySignature } from './verify.ts';

/** A key pair: secret scalar (32 bytes, big-endian, 1 to r - 1) and public key (192 bytes, affine G2). */
export interface BlsKeyPair {
  readonly secretKey: Uint8Array;
  readonly publicKey: Uint8Array;
}

declare const proven: unique symbol;

/** A public key whose owner has shown that he knows the secret. Only {@link verifyPossession} makes one. */
export interface ProvenKey<Q> {
  readonly [proven]: true;
  readonly bytes: Uint8Array;
  readonly point: Q;
}

/** Draws a key pair. The secret never leaves noble. */
export function generateBlsKey(random: RandomSource = platformRandom): BlsKeyPair {
  const secretKey = integerBytes(randomBelow(GROUP_ORDER, random), 32);
  return { secretKey, publicKey: publicKeyOf(secretKey) };
}

/** The public key (192 bytes) of a secret one. Throws CRYPTO_RANGE when the scalar is 0 or at least r. */
export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  return nobleEngine.g2.toCoordinates(bls12_381.G2.Point.BASE.multiply(secretScalar(secretKey)));
}

/**
 * Signs with a secret scalar: key or share, no difference. Returns 96 bytes, affine.
 * noble's multiplication takes the same steps for every scalar; BigInt arithmetic below it is not constant-time.
 * Cost: hash to the curve and one multiplication, about 3.4 ms.
 * @throws {CryptoError} CRYPTO_RANGE for a scalar of 0 or at least r.
 */
export function signWith(secretKey: Uint8Array, tag: Uint8Array, message: Uint8Array): Uint8Array {
  const hashed = nobleEngine.hashToG1(message, tag);
  return nobleEngine.g1.toCoordinates(hashed.multiply(secretScalar(secretKey)));
}

/**
 * Proof of possession: a signature over owner and key under a tag of its own (Ristenpart and Yilek, EUROCRYPT 2007).
 * `owner` binds it to an identity, so that a proof cannot be re-used by another member with the same key.
 */
export function provePossession(pair: BlsKeyPair, owner: Uint8Array): Uint8Array {
  return signWith(pair.secretKey, BLS_TAGS.possession, concat(pair.publicKey, owner));
}

/**
 * Checks a proof of possession and returns the key in the only form that multi-signatures take.
 * @throws {CryptoError} CRYPTO_ENCODING or CRYPTO_RANGE (key or proof malformed), CRYPTO_KEY (the proof does not verify).
 */
export function verifyPossession<P, Q>(
  engine: CurveEngine<P, Q>,
  publicKey: Uint8Array,
  owner: Uint8Array,
  proof: Uint8Array,
): ProvenKey<Q> {
  const point = parseMember(engine.g2, publicKey);
  const message = concat(publicKey, owner);
  const valid = verifySignature(
    engine,
    point,
    BLS_TAGS.possession,
    message,
    parseMember(engine.g1, proof),
  );
  check('bls.possession', valid, 'CRYPTO_KEY');
  return { bytes: publicKey.slice(), point } as ProvenKey<Q>;
}

function secretScalar(bytes: Uint8Array): bigint {
  check('bls.secret-length', bytes.length === 32, 'CRYPTO_ENCODING');
  const scalar = bytesInteger(bytes);
  check('bls.secret-range', scalar > 0n && scalar < GROUP_ORDER, 'CRYPTO_RANGE');
  return scalar;
}
