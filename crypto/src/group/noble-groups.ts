import { pippenger, type CurvePoint, type CurvePointCons } from '@noble/curves/abstract/curve.js';
import { ristretto255 } from '@noble/curves/ed25519.js';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sameBytes } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import type { GroupName, PrimeGroup } from './group.ts';

type Secp256k1Point = typeof secp256k1.Point.BASE;
type RistrettoPoint = typeof ristretto255.Point.BASE;

/** secp256k1, compressed points: keys of FROST. */
export const secp256k1Group: PrimeGroup<Secp256k1Point> = fromNoble(
  'secp256k1',
  secp256k1.Point,
  33,
);

/** ristretto255 (RFC 9496): keys of ElGamal. */
export const ristretto255Group: PrimeGroup<RistrettoPoint> = fromNoble(
  'ristretto255',
  ristretto255.Point,
  32,
);

function fromNoble<T extends CurvePoint<unknown, T>>(
  name: GroupName,
  Point: CurvePointCons<T>,
  pointLength: number,
): PrimeGroup<T> {
  return {
    name,
    order: Point.Fn.ORDER,
    pointLength,
    identity: Point.ZERO,
    multiplyBase: (secret) => Point.BASE.multiply(secret),
    parse: (bytes) => {
      const point = decode(Point, bytes);
      check('group.point-canonical', sameBytes(point.toBytes(), bytes), 'CRYPTO_ENCODING');
      check('group.point-identity', !point.is0(), 'CRYPTO_RANGE');
      return point;
    },
    encode: (point) => {
      check('group.encode-identity', !point.is0(), 'CRYPTO_RANGE');
      return point.toBytes();
    },
    isIdentity: (point) => point.is0(),
    equal: (a, b) => a.equals(b),
    add: (a, b) => a.add(b),
    multiply: (point, scalar) => (scalar === 0n ? Point.ZERO : point.multiplyUnsafe(scalar)),
    multiplySum: (points, scalars) =>
      points.length === 0 ? Point.ZERO : pippenger(Point, [...points], [...scalars]),
  };
}

function decode<T extends CurvePoint<unknown, T>>(Point: CurvePointCons<T>, bytes: Uint8Array): T {
  try {
    return Point.fromBytes(bytes);
  } catch (cause) {
    throw new CryptoError('CRYPTO_ENCODING', { check: 'group.point' }, { cause });
  }
}
