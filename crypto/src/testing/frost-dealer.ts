import { at } from '../internal/at.ts';
import { integerBytes } from '../encoding/bytes.ts';
import { toEvenKey, toEvenShare, type FrostKeys, type FrostShare } from '../frost/keys.ts';
import { secp256k1 } from '../frost/suite.ts';
import { randomBelow, type RandomSource } from '../internal/random.ts';

const { Point } = secp256k1;
const ORDER = Point.Fn.ORDER;

/** A FROST key dealt by one hand (RFC 9591, appendix C): for tests and benches only. In the agreed form. */
export function dealFrostKey(
  size: number,
  threshold: number,
  random: RandomSource,
): { readonly keys: FrostKeys; readonly shares: readonly FrostShare[] } {
  const coefficients = Array.from({ length: threshold }, () => randomBelow(ORDER, random));
  const secrets = Array.from({ length: size }, (_, i) =>
    coefficients.reduceRight((sum, coefficient) => (sum * BigInt(i + 1) + coefficient) % ORDER, 0n),
  );
  const keys = {
    size,
    threshold,
    groupKey: Point.BASE.multiply(at(coefficients, 0)).toBytes(true),
    shareKeys: secrets.map((secret) => Point.BASE.multiply(secret).toBytes(true)),
  };
  const shares = secrets.map((secret, i) =>
    toEvenShare(keys.groupKey, { index: i + 1, secret: integerBytes(secret, 32) }),
  );
  return { keys: toEvenKey(keys), shares };
}
