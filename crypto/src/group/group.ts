/** Names of the groups in which keys can be made. */
export type GroupName = 'bls12381-g2' | 'secp256k1' | 'ristretto255';

/**
 * A group of prime order with a fixed generator, as key generation needs it. `T` is a point, opaque to callers.
 * Points that are parsed are members of the group and not the identity. {@link PrimeGroup.multiplyBase} alone takes secrets.
 */
export interface PrimeGroup<T> {
  readonly name: GroupName;
  readonly order: bigint;
  /** Length of an encoded point: 192 (affine G2), 33 or 32. */
  readonly pointLength: number;
  readonly identity: T;
  /** secret * generator, 0 < secret < order, by noble: the same steps for every scalar, on BigInt, so not constant-time below that. */
  multiplyBase(secret: bigint): T;
  /** A canonical encoding of a member other than the identity. Throws {@link CryptoError} CRYPTO_ENCODING or CRYPTO_RANGE. */
  parse(bytes: Uint8Array): T;
  /** The one encoding. Throws CRYPTO_RANGE for the identity. */
  encode(point: T): Uint8Array;
  isIdentity(point: T): boolean;
  equal(a: T, b: T): boolean;
  add(a: T, b: T): T;
  /** scalar * point in variable time, 0 <= scalar < order. */
  multiply(point: T, scalar: bigint): T;
  /** The sum of scalars[i] * points[i] in variable time. */
  multiplySum(points: readonly T[], scalars: readonly bigint[]): T;
}

/**
 * The sum of index^k * points[k] by Horner's rule: a committed polynomial at a member's index.
 * Indices are small, so doubling and adding beats full multiplications by ten. Public data only.
 */
export function evaluateCommitment<T>(
  group: PrimeGroup<T>,
  points: readonly T[],
  index: number,
): T {
  return points.reduceRight(
    (sum, point) => group.add(smallMultiple(group, sum, index), point),
    group.identity,
  );
}

function smallMultiple<T>(group: PrimeGroup<T>, point: T, factor: number): T {
  if (group.isIdentity(point)) return point;
  let result = point;
  for (let bit = 30 - Math.clz32(factor); bit >= 0; bit -= 1) {
    result = group.add(result, result);
    if (((factor >> bit) & 1) === 1) result = group.add(result, point);
  }
  return result;
}
