import { bls12_381 } from '@noble/curves/bls12-381.js';
import { concat, integerBytes } from '../encoding/bytes.ts';

/** The point (0, 2) of the curve y^2 = x^3 + 4: on the curve, of order three, so not in G1. 96 bytes, affine. */
export function orderThreePoint(): Uint8Array {
  const point = bls12_381.G1.Point.fromAffine({ x: 0n, y: 2n });
  if (!point.double().equals(point.negate())) throw new Error('(0, 2) must have order three');
  return concat(integerBytes(0n, 48), integerBytes(2n, 48));
}

/** A point of the curve of G2 outside the group: a small multiple of its cofactor's group. 192 bytes, affine, c1 first. */
export function cofactorPoint(): Uint8Array {
  const { Fp2, Fr } = bls12_381.fields;
  const b = Fp2.create({ c0: 4n, c1: 4n });
  for (let c0 = 1n; ; c0 += 1n) {
    const x = Fp2.create({ c0, c1: 0n });
    const square = Fp2.add(Fp2.mul(Fp2.sqr(x), x), b);
    const y = squareRoot(() => Fp2.sqrt(square));
    if (y === undefined) continue;
    // r times any point of the curve lies in the part of the cofactor.
    const point = bls12_381.G2.Point.fromAffine({ x, y })
      .multiplyUnsafe(Fr.ORDER - 1n)
      .add(bls12_381.G2.Point.fromAffine({ x, y }));
    if (point.is0()) continue;
    const affine = point.toAffine();
    return concat(
      ...[affine.x.c1, affine.x.c0, affine.y.c1, affine.y.c0].map((part) => integerBytes(part, 48)),
    );
  }
}

function squareRoot<T>(root: () => T): T | undefined {
  try {
    return root();
  } catch {
    return undefined;
  }
}
