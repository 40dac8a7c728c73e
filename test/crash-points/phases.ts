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
interface Turn {
  readonly phases: readonly Phase[];
  readonly starts: number;
  /** So long nobody is there before it, in starts: then the relayer acts for others. */
  readonly away?: number;
}

/** Nothing kills: swaps get on, and nobody is dead all the time. */
const CALM: Turn = { phases: [], starts: 2.5 };

/** The lives of a process in turn. */
const TURNS: readonly Turn[] = [
  { phases: ['lock', 'agree'], starts: 5 },
  { phases: ['reveal', 'claim'], starts: 5 },
  CALM,
  { phases: ['news'], starts: 5 },
  { phases: ['refund', 'give back'], starts: 5 },
  CALM,
  { phases: ['lock', 'agree'], starts: 5 },
  { phases: ['reveal', 'claim'], starts: 5 },
  { ...CALM, away: 3 },
  { phases: ['start'], starts: 5 },
  { phases: ['refund', 'give back'], starts: 5 },
  CALM,
];

/** The first to third passage through a point within one life are deaths of their own. */
const PASSAGES = [1, 2, 3] as const;

/** What a life is armed with. */
export interface Arms {
  /** Points, `<id>#<n>`; the first that is reached kills. */
  readonly points: readonly string[];
  readonly starts: number;
  readonly away: number;
  /** The death before this life, when this one is to die while it recovers from that: together they are a pair. */
  readonly after?: string;
}

/** Hands out the points of one process, those of a few phases for each life. */
export interface Arsenal {
  arm(): Arms;
  /** Notes at which point a life ended, if it did at one. */
  spent(fatal: string | undefined): void;
  /** Points that have not killed yet. */
  readonly left: number;
}

/**
 * The points at which a process is to die, so given out that each phase gets its share and that a life lasts until the
 * process has done something: a swap whose parties die at every start never begins. Ids that have not killed yet are all
 * armed, the others sometimes; every fourth death or so is followed by a second one soon after. `random` draws all that.
 */
export function createArsenal(who: Who, ids: readonly string[], random: () => number): Arsenal {
  const killed = new Map<string, Set<number>>(ids.map((id) => [id, new Set()]));
  let turn = 0;
  let last: string | undefined;

  function passageOf(id: string): number | undefined {
    const open = PASSAGES.filter((passage) => killed.get(id)?.has(passage) === false);
    // The first passage is the one that surely comes.
    return open.includes(1) && random() % 2 === 0 ? 1 : open[random() % open.length];
  }

  function pointsOf(chosen: readonly string[]): string[] {
    return chosen.flatMap((id) => {
      const passage = passageOf(id);
      return passage === undefined ? [] : [`${id}#${String(passage)}`];
    });
  }

  function take(phase: Phase): string[] {
    const own = ids.filter((id) => phaseOf(who, id) === phase);
    const fresh = own.filter((id) => killed.get(id)?.size === 0);
    // At a start they are all passed within a moment: one is enough.
    if (phase === 'start') {
      const from = fresh.length > 0 ? fresh : own;
      return pointsOf([from[random() % from.length] ?? []].flat());
    }
    return pointsOf(own.filter((id) => fresh.includes(id) || random() % 6 === 0));
  }

  return {
    arm() {
      const after = last;
      last = undefined;
      if (after !== undefined && random() % 4 === 0) {
        const points = take(random() % 2 === 0 ? 'start' : phaseOf(who, after.split('#')[0] ?? ''));
        if (points.length > 0) return { points, starts: 5, away: 0, after };
      }
      for (let tried = 0; tried < TURNS.length; tried += 1) {
        const { phases, starts, away = 0 } = TURNS[turn % TURNS.length] as Turn;
        turn += 1;
        const points = phases.flatMap(take);
        if (points.length > 0 || phases.length === 0) return { points, starts, away };
      }
      return { points: [], starts: 1, away: 0 };
    },
    spent(fatal) {
      last = fatal;
      const [id = '', passage = '1'] = fatal?.split('#') ?? [];
      killed.get(id)?.add(Number(passage));
    },
    get left() {
      return [...killed.values()].reduce((sum, { size }) => sum + PASSAGES.length - size, 0);
    },
  };
}
