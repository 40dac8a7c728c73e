import { pippenger } from '@noble/curves/abstract/curve.js';
import { bls12_381 } from '@noble/curves/bls12-381.js';
import { bytesInteger, concat, integerBytes, sameBytes } from '../encoding/bytes.ts';
import type { CurveEngine, CurveGroup } from './engine.ts';
import { FIELD_PRIME } from './field.ts';

const { Fp, Fp2 } = bls12_381.fields;
const G1 = bls12_381.G1.Point;
const G2 = bls12_381.G2.Point;

// For a prime field noble's map takes the element itself and returns a point; its type names only the extension-field form.
const mapToCurve = bls12_381.G1.mapToCurve as unknown as (element: bigint) => NobleG1;

/** Points of the reference engine. */
export type NobleG1 = typeof G1.BASE;
export type NobleG2 = typeof G2.BASE;

/** The reference engine: pure JavaScript, also in chaincode. Its points are noble's. */
export const nobleEngine: CurveEngine<NobleG1, NobleG2> = {
  name: 'noble',
  g1: g1Group(),
  g2: g2Group(),
  hashToG1: (message, tag) => bls12_381.G1.hashToCurve(message, { DST: tag }),
  mapToG1: mapToCurve,
  productIsOne: (pairs) => {
    // An identity on either side contributes the factor one; noble refuses it.
    const factors = pairs.filter(([p, q]) => !p.is0() && !q.is0());
    const product = bls12_381.pairingBatch(factors.map(([g1, g2]) => ({ g1, g2 })));
    return bls12_381.fields.Fp12.eql(product, bls12_381.fields.Fp12.ONE);
  },
};

function g1Group(): CurveGroup<NobleG1> {
  return {
    byteLength: 96,
    generator: G1.BASE,
    identity: G1.ZERO,
    fromCoordinates: (bytes) => G1.fromAffine({ x: field(bytes, 0), y: field(bytes, 48) }),
    decompress: (bytes) => decompress(bytes, 48, (raw) => G1.fromBytes(raw)),
    toCoordinates: (point) => {
      const { x, y } = point.toAffine();
      return concat(integerBytes(x, 48), integerBytes(y, 48));
    },
    isOnCurve: (point) => {
      const { x, y } = point.toAffine();
      return Fp.eql(Fp.sqr(y), Fp.add(Fp.mul(Fp.sqr(x), x), 4n));
    },
    hasOrder: (point) => point.isTorsionFree(),
    isIdentity: (point) => point.is0(),
    equal: (a, b) => a.equals(b),
    add: (a, b) => a.add(b),
    negate: (point) => point.negate(),
    multiply: (point, k) => (k === 0n ? G1.ZERO : point.multiplyUnsafe(k)),
    multiplySum: (points, scalars) =>
      points.length === 0 ? G1.ZERO : pippenger(G1, [...points], [...scalars]),
  };
}

function g2Group(): CurveGroup<NobleG2> {
  const b = Fp2.create({ c0: 4n, c1: 4n });
  return {
    byteLength: 192,
    generator: G2.BASE,
    identity: G2.ZERO,
    fromCoordinates: (bytes) =>
      G2.fromAffine({
        x: { c1: field(bytes, 0), c0: field(bytes, 48) },
        y: { c1: field(bytes, 96), c0: field(bytes, 144) },
      }),
    decompress: (bytes) => decompress(bytes, 96, (raw) => G2.fromBytes(raw)),
    toCoordinates: (point) => {
      const { x, y } = point.toAffine();
      return concat(...[x.c1, x.c0, y.c1, y.c0].map((part) => integerBytes(part, 48)));
    },
    isOnCurve: (point) => {
      const { x, y } = point.toAffine();
      return Fp2.eql(Fp2.sqr(y), Fp2.add(Fp2.mul(Fp2.sqr(x), x), b));
    },
    hasOrder: (point) => point.isTorsionFree(),
    isIdentity: (point) => point.is0(),
    equal: (a, b) => a.equals(b),
    add: (a, b) => a.add(b),
    negate: (point) => point.negate(),
    multiply: (point, k) => (k === 0n ? G2.ZERO : point.multiplyUnsafe(k)),
    multiplySum: (points, scalars) =>
      points.length === 0 ? G2.ZERO : pippenger(G2, [...points], [...scalars]),
  };
}

function field(bytes: Uint8Array, offset: number): bigint {
  return bytesInteger(bytes.subarray(offset, offset + 48)) % FIELD_PRIME;
}

function decompress<T extends { toBytes(compressed: boolean): Uint8Array }>(
  bytes: Uint8Array,
  length: number,
  parse: (bytes: Uint8Array) => T,
): T | undefined {
  if (bytes.length !== length) return undefined;
  try {
    const point = parse(bytes);
    // noble refuses wrong flags and unreduced coordinates itself; equality keeps that true of any later version.
    return sameBytes(point.toBytes(true), bytes) ? point : undefined;
  } catch {
    return undefined;
  }
}
