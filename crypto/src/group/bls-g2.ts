import { bls12_381 } from '@noble/curves/bls12-381.js';
import type { CurveEngine } from '../bls/engine.ts';
import { GROUP_ORDER } from '../bls/field.ts';
import { nobleEngine } from '../bls/noble-engine.ts';
import { encodePoint, parseMember } from '../bls/points.ts';
import type { PrimeGroup } from './group.ts';

/** G2 of BLS12-381 for threshold BLS keys. The engine works on public points; secrets stay with noble whatever the engine. */
export function blsKeyGroup<P, Q>(engine: CurveEngine<P, Q>): PrimeGroup<Q> {
  const { g2 } = engine;
  return {
    name: 'bls12381-g2',
    order: GROUP_ORDER,
    pointLength: g2.byteLength,
    identity: g2.identity,
    multiplyBase: (secret) =>
      g2.fromCoordinates(nobleEngine.g2.toCoordinates(bls12_381.G2.Point.BASE.multiply(secret))),
    parse: (bytes) => parseMember(g2, bytes),
    encode: (point) => encodePoint(g2, point),
    isIdentity: (point) => g2.isIdentity(point),
    equal: (a, b) => g2.equal(a, b),
    add: (a, b) => g2.add(a, b),
    multiply: (point, scalar) => g2.multiply(point, scalar),
    multiplySum: (points, scalars) => g2.multiplySum(points, scalars),
  };
}
