import { CryptoError } from '../errors.ts';
import { check, holds } from '../internal/check.ts';
import { platformRandom, type RandomSource } from '../internal/random.ts';
import { findBadPartials, type IndexedPartial } from './blame.ts';
import type { CurveEngine } from './engine.ts';
import { GROUP_ORDER } from './field.ts';
import { lagrangeAtZero } from './lagrange.ts';
import { encodePoint, parseAffine } from './points.ts';
import { verifyHashed } from './verify.ts';

/** The public side of a threshold key, as key generation leaves it. Indices are 1 to `size`. */
export interface ThresholdKeys<Q> {
  readonly size: number;
  /** Number of partials that make a signature. */
  readonly threshold: number;
  readonly groupKey: Q;
  /** The public key of one member's share; asked for on the blaming path only. */
  shareKey(index: number): Q;
}

/** One member's partial signature: 96 bytes, affine G1 (keys.ts, `signWith` with the share). */
export interface Partial {
  readonly index: number;
  readonly bytes: Uint8Array;
}

/** What became of a set of partials. `blamed` are all members left out so far in this epoch, in ascending order. */
export type CombineResult =
  | { readonly kind: 'signed'; readonly signature: Uint8Array; readonly blamed: readonly number[] }
  | { readonly kind: 'short'; readonly missing: number; readonly blamed: readonly number[] };

/** Combines partials of one committee in one epoch and remembers who sent bad ones. */
export interface Combiner {
  /**
   * Combines the first `threshold` usable partials; the rest are in reserve. Partials of blamed members and repeats are ignored.
   * The optimistic path checks nothing but the curve equation of each partial, then order and pairing of the result
   * (Boldyreva 2003; a small-order part of a partial shows in the sum or cancels out, and either is harmless).
   * When that fails, the bad partials among the chosen are found, their senders are blamed until the epoch ends, and the
   * reserve steps in. Cost: one multi-scalar multiplication and one verification; see blame.ts for the other path.
   * @throws {CryptoError} CRYPTO_KEY when every chosen partial is valid and the sum is not: the keys do not belong together.
   */
  combine(tag: Uint8Array, message: Uint8Array, partials: readonly Partial[]): CombineResult;
  /** Members left out, ascending. */
  readonly blamed: readonly number[];
}

/** Makes the combiner of an epoch. `random` weighs the batch on the blaming path; the platform's by default. */
export function createCombiner<P, Q>(
  engine: CurveEngine<P, Q>,
  keys: ThresholdKeys<Q>,
  random: RandomSource = platformRandom,
): Combiner {
  const blamed = new Set<number>();
  const blamedList = (): number[] => [...blamed].sort((a, b) => a - b);
  return {
    get blamed() {
      return blamedList();
    },
    combine(tag, message, partials) {
      const usable = admit(engine, keys, partials, blamed);
      const hashed = engine.hashToG1(message, tag);
      for (;;) {
        const candidates = usable.filter(({ index }) => !blamed.has(index));
        const chosen = candidates.slice(0, keys.threshold);
        if (chosen.length < keys.threshold) {
          return { kind: 'short', missing: keys.threshold - chosen.length, blamed: blamedList() };
        }
        const signature = combineChosen(engine, chosen);
        if (isGroupSignature(engine, keys.groupKey, hashed, signature)) {
          return {
            kind: 'signed',
            signature: encodePoint(engine.g1, signature),
            blamed: blamedList(),
          };
        }
        const bad = findBadPartials(engine, keys, hashed, chosen, random);
        if (bad.length === 0) throw new CryptoError('CRYPTO_KEY', { field: 'groupKey' });
        for (const index of bad) blamed.add(index);
      }
    },
  };
}

/** Parses what may count: known members, the first partial of each, not blamed. Points off the curve are blamed at once. */
function admit<P, Q>(
  engine: CurveEngine<P, Q>,
  keys: ThresholdKeys<Q>,
  partials: readonly Partial[],
  blamed: Set<number>,
): IndexedPartial<P>[] {
  const admitted = new Map<number, P>();
  for (const { index, bytes } of partials) {
    check(
      'threshold.index-known',
      Number.isInteger(index) && index >= 1 && index <= keys.size,
      'CRYPTO_RANGE',
      { index },
    );
    if (blamed.has(index) || admitted.has(index)) continue;
    try {
      admitted.set(index, parseAffine(engine.g1, bytes));
    } catch {
      blamed.add(index);
    }
  }
  return [...admitted].map(([index, point]) => ({ index, point }));
}

/** The Lagrange combination at zero of exactly the given partials, unchecked. */
function combineChosen<P, Q>(engine: CurveEngine<P, Q>, chosen: readonly IndexedPartial<P>[]): P {
  const coefficients = lagrangeAtZero(
    chosen.map(({ index }) => index),
    GROUP_ORDER,
  );
  return engine.g1.multiplySum(
    chosen.map(({ point }) => point),
    coefficients,
  );
}

function isGroupSignature<P, Q>(
  engine: CurveEngine<P, Q>,
  key: Q,
  hashed: P,
  signature: P,
): boolean {
  return (
    holds('threshold.signature-identity', !engine.g1.isIdentity(signature)) &&
    holds('threshold.signature-order', engine.g1.hasOrder(signature)) &&
    holds('threshold.signature-valid', verifyHashed(engine, key, hashed, signature))
  );
}
