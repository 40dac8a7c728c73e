import { listCrashPoints } from '@midlock/client';
import { describe, expect, it } from 'vitest';
import { PHASES, createArsenal, phaseOf, type Arms } from './phases.ts';
import { xorshift } from './plan.ts';

const IDS = listCrashPoints();
type Phase = (typeof PHASES)[number];

function phasesOf(who: 'alice' | 'bob', { points }: Arms): Set<Phase> {
  return new Set(points.map((point) => phaseOf(who, point.split('#')[0] ?? '')));
}

describe('the phases of a process', () => {
  it('have points each, and the initiator alone reveals', () => {
    const of = (who: 'alice' | 'bob'): Set<Phase> => new Set(IDS.map((id) => phaseOf(who, id)));
    expect(of('alice')).toEqual(new Set(PHASES.filter((phase) => phase !== 'claim')));
    expect(of('bob')).toEqual(new Set(PHASES.filter((phase) => phase !== 'reveal')));
  });

  it('give every passage of every point out until each has killed', () => {
    const arsenal = createArsenal('bob', IDS, xorshift(7));
    const fatal: string[] = [];
    while (arsenal.left > 0) {
      const [first] = arsenal.arm().points;
      if (first !== undefined) fatal.push(first);
      arsenal.spent(first);
    }
    const all = IDS.flatMap((id) => [1, 2, 3].map((passage) => `${id}#${String(passage)}`));
    expect(fatal.sort()).toEqual(all.sort());
  });

  it('get their share of lives, the start a small one, and in some lives nothing kills', () => {
    const arsenal = createArsenal('alice', IDS, xorshift(7));
    const lives = Array.from({ length: 24 }, () => {
      const arms = arsenal.arm();
      arsenal.spent(undefined);
      return phasesOf('alice', arms);
    });
    const of = (phase: Phase): number => lives.filter((phases) => phases.has(phase)).length;
    expect(PHASES.map((phase) => [phase, of(phase)])).toEqual([
      ['start', 2],
      ['agree', 4],
      ['news', 2],
      ['lock', 4],
      ['reveal', 4],
      ['claim', 0],
      ['refund', 4],
      ['give back', 4],
    ]);
    expect(lives.filter(({ size }) => size === 0).length).toBe(8);
  });

  it('strike a second time soon after some deaths, at the start or in the same phase', () => {
    const arsenal = createArsenal('bob', IDS, xorshift(11));
    const seconds: Arms[] = [];
    for (let life = 0; life < 200; life += 1) {
      const arms = arsenal.arm();
      if (arms.after !== undefined) seconds.push(arms);
      arsenal.spent(arms.points[0]);
    }
    expect(seconds.length).toBeGreaterThan(20);
    for (const arms of seconds) {
      const first = phaseOf('bob', arms.after?.split('#')[0] ?? '');
      for (const phase of phasesOf('bob', arms)) expect(['start', first]).toContain(phase);
    }
  });

  it('are drawn alike for the same seed', () => {
    const drawn = (seed: number): Arms[] => {
      const arsenal = createArsenal('alice', IDS, xorshift(seed));
      return Array.from({ length: 12 }, () => {
        const arms = arsenal.arm();
        arsenal.spent(arms.points[0]);
        return arms;
      });
    };
    expect(drawn(3)).toEqual(drawn(3));
    expect(drawn(3)).not.toEqual(drawn(4));
  });
});
