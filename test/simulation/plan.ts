import type { Direction, SwapProfile } from '@midlock/protocol';
import { createRandom, type Random } from './random.ts';

/** Whether every bound that the protocol relies on is kept; beyond them an honest party may lose, but nothing else may break. */
export type Mode = 'bounded' | 'wild';

/** One fault with a beginning and an end; a plan is a list of them, so that a failing plan can be made smaller. */
export interface Episode {
  readonly id: number;
  readonly kind: FaultKind;
  readonly atMs: number;
  readonly lastsMs: number;
  /** Whom it strikes: a party or relayer by place, or both parties. */
  readonly who: 'alice' | 'bob' | 'both' | 'rita' | 'rudi' | 'nobody';
  /** What the kind makes of it, 0 to 1. */
  readonly strength: number;
}

export const FAULT_KINDS = [
  'crash',
  'crash-at-point',
  'pause',
  'node-down',
  'lossy-network',
  'slow-network',
  'duplicates',
  'disk-full',
  'disk-torn',
  'clock-skew',
  'clock-jump',
  'reorg',
  'pool-drop',
  'stalled-blocks',
  'gas-spike',
  'finality-stall',
  'finality-regress',
  'censorship',
  'slow-orderer',
  'organization-down',
  'endorser-skew',
  'abandon',
  'fail-over',
  'disk-lost',
  'final-reorg',
] as const;

export type FaultKind = (typeof FAULT_KINDS)[number];

export interface PlannedSwap {
  readonly number: number;
  readonly direction: Direction;
  readonly initiator: 'alice' | 'bob';
  readonly atMs: number;
  readonly fabricAmount: bigint;
  readonly ethereumAmount: bigint;
  /** When each party hears of it, and when of the other's signature, milliseconds after `atMs`. */
  readonly hearsMs: readonly [number, number];
  readonly acceptedMs: readonly [number, number];
  /** Terms that the planner would not make. */
  readonly tooShort: boolean;
}

/** Everything about a run that is decided before it begins. */
export interface Plan {
  readonly seed: string;
  readonly mode: Mode;
  readonly profile: SwapProfile;
  readonly tickMs: number;
  readonly slotMs: number;
  readonly batchMs: number;
  readonly swaps: readonly PlannedSwap[];
  readonly adversary: 'alice' | 'bob' | 'nobody';
  /** How the adversary's organisation treats the other party's proposals. */
  readonly endorses: 'all' | 'none' | 'some';
  readonly relayers: 0 | 1 | 2;
  /** Whether the first relayer lies; honest are those after it. */
  readonly liar: boolean;
  readonly episodes: readonly Episode[];
  /** Nothing goes wrong any more from here on, and adversaries do nothing. */
  readonly calmAtMs: number;
}

/** What the plan is made of can be narrowed, for tests and for shrinking. */
export interface PlanLimits {
  readonly mode?: Mode;
  readonly swaps?: number;
  readonly relayers?: 0 | 1 | 2;
  readonly adversary?: Plan['adversary'];
  readonly liar?: boolean;
  readonly kinds?: ReadonlySet<FaultKind>;
  /** Episodes that are left out, by id. */
  readonly without?: ReadonlySet<number>;
  /** Swaps that are left out, by number. */
  readonly withoutSwaps?: ReadonlySet<number>;
}

