import { at } from '../internal/at.ts';
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

interface Weighted<P, Q> {
  readonly index: number;
  readonly signature: P;
  readonly key: Q;
}

/**
 * Finds the members whose partial is not the hashed message times their share.
 * The order is checked for each one: in a batch the small factors of the cofactor (3 among them) would let an error cancel.
 * Then each partial and share key is weighted at random (127 bits: a bad set passes with probability 2^-127), and halves are
 * tested by one pairing equation each while few are bad, single partials once more than an eighth are.
 * Cost: one multiplication in G1 and one in G2 a partial, and for b bad ones of t at most min(2 b log2 t, t) + t/4 pairing checks.
 */
export function findBadPartials<P, Q>(
  engine: CurveEngine<P, Q>,
  keys: { shareKey(index: number): Q },
  hashed: P,
  partials: readonly IndexedPartial<P>[],
  random: RandomSource,
): number[] {
  const bad: number[] = [];
  const ordered = partials.filter(({ index, point }) => {
    const member = holds('blame.partial-order', engine.g1.hasOrder(point));
    if (!member) bad.push(index);
    return member;
  });
  const weighted = ordered.map(({ index, point }) => {
    const weight = randomWeight(random);
    return {
      index,
      signature: engine.g1.multiply(point, weight),
      key: engine.g2.multiply(keys.shareKey(index), weight),
    };
  });
  const fewBad = Math.max(1, Math.floor(weighted.length / 8));
  const isValid = (set: readonly Weighted<P, Q>[]): boolean => {
    const signature = set.map((item) => item.signature).reduce((a, b) => engine.g1.add(a, b));
    const key = set.map((item) => item.key).reduce((a, b) => engine.g2.add(a, b));
    return holds('blame.partial-valid', verifyHashed(engine, key, hashed, signature));
  };
  const search = (set: readonly Weighted<P, Q>[], knownBad: boolean): void => {
    if (set.length === 0 || (!knownBad && isValid(set))) return;
    if (set.length === 1) {
      bad.push(at(set, 0).index);
    } else if (bad.length > fewBad) {
      for (const item of set) search([item], false);
    } else {
      const middle = set.length >> 1;
      const before = bad.length;
      search(set.slice(0, middle), false);
      // A bad set with a good first half has a bad second half: no need to test it as a whole.
      search(set.slice(middle), bad.length === before);
    }
  };
  search(weighted, false);
  return bad.sort((a, b) => a - b);
}

function randomWeight(random: RandomSource): bigint {
  // The lowest bit is set so that no weight is zero; 127 bits stay random.
  return bytesInteger(random.bytes(16)) | 1n;
}
