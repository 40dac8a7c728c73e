import { forge } from './forge.ts';

/** What a long run did. */
export interface LongFuzz {
  /** Calls of random parties over which the invariants held. */
  readonly calls: number;
  /** Runs of the fuzzed properties. */
  readonly runs: number;
  /** Tests that failed, with forge's reason and the shrunk sequence. */
  readonly failures: readonly string[];
}

interface TestResult {
  readonly status: string;
  readonly reason: string | null;
  readonly counterexample: unknown;
  readonly kind: {
    readonly Fuzz?: { readonly runs: number };
    readonly Invariant?: { readonly calls: number };
  };
}

/**
 * Runs foundry.toml's profile `long`: fuzzed properties and stateful invariants over a million calls.
 * @param seed Another seed makes another run; the profile's own when absent.
 */
export function runLongFuzz(seed?: string): LongFuzz {
  const run = forge(
    [
      'test',
      '--json',
      '--match-test',
      'testFuzz|invariant',
      ...(seed === undefined ? [] : ['--fuzz-seed', seed]),
    ],
    undefined,
    { FOUNDRY_PROFILE: 'long' },
  );
  const line = run.stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(run.stdout.slice(-2000) + run.stderr.slice(-2000));
  const suites = JSON.parse(line) as Record<string, { test_results: Record<string, TestResult> }>;
  const results = Object.values(suites).flatMap(({ test_results }) => Object.entries(test_results));
  return {
    calls: results.reduce((sum, [, { kind }]) => sum + (kind.Invariant?.calls ?? 0), 0),
    runs: results.reduce((sum, [, { kind }]) => sum + (kind.Fuzz?.runs ?? 0), 0),
    failures: results
      .filter(([, { status }]) => status !== 'Success')
      .map(
        ([name, { reason, counterexample }]) =>
          `${name}: ${reason ?? ''} ${JSON.stringify(counterexample)}`,
      ),
  };
}