/** Draws a plan. Equal seeds and limits give equal plans; leaving something out changes nothing else. */
export function planOf(seed: string, limits: PlanLimits = {}): Plan {
  const random = createRandom(`${seed}/plan`);
  const mode = random.chance(0.7) ? 'bounded' : 'wild';
  const profile = profileOf(random.fork('profile'));
  const slotMs = 1000;
  const adversary = random.pick(['nobody', 'nobody', 'alice', 'bob'] as const);
  const relayers = random.pick([0, 0, 1, 2] as const);
  const endorses = random.pick(['all', 'none', 'some'] as const);
  const actual = limits.mode ?? mode;
  const swaps = swapsOf(random.fork('swaps'), limits.swaps).filter(
    ({ number }) => limits.withoutSwaps?.has(number) !== true,
  );
  const calmAtMs = random.between(60_000, 160_000);
  const episodes = episodesOf(random.fork('faults'), {
    mode: actual,
    profile,
    slotMs,
    calmAtMs,
  }).filter(
    ({ id, kind }) =>
      limits.without?.has(id) !== true && (limits.kinds === undefined || limits.kinds.has(kind)),
  );
  return {
    seed,
    mode: actual,
    profile,
    tickMs: random.pick([250, 500]),
    slotMs,
    batchMs: random.pick([200, 500]),
    swaps,
    adversary: limits.adversary ?? adversary,
    endorses,
    relayers: limits.relayers ?? relayers,
    liar: limits.liar ?? random.fork('liar').chance(0.25),
    episodes,
    calmAtMs,
  };
}

/** Small figures, so that many swaps come to their ends; the relations between them are a real network's. */
function profileOf(random: Random): SwapProfile {
  const big = (low: number, high: number): bigint => BigInt(random.between(low, high));
  const [skewSec, commitSec, inclusionSec, finalitySec] = [
    big(0, 2),
    big(3, 5),
    big(5, 8),
    big(3, 12),
  ];
  const maxPastSec = 2n * skewSec + commitSec + big(0, 4);
  const maxFutureSec = big(1, 3);
  return {
    name: 'simulated',
    fabric: {
      commitSec,
      maxPastSec,
      maxFutureSec,
      gapSec: random.chance(0.5) ? maxFutureSec : maxPastSec + maxFutureSec + 2n * skewSec,
    },
    ethereum: { inclusionSec, finalitySec, reorgSpanSec: big(0, Number(finalitySec)) },
    party: { observeSec: big(8, 12), skewSec, thrownOut: big(1, 2), resentByOthers: false },
  };
}

function swapsOf(random: Random, count: number | undefined): PlannedSwap[] {
  const wanted = count ?? random.between(1, 4);
  return Array.from({ length: wanted }, (_, index) => ({
    number: index + 1,
    direction: random.pick(['fabric-first', 'ethereum-first'] as const),
    initiator: random.pick(['alice', 'bob'] as const),
    atMs: random.int(index === 0 ? 2000 : 40_000),
    fabricAmount: BigInt(random.between(1, 60)),
    ethereumAmount: BigInt(random.between(1, 60)),
    hearsMs: [random.extreme(0, 3000), random.extreme(0, 3000)] as const,
    acceptedMs: [random.extreme(0, 4000), random.extreme(0, 4000)] as const,
    tooShort: random.chance(0.03),
  }));
}

interface EpisodeFigures {
  readonly mode: Mode;
  readonly profile: SwapProfile;
  readonly slotMs: number;
  readonly calmAtMs: number;
}

/**
 * Some crashes take the disk with them, and beyond the bounds some reorgs replace final blocks. Drawn apart, so that all
 * other seeds stay as they were.
 */
function worse(
  random: Random,
  kinds: readonly FaultKind[],
  mode: Mode,
): <E extends Pick<Episode, 'kind'>>(episode: E) => E {
  const lost = kinds.includes('disk-lost') ? random.pick([0, 0.1, 0.3]) : 0;
  const reversed =
    kinds.includes('final-reorg') && mode === 'wild' ? random.pick([0, 0.1, 0.3]) : 0;
  return (episode) => {
    const draw = random.u32() / 0x1_0000_0000;
    if (episode.kind === 'crash' && draw < lost) return { ...episode, kind: 'disk-lost' };
    return episode.kind === 'reorg' && draw < reversed
      ? { ...episode, kind: 'final-reorg' }
      : episode;
  };
}

/** How long a party needs, once it can again, to react: ticks, polls and a watcher that starts again. */
const REACTION_MS = 4000;

