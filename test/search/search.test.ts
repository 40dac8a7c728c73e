import { describe, expect, it } from 'vitest';
import { explore } from './explore.ts';
import { BASE, plannedBounds } from './figures.ts';
import { findMinimum, tryBound, type Minimum } from './minima.ts';
import { readOptions } from './options.ts';
import { PLANTED_BUGS } from './planted-bugs.ts';
import { PLANTED_BUG_IDS, searchForBug } from './recall.ts';
import { minimaOf, tableOf } from './reliability.ts';
import { storyOf } from './story.ts';

describe('explore', () => {
  const counter = (bad: number) => ({
    starts: [0],
    moves: (n: number) =>
      n > 20
        ? []
        : [
            { what: 'one', to: n + 1 },
            { what: 'double', to: n * 2 },
          ],
    key: (n: number) => String(n),
    violation: (n: number) => (n === bad ? 'bad' : undefined),
  });

  it('visits every state once and says that nothing was left', () => {
    expect(explore<number>(counter(-1))).toEqual({ states: 32, moves: 42, complete: true });
  });

  it('finds a nearest way', () => {
    const path = explore(counter(20)).violation?.path.map(({ to }) => to);
    expect(path).toEqual([1, 2, 4, 5, 10, 20]);
  });

  it('says when it stopped before the end', () => {
    expect(explore(counter(-1), 5).complete).toBe(false);
  });
});

describe('the planner against the search', () => {
  it.each(['fabric-first', 'ethereum-first'] as const)(
    '%s: an undisturbed swap settles at the planned duration and not one tick below',
    (direction) => {
      const planned = plannedBounds(direction, BASE).duration;
      expect(tryBound(direction, BASE, 'duration', planned).complete).toBe(true);
      const below = tryBound(direction, BASE, 'duration', planned - 1);
      expect(storyOf(below).at(-1)).toContain('did not settle');
    },
  );

  it('prints the way to a loss one tick below the margin', () => {
    const margin = plannedBounds('ethereum-first', BASE).margin;
    const below = tryBound('ethereum-first', BASE, 'margin', margin - 1);
    const story = storyOf(below);
    expect(story.at(-1)).toContain('S3: the honest responder lost its fabric leg');
    expect(story.some((line) => line.includes('orders its claim'))).toBe(true);
  });
});

describe('the table of minima', () => {
  const minimum: Minimum = findMinimum('fabric-first', BASE, 'lock');
  const table = (...changes: readonly Partial<Minimum>[]): string | undefined =>
    minimaOf(
      changes.map((change, at) => ({
        name: `figures ${String(at)}`,
        minimum: { ...minimum, ...change },
      })),
    )
      .split('\n')
      .find((line) => line.includes('| lock |'));

  it('says where a minimum is not the planner’s, and where a search was not whole', () => {
    expect(table({}, { found: 9 }, { complete: false })).toBe(
      '| fabric-first | lock | 8 | 9, planner 8 | not complete |',
    );
  });
});

describe('planted bugs', () => {
  it('are at least twenty, each with what was done wrong', () => {
    expect(PLANTED_BUG_IDS.length).toBeGreaterThanOrEqual(20);
    for (const id of PLANTED_BUG_IDS) expect(PLANTED_BUGS[id].what.length).toBeGreaterThan(20);
  });

  it.each(['stamp-unchecked', 'release-too-early', 'lock-short-any-time'] as const)(
    '%s is found, and without it the same search is clean or goes on',
    (id) => {
      const explored = searchForBug(id);
      expect(explored.violation).toBeDefined();
      expect(tableOf([{ id, explored }])).toContain(`| search | `);
    },
  );
});

describe('the command line', () => {
  it('refuses what it does not know', () => {
    for (const args of [
      ['--bound', 'x=1'],
      ['--bound', 'margin'],
      ['--bug', 'none'],
      ['--direction', 'up'],
      ['--clocks', 'odd'],
      ['--figures', 'shrunk'],
      ['--odd'],
    ])
      expect(typeof readOptions(args)).toBe('string');
  });

  it('reads a bound', () => {
    expect(readOptions(['--bound', 'margin=7', '--json'])).toMatchObject({
      bound: { name: 'margin', value: 7 },
      json: true,
    });
  });
});
