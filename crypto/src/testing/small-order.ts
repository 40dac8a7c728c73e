import { bls12_381 } from '@noble/curves/bls12-381.js';
import { concat, integerBytes } from '../encoding/bytes.ts';

/** The point (0, 2) of the curve y^2 = x^3 + 4: on the curve, of order three, so not in G1. 96 bytes, affine. */
export function orderThreePoint(): Uint8Array {
  const point = bls12_381.G1.Point.fromAffine({ x: 0n, y: 2n });
  if (!point.double().equals(point.negate())) throw new Error('(0, 2) must have order three');
  return concat(integerBytes(0n, 48), integerBytes(2n, 48));
}
