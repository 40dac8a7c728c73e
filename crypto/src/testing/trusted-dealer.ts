import { at } from '../internal/at.ts';
import { integerBytes } from '../encoding/bytes.ts';
import { randomBelow, type RandomSource } from '../internal/random.ts';
import type { CurveEngine } from '../bls/engine.ts';
import { GROUP_ORDER } from '../bls/field.ts';
import type { ThresholdKeys } from '../bls/threshold.ts';

/** A threshold key dealt by one hand, with all its secrets: for tests and benches only. */
export interface DealtKey<Q> {
  readonly secret: bigint;
  /** The share of member 1 first, 32 bytes each. */
  readonly shares: readonly Uint8Array[];
  readonly keys: ThresholdKeys<Q>;
}

/** Deals a key for `size` members with `threshold`. Uses the engine for secrets, which production code must not do. */
export function dealThresholdKey<P, Q>(
  engine: CurveEngine<P, Q>,
  size: number,
  threshold: number,
  random: RandomSource,
): DealtKey<Q> {
  const coefficients = Array.from({ length: threshold }, () => randomBelow(GROUP_ORDER, random));
  const shares = Array.from({ length: size }, (_, i) => evaluate(coefficients, BigInt(i + 1)));
  const shareKeys = shares.map((share) => engine.g2.multiply(engine.g2.generator, share));
  return {
    secret: at(coefficients, 0),
    shares: shares.map((share) => integerBytes(share, 32)),
    keys: {
      size,
      threshold,
      groupKey: engine.g2.multiply(engine.g2.generator, at(coefficients, 0)),
      shareKey: (index) => at(shareKeys, index - 1),
    },
  };
}

function evaluate(coefficients: readonly bigint[], x: bigint): bigint {
  return coefficients.reduceRight((sum, coefficient) => (sum * x + coefficient) % GROUP_ORDER, 0n);
}
