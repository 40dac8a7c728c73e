/**
 * A group of BLS12-381 as an engine offers it. `T` is the engine's own point object, opaque to callers.
 * Everything here may run in variable time: public data only. Secret scalars go through keys.ts, which knows noble alone.
 */
export interface CurveGroup<T> {
  /** Length of an affine point: 96 in G1, 192 in G2 (each coordinate big-endian; in G2 the c1 half first). */
  readonly byteLength: 96 | 192;
  readonly generator: T;
  readonly identity: T;
  /** A point of `byteLength` bytes, coordinates reduced modulo p, no check at all: points.ts checks. */
  fromCoordinates(bytes: Uint8Array): T;
  /** A compressed point (half of `byteLength`, ZCash flags), or undefined when it is none. Costs a square root. */
  decompress(bytes: Uint8Array): T | undefined;
  /** The affine coordinates. Meaningless for the identity, which points.ts refuses to encode. */
  toCoordinates(point: T): Uint8Array;
  isOnCurve(point: T): boolean;
  /** True when the order divides r (the identity included). */
  hasOrder(point: T): boolean;
  isIdentity(point: T): boolean;
  equal(a: T, b: T): boolean;
  add(a: T, b: T): T;
  negate(point: T): T;
  /** k * point with 0 <= k < r. */
  multiply(point: T, k: bigint): T;
  /** The sum of scalars[i] * points[i]; the identity for none. */
  multiplySum(points: readonly T[], scalars: readonly bigint[]): T;
}

/** A curve engine for public data: hashing to the curve, parsing, multi-scalar multiplication, pairings. */
export interface CurveEngine<P = unknown, Q = unknown> {
  readonly name: 'noble' | 'mcl';
  readonly g1: CurveGroup<P>;
  readonly g2: CurveGroup<Q>;
  /** hash_to_curve of RFC 9380, suite BLS12381G1_XMD:SHA-256_SSWU_RO_. `tag` is 1 to 255 bytes. */
  hashToG1(message: Uint8Array, tag: Uint8Array): P;
  /** map_to_curve with cleared cofactor (EIP-2537 map_fp_to_G1) of 0 <= element < p. */
  mapToG1(element: bigint): P;
  /** True when the product of e(P, Q) over all pairs is one. The points must have order r. */
  productIsOne(pairs: readonly (readonly [P, Q])[]): boolean;
}
