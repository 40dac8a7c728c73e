import { secp256k1, secp256k1_FROST, type FrostPublic } from './suite.ts';
import { bytesInteger, integerBytes } from '../encoding/bytes.ts';
import { check } from '../internal/check.ts';

const { Point } = secp256k1;
const ORDER = Point.Fn.ORDER;

/** The public side of a FROST key. Members are 1 to `size`; points are compressed, 33 bytes. */
export interface FrostKeys {
  readonly size: number;
  readonly threshold: number;
  /** y even, x below the group order: so one byte less to agree on, and ecrecover can verify. */
  readonly groupKey: Uint8Array;
  /** Public keys of the shares, that of member 1 first. */
  readonly shareKeys: readonly Uint8Array[];
}

/** One member's secret share: 32 bytes, big-endian. */
export interface FrostShare {
  readonly index: number;
  readonly secret: Uint8Array;
}

/**
 * Brings a key out of key generation into the agreed form: when y of the group key is odd, every member negates its share and
 * all points are negated, which negates the group key. Each member does it alone and all arrive at the same.
 * @throws {CryptoError} CRYPTO_KEY when x is at or above the group order (probability 2^-128: generate again).
 */
export function toEvenKey(keys: FrostKeys): FrostKeys {
  check('frost-keys.below-order', bytesInteger(keys.groupKey.subarray(1)) < ORDER, 'CRYPTO_KEY');
  if (keys.groupKey[0] === 2) return keys;
  return {
    ...keys,
    groupKey: negatePoint(keys.groupKey),
    shareKeys: keys.shareKeys.map(negatePoint),
  };
}

/** The share that belongs to {@link toEvenKey}; `groupKey` is the key before. */
export function toEvenShare(groupKey: Uint8Array, share: FrostShare): FrostShare {
  if (groupKey[0] === 2) return share;
  return { index: share.index, secret: integerBytes(ORDER - bytesInteger(share.secret), 32) };
}

/** The same key as noble's FROST takes it. Throws CRYPTO_KEY for a key not in the agreed form. */
export function noblePublic(keys: FrostKeys): FrostPublic {
  check('frost-keys.even', keys.groupKey[0] === 2, 'CRYPTO_KEY');
  return {
    signers: { min: keys.threshold, max: keys.size },
    // Signing and verifying use the first commitment only, which is the group key.
    commitments: [keys.groupKey.slice()],
    verifyingShares: Object.fromEntries(
      keys.shareKeys.map((key, i) => [identifier(i + 1), key.slice()]),
    ),
  };
}

/** noble's name of member `index`. */
export function identifier(index: number): string {
  return secp256k1_FROST.Identifier.fromNumber(index);
}

function negatePoint(compressed: Uint8Array): Uint8Array {
  return Point.fromBytes(compressed).negate().toBytes(true);
}
