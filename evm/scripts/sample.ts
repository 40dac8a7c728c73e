import { createHash } from 'node:crypto';

/** `count` of the items, drawn by a seed: the same seed draws the same ones. */
export function sample<T>(items: readonly T[], count: number, seed: string): readonly T[] {
  const draw = (place: number): string =>
    createHash('sha256').update(`${seed} ${place}`).digest('hex');
  return items
    .map((item, place) => ({ item, lot: draw(place) }))
    .sort((a, b) => (a.lot < b.lot ? -1 : 1))
    .slice(0, count)
    .map(({ item }) => item);
}
