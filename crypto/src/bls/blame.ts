import { bytesInteger } from '../encoding/bytes.ts';
import { holds } from '../internal/check.ts';
import type { RandomSource } from '../internal/random.ts';
import type { CurveEngine } from './engine.ts';
import { verifyHashed } from './verify.ts';

/** A parsed partial: on the curve, of any order. */
export interface IndexedPartial<P> {
  readonly index: number;
  readonly point: P;
}

/**
 * Finds the members whose partial is not the hashed message times their share.
 * The order is checked for each one: in a batch the small factors of the cofactor (3 among them) would let an error cancel.
 * Then sets are tested by one pairing equation each over random weights (127 bits: a bad set passes with probability 2^-127):
 * halves while few are bad, single partials once more than an eighth are.
 * Cost for b bad ones of t: t order checks, some 2t short multiplications in sums over G1 and G2, and at most
 * min(2 b log2 t, t) + t/4 pairing checks.
 */
export function findBadPartials<P, Q>(
  engine: CurveEngine<P, Q>,
  keys: { shareKey(index: number): Q },
  hashed: P,
  partials: readonly IndexedPartial<P>[],
  random: RandomSource,
): number[] {
  const { g1, g2 } = engine;
  const bad = partials.filter(({ point }) => !holds('blame.partial-order', g1.hasOrder(point))).map(({ index }) => index);
  const ordered = partials.filter(({ index }) => !bad.includes(index));
  const fewBad = Math.max(1, Math.floor(ordered.length / 8));
  const isValid = (set: readonly IndexedPartial<P>[]): boolean => {
    const weights = set.map(() => randomWeight(random));
    const signature = g1.multiplySum(set.map(({ point }) => point), weights);
    const key = g2.multiplySum(set.map(({ index }) => keys.shareKey(index)), weights);
    return holds('blame.batch-valid', verifyHashed(engine, key, hashed, signature));
  };
  const isPartial = ({ index, point }: IndexedPartial<P>): boolean =>
    holds('blame.partial-valid', verifyHashed(engine, keys.shareKey(index), hashed, point));
  const search = (set: readonly IndexedPartial<P>[], knownBad: boolean): void => {
    if (bad.length > fewBad || set.length <= 1) {
      bad.push(...set.filter((item) => !isPartial(item)).map(({ index }) => index));
    } else if (knownBad || !isValid(set)) {
      const middle = set.length >> 1;
      const before = bad.length;
      search(set.slice(0, middle), false);
      // A bad set with a good first half has a bad second half: no need to test it as a whole.
      search(set.slice(middle), bad.length === before);
    }
  };
  search(ordered, false);
  return bad.sort((a, b) => a - b);
}

function randomWeight(random: RandomSource): bigint {
  // The lowest bit is set so that no weight is zero; 127 bits stay random.
  return bytesInteger(random.bytes(16)) | 1n;
}
