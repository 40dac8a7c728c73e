import { describe, expect, it } from 'vitest';
import { GROWN } from './figures.ts';
import { BOUNDS, findMinimum, forgetSearches } from './minima.ts';

// The base is part of `npm run search`; `npm run search -- --figures grown` says all of it in words.
describe.each(GROWN.slice(1))('with $name', ({ figures }) => {
  it('the least bounds are the planner’s', { timeout: 300_000 }, () => {
    for (const direction of ['fabric-first', 'ethereum-first'] as const)
      for (const bound of BOUNDS[direction]) {
        const { found, planned, complete, below } = findMinimum(direction, figures, bound);
        expect({ direction, bound, found, complete }).toEqual({
          direction,
          bound,
          found: planned,
          complete: true,
        });
        expect(below.violation).toBeDefined();
      }
    forgetSearches();
  });
});
