import {
  lockGuardSec,
  marginSec,
  reorgAllowanceSec,
  revealGuardSec,
  type Direction,
  type SwapProfile,
} from '@midlock/protocol';

/** The figures that the inequalities speak of, in whole ticks. One tick is one second to the reducers. */
export interface Figures {
  readonly O: number;
  readonly d: number;
  readonly n: number;
  readonly DF: number;
  readonly DE: number;
  readonly KE: number;
  readonly RE: number;
  readonly maxPast: number;
  readonly maxFuture: number;
}

/** The smallest figures in which every term of every inequality is there; the two windows are the least that a profile may have. */
export const BASE: Figures = {
  O: 1,
  d: 1,
  n: 1,
  DF: 1,
  DE: 1,
  KE: 1,
  RE: 1,
  maxPast: 3,
  maxFuture: 1,
};

/** The base with one figure one tick larger, with what the profile's own rules then ask for: what each coefficient is found by. */
export const GROWN: readonly { readonly name: string; readonly figures: Figures }[] = [
  { name: 'base', figures: BASE },
  { name: 'O+1', figures: { ...BASE, O: 2 } },
  // What is tried again waits 1, 2, 4, ... ticks, at most O: only from here on more than one pause is longer than a tick.
  { name: 'O+2', figures: { ...BASE, O: 3 } },
  { name: 'd+1', figures: { ...BASE, d: 2, maxPast: 5 } },
  { name: 'n+1', figures: { ...BASE, n: 2 } },
  { name: 'D_F+1', figures: { ...BASE, DF: 2, maxPast: 4 } },
  { name: 'D_E+1', figures: { ...BASE, DE: 2 } },
  { name: 'K_E+1', figures: { ...BASE, KE: 2 } },
  { name: 'R_E+1', figures: { ...BASE, KE: 2, RE: 2 } },
  { name: 'maxFuture+1', figures: { ...BASE, maxFuture: 2 } },
];

/** The bounds whose minima are sought, in ticks. `margin` is T_long - T_short; `reveal` and `lock` are the guards; `gap` is Fabric's. */
export interface Bounds {
  readonly margin: number;
  readonly reveal: number;
  readonly lock: number;
  readonly gap: number;
  /** From the planning moment to the short deadline, so that an undisturbed swap settles. */
  readonly duration: number;
  /** The same where a reorg throws the short lock out once. */
  readonly durationDespiteReorg: number;
}

export type BoundName = keyof Bounds;

export function profileOf(figures: Figures, gap: number): SwapProfile {
  return {
    name: 'search',
    fabric: {
      commitSec: BigInt(figures.DF),
      maxPastSec: BigInt(figures.maxPast),
      maxFutureSec: BigInt(figures.maxFuture),
      gapSec: BigInt(gap),
    },
    ethereum: {
      inclusionSec: BigInt(figures.DE),
      finalitySec: BigInt(figures.KE),
      reorgSpanSec: BigInt(figures.RE),
    },
    party: {
      observeSec: BigInt(figures.O),
      skewSec: BigInt(figures.d),
      thrownOut: BigInt(figures.n),
      resentByOthers: false,
    },
  };
}

/** What protocol's planner says; the search must find the same. */
export function plannedBounds(direction: Direction, figures: Figures): Bounds {
  const gap = figures.maxFuture;
  const profile = profileOf(figures, gap);
  const lock = Number(lockGuardSec(direction, profile));
  const { O, DF, DE, KE } = figures;
  const longVisible = direction === 'fabric-first' ? DF + O : DE + KE + O;
  const duration = O + longVisible + lock + 1;
  return {
    margin: Number(marginSec(direction, profile)),
    reveal: Number(revealGuardSec(direction, profile)),
    lock,
    gap,
    duration,
    durationDespiteReorg: duration + Number(reorgAllowanceSec(direction, profile)),
  };
}
