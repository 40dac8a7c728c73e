import { listCrashPoints } from '@midlock/client';
import { describe, expect, it } from 'vitest';
import { PHASES, createArsenal, phaseOf } from './phases.ts';

const POINTS = listCrashPoints().map((id) => `${id}#1`);

describe('the phases of a process', () => {
  it('have points each, and the initiator alone reveals', () => {
    const of = (who: 'alice' | 'bob'): Set<string> => new Set(POINTS.map((id) => phaseOf(who, id)));
    expect(of('alice')).toEqual(new Set(PHASES.filter((phase) => phase !== 'claim')));
    expect(of('bob')).toEqual(new Set(PHASES.filter((phase) => phase !== 'reveal')));
  });

  it('give every point out until each has killed', () => {
    const arsenal = createArsenal('bob', POINTS);
    const fatal: string[] = [];
    while (arsenal.left > 0) {
      const arms = arsenal.arm();
      const [first] = arms.points;
      if (first !== undefined) fatal.push(first);
      arsenal.spent(arms, first);
    }
    expect(fatal.sort()).toEqual([...POINTS].sort());
  });

  it('get their share of lives, the start a small one, and some lives nothing kills', () => {
    const arsenal = createArsenal('alice', POINTS);
    const lives = Array.from({ length: 18 }, () => {
      const arms = arsenal.arm();
      arsenal.spent(arms, undefined);
      return new Set(arms.points.map((id) => phaseOf('alice', id)));
    });
    const of = (phase: (typeof PHASES)[number]): number =>
      lives.filter((phases) => phases.has(phase)).length;
    expect(PHASES.map((phase) => [phase, of(phase)])).toEqual([
      ['start', 2],
      ['agree', 4],
      ['news', 2],
      ['lock', 4],
      ['reveal', 4],
      ['claim', 0],
      ['refund', 2],
      ['give back', 2],
    ]);
    expect(lives.filter(({ size }) => size === 0).length).toBe(4);
  });
});
