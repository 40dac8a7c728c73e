import { listCrashPoints } from '@midlock/client';
import { cameBackBecause, type EndedSwap } from './judge.ts';
import { phaseOf } from './phases.ts';
import { WHO, type Who } from './scenarios.ts';
import { MEANT_TO_SETTLE } from './traffic.ts';

/** A death by SIGKILL at a point `<id>#<n>`. */
export interface Death {
  readonly who: Who;
  readonly point: string;
}

/** What a run on processes came to. */
export interface ProcessRun {
  readonly seed: number;
  /** At distinct points of distinct processes. */
  readonly deaths: readonly Death[];
  /** Deaths that struck again during the recovery from another. */
  readonly pairs: readonly string[];
  readonly swaps: readonly EndedSwap[];
  readonly faults: readonly string[];
  readonly seconds: number;
}

export interface ProcessRunResult {
  readonly seed: number;
  readonly kills: number;
  readonly killsOf: Readonly<Record<string, number>>;
  readonly pairs: number;
  /** Of the listed crash points: how often somebody died there; and where nobody ever did. */
  readonly points: { readonly listed: number; readonly hit: number };
  readonly hits: Readonly<Record<string, number>>;
  readonly never: readonly string[];
  /** Deaths by what the process was about. */
  readonly phases: Readonly<Record<string, number>>;
  readonly swaps: number;
  /** Swaps of which nobody wanted out: how many settled, and why the others came back. */
  readonly meantToSettle: number;
  readonly settledAsMeant: number;
  readonly cameBack: Readonly<Record<string, number>>;
  /** By the way that a swap was meant to go: how its Fabric and its Ethereum leg ended. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
  readonly seconds: number;
}

export function reportOf({
  seed,
  deaths,
  pairs,
  swaps,
  faults,
  seconds,
}: ProcessRun): ProcessRunResult {
  const ids = deaths.map(({ point }) => idOf(point));
  const listed = listCrashPoints();
  const meant = swaps.filter(({ path }) => MEANT_TO_SETTLE.has(path));
  const reasons = meant.map(cameBackBecause).filter((reason) => reason !== undefined);
  const hits = countOf(ids);
  return {
    seed,
    kills: deaths.length,
    killsOf: Object.fromEntries(
      WHO.map((who) => [who, deaths.filter((death) => death.who === who).length]),
    ),
    pairs: pairs.length,
    points: { listed: listed.length, hit: Object.keys(hits).length },
    hits,
    never: listed.filter((id) => !ids.includes(id)),
    phases: countOf(deaths.map(({ who, point }) => phaseOf(who, idOf(point)))),
    swaps: swaps.length,
    meantToSettle: meant.length,
    settledAsMeant: meant.length - reasons.length,
    cameBack: countOf(reasons),
    outcomes: countOf(
      swaps.map(
        ({ path, terms, legs }) => `${path} ${terms.direction}: ${legs.fabric}/${legs.ethereum}`,
      ),
    ),
    faults,
    seconds,
  };
}

/** For a reader; {@link ProcessRunResult} is for programs. */
export function linesOf(result: ProcessRunResult): readonly string[] {
  const { points, meantToSettle, settledAsMeant, cameBack, faults } = result;
  const each = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${String(count)}`)
      .join(', ');
  return [
    `seed ${String(result.seed)}: ${String(result.kills)} deaths by SIGKILL (${each(result.killsOf)}), of them ${String(result.pairs)} during the recovery from another`,
    `by phase: ${each(result.phases)}`,
    `points hit: ${String(points.hit)} of ${String(points.listed)} listed: ${each(result.hits)}`,
    `never hit here: ${result.never.join(', ')}`,
    `${String(result.swaps)} swaps; meant to settle ${String(meantToSettle)}, settled ${String(settledAsMeant)}${settledAsMeant === meantToSettle ? '' : `; came back, safe: ${each(cameBack)}`}`,
    `by path and direction, Fabric leg/Ethereum leg: ${each(result.outcomes)}`,
    `${String(faults.length)} faults${faults.map((fault) => `\n  ${fault}`).join('')}`,
    `${String(result.seconds)} s`,
  ];
}

function idOf(point: string): string {
  return point.split('#')[0] ?? '';
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
