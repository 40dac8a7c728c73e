import { Session, type Profiler } from 'node:inspector';

/** Half-open ranges of source offsets, ascending and disjoint. */
type Spans = readonly (readonly [from: number, to: number])[];

interface FunctionState {
  /** What no input has reached yet. */
  never: Spans;
  /** Starts of all blocks that V8 ever told apart. */
  readonly blocks: Set<number>;
}

/** What one function did since the last take. */
interface Taken {
  readonly key: string;
  readonly zero: Spans;
  readonly segments: readonly (readonly [from: number, to: number, count: number])[];
}

export type Snapshot = readonly Taken[];

export interface Reached {
  readonly branches: number;
  readonly known: number;
}

/**
 * V8's precise block coverage of this thread, as feedback. It must start before the target's modules are loaded, for only
 * functions compiled afterwards are counted by block, and optimised code counts nothing: see {@link V8_FLAGS}.
 */
export interface Coverage {
  /** What ran since the last take. Costs about a millisecond, so it is taken once for a batch of inputs. */
  take(): Snapshot;
  /** True when the snapshot holds a branch that was never reached. */
  grows(snapshot: Snapshot): boolean;
  /** Counts the snapshot's branches as reached. */
  commit(snapshot: Snapshot): void;
  /** As {@link Coverage.grows} and commit in one, for loop counts in powers of two; only of single inputs. */
  countsGrow(snapshot: Snapshot): boolean;
  reached(): Reached;
  stop(): void;
}

/** Block counts vanish from code that is optimised, and from code that is flushed and compiled anew. */
export const V8_FLAGS = ['--no-opt', '--no-maglev', '--no-flush-bytecode'] as const;

/** @param includes which scripts count, by URL. */
export function startCoverage(includes: (url: string) => boolean): Coverage {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  const functions = new Map<string, FunctionState>();
  const buckets = new Set<string>();

  function take(): Snapshot {
    const taken: Taken[] = [];
    session.post('Profiler.takePreciseCoverage', (error, answer) => {
      if (error !== null) throw error;
      for (const script of answer.result)
        if (includes(script.url)) for (const fn of script.functions) add(taken, script.url, fn);
    });
    return taken;
  }

  const remaining = ({ key, zero, segments }: Taken): Spans => {
    const known = functions.get(key)?.never ?? [[segments[0]?.[0] ?? 0, segments.at(-1)?.[1] ?? 0]];
    return intersect(known, zero);
  };

  return {
    take,
    grows: (snapshot) =>
      snapshot.some((taken) => {
        const known = functions.get(taken.key)?.never;
        return known === undefined || sizeOf(remaining(taken)) < sizeOf(known);
      }),
    commit: (snapshot) => {
      for (const taken of snapshot) {
        const never = remaining(taken);
        const state = functions.get(taken.key) ?? { never, blocks: new Set<number>() };
        state.never = never;
        for (const [from] of taken.segments) state.blocks.add(from);
        functions.set(taken.key, state);
      }
    },
    countsGrow: (snapshot) => {
      const before = buckets.size;
      for (const { key, segments } of snapshot)
        for (const [from, , count] of segments)
          if (count > 1)
            buckets.add(
              `${key}:${String(from)}:${String(Math.min(10, Math.floor(Math.log2(count))))}`,
            );
      return buckets.size > before;
    },
    reached: () => {
      let [branches, known] = [0, 0];
      for (const { never, blocks } of functions.values()) {
        known += blocks.size;
        for (const block of blocks) if (!isInside(never, block)) branches += 1;
      }
      return { branches, known };
    },
    stop: () => {
      session.post('Profiler.stopPreciseCoverage');
      session.disconnect();
    },
  };
}

function add(taken: Taken[], url: string, fn: Profiler.FunctionCoverage): void {
  const [whole] = fn.ranges;
  if (whole === undefined || whole.count === 0) return;
  const segments = flatten(fn.ranges);
  const zero = segments
    .filter(([, , count]) => count === 0)
    .map(([from, to]) => [from, to] as const);
  taken.push({ key: `${url}:${String(whole.startOffset)}`, zero, segments });
}

/** V8 nests ranges, outermost first: what counts at an offset is the innermost range around it. */
function flatten(
  ranges: readonly Profiler.CoverageRange[],
): readonly (readonly [number, number, number])[] {
  const cuts = [
    ...new Set(ranges.flatMap(({ startOffset, endOffset }) => [startOffset, endOffset])),
  ];
  cuts.sort((a, b) => a - b);
  return cuts.slice(0, -1).map((from, i) => {
    const inner = ranges.findLast(
      ({ startOffset, endOffset }) => startOffset <= from && from < endOffset,
    );
    return [from, cuts[i + 1] ?? from, inner?.count ?? 0] as const;
  });
}

function intersect(a: Spans, b: Spans): Spans {
  const both: (readonly [number, number])[] = [];
  for (const [from, to] of a)
    for (const [start, end] of b) {
      const [low, high] = [Math.max(from, start), Math.min(to, end)];
      if (low < high) both.push([low, high]);
    }
  return both;
}

function sizeOf(spans: Spans): number {
  return spans.reduce((sum, [from, to]) => sum + to - from, 0);
}

function isInside(spans: Spans, offset: number): boolean {
  return spans.some(([from, to]) => from <= offset && offset < to);
}
