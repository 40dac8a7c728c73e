import type { Who } from './scenarios.ts';

/** What a process is about when it passes a crash point. */
export const PHASES = [
  'start',
  'agree',
  'news',
  'lock',
  'reveal',
  'claim',
  'refund',
  'give back',
] as const;

export type Phase = (typeof PHASES)[number];

/**
 * The phase to which a crash point belongs. Claims are the initiator's reveal: in the runs on processes Alice begins every
 * swap. Giving back is release, cooperative refund, decline and the wish to get out that comes before them.
 */
export function phaseOf(who: Who, id: string): Phase {
  if (/^(write\.(lease|orphans)|(commit|sync)\.restart|leg\.|head\.)/.test(id)) return 'start';
  if (/^((inbox|mail|tell|answer)\.|write\.document|(commit|sync)\.(open|accept))/.test(id))
    return 'agree';
  if (/\.(release|decline)\.|\.command\b/.test(id)) return 'give back';
  if (id.includes('.refund.')) return 'refund';
  if (id.includes('.lock.')) return 'lock';
  if (id.includes('.claim.')) return who === 'alice' ? 'reveal' : 'claim';
  return 'news';
}

/** One life of a process: in which phases it is to die, and how long it may live when it does not, in starts of a process. */
export interface Turn {
  readonly phases: readonly Phase[];
  readonly starts: number;
}

/** The lives of a process in turn. In those without a phase nothing kills: swaps get on, and nobody is dead all the time. */
const TURNS: readonly Turn[] = [
  { phases: ['lock', 'agree'], starts: 5 },
  { phases: ['reveal', 'claim'], starts: 5 },
  { phases: ['news'], starts: 5 },
  { phases: [], starts: 2.5 },
  { phases: ['refund', 'give back'], starts: 5 },
  { phases: ['lock', 'agree'], starts: 5 },
  { phases: ['reveal', 'claim'], starts: 5 },
  { phases: [], starts: 2.5 },
  { phases: ['start'], starts: 5 },
];

/** What a life is armed with. */
export interface Arms {
  /** Points, `<id>#<n>`; the first that is reached kills. */
  readonly points: readonly string[];
  readonly starts: number;
}

/** Hands out the points of one process, those of a few phases for each life. */
export interface Arsenal {
  arm(): Arms;
  /** Takes back what was armed, but for the point that killed. */
  spent(arms: Arms, fatal: string | undefined): void;
  /** Points that have not killed yet. */
  readonly left: number;
}

/**
 * The points at which a process is to die, so given out that each phase gets its share and that a life lasts until the
 * process has done something: a swap whose parties die at every start never begins.
 */
export function createArsenal(who: Who, points: readonly string[]): Arsenal {
  const left = new Map<Phase, string[]>(PHASES.map((phase) => [phase, []]));
  let turn = 0;
  const put = (point: string): void => {
    left.get(phaseOf(who, point))?.push(point);
  };
  for (const point of points) put(point);
  /** At a start they are all passed within a moment: one is enough. */
  const take = (phase: Phase): string[] =>
    left.get(phase)?.splice(0, phase === 'start' ? 1 : Infinity) ?? [];
  return {
    arm() {
      for (let tried = 0; tried < TURNS.length; tried += 1) {
        const { phases, starts } = TURNS[turn % TURNS.length] as Turn;
        turn += 1;
        const taken = phases.flatMap(take);
        if (taken.length > 0 || phases.length === 0) return { points: taken, starts };
      }
      return { points: [], starts: 1 };
    },
    spent(arms, fatal) {
      for (const point of arms.points) if (point !== fatal) put(point);
    },
    get left() {
      return [...left.values()].reduce((sum, { length }) => sum + length, 0);
    },
  };
}
