import { describeFailure, type Plain } from './normalise.ts';
import { openConnections, type Session } from './session.ts';
import type { Target } from './target.ts';

/** One case: an id that never changes, what it shows, and a run that gives a comparable result. */
export interface ConformanceCase {
  readonly id: string;
  readonly title: string;
  readonly run: (session: Session) => Promise<Plain>;
}

/** Results by case id. */
export type Results = Readonly<Record<string, Plain>>;

/** A real network's answers. */
export interface Recording {
  /** e.g. `3.1.5`. */
  readonly fabric: string;
  readonly consensus: string;
  /** Day of the run, `YYYY-MM-DD`. */
  readonly date: string;
  readonly results: Results;
}

/** Runs cases one after another. A case that fails unexpectedly has its failure as result. */
export async function runCases(
  target: Target,
  cases: readonly ConformanceCase[],
  onResult: (id: string, result: Plain, elapsedMs: number) => void = () => undefined,
): Promise<Results> {
  const connections = openConnections(target);
  const results: Record<string, Plain> = {};
  try {
    for (const { id, run } of cases) {
      const startedMs = performance.now();
      const result = await run(connections.forCase(id)).catch((error: unknown) => ({
        unexpected: describeFailure(error),
      }));
      results[id] = result;
      onResult(id, result, performance.now() - startedMs);
    }
  } finally {
    connections.close();
  }
  return results;
}
