import type { SeedResult } from './run-seed.ts';

/** Sums over many seeds; everything but the times is the same on every machine. */
export interface Tally {
  seeds: number;
  bounded: number;
  steps: number;
  swaps: number;
  readonly outcomes: Record<string, number>;
  readonly faults: Record<string, number>;
  readonly states: Set<string>;
  readonly cells: Set<string>;
  readonly failures: {
    readonly seed: string;
    readonly invariant: string;
    readonly detail: string;
  }[];
  digest: number;
}

export function createTally(): Tally {
  return {
    seeds: 0,
    bounded: 0,
    steps: 0,
    swaps: 0,
    outcomes: {},
    faults: {},
    states: new Set(),
    cells: new Set(),
    failures: [],
    digest: 0x811c9dc5,
  };
}

/** Adds one seed; the order of seeds matters to the digest. */
export function addResult(tally: Tally, result: SeedResult): void {
  tally.seeds += 1;
  tally.bounded += result.mode === 'bounded' ? 1 : 0;
  tally.steps += result.steps;
  tally.swaps += result.swaps;
  for (const [outcome, count] of Object.entries(result.outcomes))
    tally.outcomes[outcome] = (tally.outcomes[outcome] ?? 0) + count;
  for (const [fault, count] of Object.entries(result.faults))
    tally.faults[fault] = (tally.faults[fault] ?? 0) + count;
  for (const state of result.states) tally.states.add(state);
  for (const cell of result.cells) tally.cells.add(cell);
  for (let index = 0; index < result.digest.length; index += 1)
    tally.digest = Math.imul(tally.digest ^ result.digest.charCodeAt(index), 0x01000193);
  const { violation, seed } = result;
  if (violation !== undefined)
    tally.failures.push({ seed, invariant: violation.invariant, detail: violation.detail });
}

/** The report, without times. */
export function describeTally(tally: Tally): string[] {
  const sorted = (counts: Readonly<Record<string, number>>): string =>
    Object.entries(counts)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, count]) => `${name} ${String(count)}`)
      .join(', ');
  const faults = Object.values(tally.faults).reduce((sum, count) => sum + count, 0);
  return [
    `steps ${String(tally.steps)}, seeds ${String(tally.seeds)} (${String(tally.bounded)} within bounds, ${String(tally.seeds - tally.bounded)} beyond), swaps ${String(tally.swaps)}`,
    `ends of swaps (Fabric leg/Ethereum leg): ${sorted(tally.outcomes)}`,
    `faults injected ${String(faults)} of ${String(Object.keys(tally.faults).length)} kinds: ${sorted(tally.faults)}`,
    `states seen: ${String(tally.states.size)} of sessions, ${String(tally.cells.size)} pairs of a fault and what both legs were at`,
    `digest ${(tally.digest >>> 0).toString(16).padStart(8, '0')}`,
  ];
}
