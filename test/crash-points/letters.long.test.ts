import { describe, expect, it } from 'vitest';
import { LETTER_POINTS, runLetters } from './letter-run.ts';
import { WHO } from './scenarios.ts';

describe.each(['fabric-first', 'ethereum-first'] as const)('%s agreed by letters', (direction) => {
  it.each(WHO.flatMap((who) => LETTER_POINTS[who].map((at) => [who, at] as const)))(
    '%s dies at %s: the swap settles all the same, and once',
    async (who, at) => {
      expect(await runLetters(direction, { who, at })).toEqual({ died: true, faults: [] });
    },
  );
});