/** Each seed has its own selection of fault kinds (swarm testing), so that no kind always hides another. */
function episodesOf(random: Random, figures: EpisodeFigures): Episode[] {
  const share = random.pick([0, 0.2, 0.4, 0.7, 1]);
  const kinds = FAULT_KINDS.filter(() => random.chance(share));
  if (kinds.length === 0) return [];
  const of = (...names: readonly FaultKind[]): FaultKind[] =>
    kinds.filter((kind) => names.includes(kind));
  const streams = [
    ...stream(random.fork('windows'), figures, of(...WINDOWS), 'window'),
    ...stream(random.fork('chain'), figures, of(...CHAIN), 'chain'),
    ...stream(random.fork('other'), figures, of(...OTHER), 'free'),
    ...stream(random.fork('relayer'), figures, of(...MACHINE, 'fail-over'), 'relayer'),
  ];
  return streams
    .map((episode, index) => ({ ...episode, id: index + 1 }))
    .map(worse(random.fork('worse'), kinds, figures.mode))
    .sort((a, b) => a.atMs - b.atMs || a.id - b.id);
}

/** Keep a party from acting: within bounds one at a time and never longer than O allows. */
const MACHINE: readonly FaultKind[] = [
  'crash',
  'crash-at-point',
  'pause',
  'node-down',
  'disk-full',
  'disk-torn',
];
const WINDOWS: readonly FaultKind[] = [...MACHINE, 'organization-down'];
/** Delay Ethereum transactions: within bounds one at a time and never longer than D_E allows. */
const CHAIN: readonly FaultKind[] = ['stalled-blocks', 'gas-spike', 'censorship'];
const OTHER: readonly FaultKind[] = [
  'lossy-network',
  'slow-network',
  'duplicates',
  'clock-skew',
  'clock-jump',
  'reorg',
  'pool-drop',
  'finality-stall',
  'finality-regress',
  'slow-orderer',
  'endorser-skew',
  'abandon',
];

type Stream = 'window' | 'chain' | 'free' | 'relayer';

function stream(
  random: Random,
  figures: EpisodeFigures,
  kinds: readonly FaultKind[],
  name: Stream,
): Omit<Episode, 'id'>[] {
  if (kinds.length === 0) return [];
  const episodes: Omit<Episode, 'id'>[] = [];
  const longestMs = longest(figures, name);
  const restMs = rest(figures, name);
  for (let atMs = random.between(0, 8000); atMs < figures.calmAtMs;) {
    const kind = random.pick(kinds);
    const who =
      name === 'relayer'
        ? random.pick(['rita', 'rudi'] as const)
        : random.pick(['alice', 'bob', 'both'] as const);
    const bound = kind === 'node-down' ? longestMs / 2 : longestMs;
    const lastsMs = Math.min(
      Math.max(1, Math.floor(random.extreme(50, Math.max(50, bound)))),
      Math.max(1, figures.calmAtMs - atMs),
    );
    episodes.push({ kind, who, atMs, lastsMs, strength: random.u32() / 0x1_0000_0000 });
    atMs += restMs + (name === 'free' ? random.int(6000) : lastsMs + random.int(12_000));
  }
  return episodes;
}

function longest({ mode, profile, slotMs }: EpisodeFigures, name: Stream): number {
  if (name === 'relayer' || mode === 'wild') return 60_000;
  // A clock that jumps from one end of its bound to the other delays what was put off by that much.
  if (name === 'window')
    return Number(profile.party.observeSec - 2n * profile.party.skewSec) * 1000 - REACTION_MS;
  if (name === 'chain') return Number(profile.ethereum.inclusionSec) * 1000 - 3 * slotMs;
  return 20_000;
}

function rest({ mode, profile, slotMs }: EpisodeFigures, name: Stream): number {
  if (name === 'free') return 500;
  if (name === 'relayer' || mode === 'wild') return 1000;
  if (name === 'window') return Number(profile.fabric.commitSec) * 1000 + REACTION_MS;
  return Number(profile.ethereum.inclusionSec) * 1000 + slotMs;
}
