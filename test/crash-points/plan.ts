import type { Kill } from './model-run.ts';
import type { Who } from './scenarios.ts';

/** Ids of the points that each process went through while nobody died. */
export type Passages = Readonly<Record<Who, readonly string[]>>;

/** A death at every passage of the victims, at most `each` of them through the same point. */
export function singles(passed: Passages, victims: readonly Who[], each: number): readonly Kill[] {
  return victims.flatMap((who) => {
    const seen = new Map<string, number>();
    return passed[who].flatMap((id, index) => {
      const count = (seen.get(id) ?? 0) + 1;
      seen.set(id, count);
      return count <= each ? [{ who, passage: index + 1 }] : [];
    });
  });
}

/** `count` pairs of deaths drawn by seed; the second may strike the same process in its next life. */
export function pairs(
  passed: Passages,
  victims: readonly Who[],
  count: number,
  seed: number,
): readonly (readonly [Kill, Kill])[] {
  const random = xorshift(seed);
  const draw = (): Kill => {
    const who = victims[random() % victims.length] as Who;
    return { who, passage: 1 + (random() % Math.max(1, passed[who].length)) };
  };
  return Array.from({ length: count }, () => [draw(), draw()] as const);
}

/** Marsaglia's xorshift32: the same numbers for the same seed, everywhere. */
export function xorshift(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
}
