/** A seeded stream of draws; equal seeds give equal streams on every machine. */
export interface Random {
  /** 32 random bits. */
  u32(): number;
  /** From 0 to `n - 1`. */
  int(n: number): number;
  /** From `low` to `high`, both included. */
  between(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(items: readonly T[]): T;
  /** Like {@link between}, but the ends come up as often as everything between them: bugs live at bounds. */
  extreme(low: number, high: number): number;
  /** A stream of its own that depends on this one's seed and the label, never on what was drawn before. */
  fork(label: string): Random;
}

/** sfc32 (C. Doty-Humphrey, PractRand), seeded by hashing `seed`. */
export function createRandom(seed: string): Random {
  let [a, b, c, counter] = [hash(seed, 1), hash(seed, 2), hash(seed, 3), 1];
  const u32 = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return sum >>> 0;
  };
  for (let round = 0; round < 12; round += 1) u32();
  const int = (n: number): number => Math.floor((u32() / 0x1_0000_0000) * n);
  const between = (low: number, high: number): number =>
    high <= low ? low : low + int(high - low + 1);
  return {
    u32,
    int,
    between,
    chance: (probability) => u32() < probability * 0x1_0000_0000,
    pick: <T>(items: readonly T[]): T => {
      const item = items[int(items.length)];
      if (item === undefined) throw new RangeError('nothing to pick from');
      return item;
    },
    extreme(low, high) {
      const which = int(4);
      if (which === 0) return low;
      return which === 1 && high > low ? high : between(low, high);
    },
    fork: (label) => createRandom(`${seed}/${label}`),
  };
}

/** FNV-1a with a final avalanche. */
function hash(text: string, salt: number): number {
  let h = 0x811c9dc5 ^ Math.imul(salt, 0x9e3779b1);
  for (let index = 0; index < text.length; index += 1) {
    h ^= text.charCodeAt(index);
    h = Math.imul(h, 0x01000193);
  }
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) | 0;
}
