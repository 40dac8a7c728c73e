import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { forge } from './forge.ts';

/** What the handler (test/forge/support/Handler.sol) does, as it counts it; every one must go through in a long run. */
export const DEEDS = [
  'deposit',
  'hostile deposit',
  'withdraw',
  'lock',
  'lock one-shot',
  'lockMany',
  'claim',
  'claimMany',
  'refund',
  'refundMany',
  'refundWithConsent',
  'hostile payout',
  'hostile payout kept',
  'refusal',
] as const;

/** What a long run did. */
export interface LongFuzz {
  /** Calls of random parties over which the invariants held. */
  readonly calls: number;
  /** Runs of the fuzzed properties. */
  readonly runs: number;
  /** How often each deed of the handler went through, summed over all runs: a call that was rightly refused counts as `refusal` only. */
  readonly deeds: Readonly<Record<string, number>>;
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
  const folder = fileURLToPath(new URL('../cache', import.meta.url));
  mkdirSync(folder, { recursive: true });
  // The one place where the long profile lets a test write.
  const deedsFile = `${folder}/deeds-${String(process.pid)}`;
  rmSync(deedsFile, { force: true });
  const run = forge(
    [
      'test',
      '--json',
      '--match-test',
      'testFuzz|invariant',
      ...(seed === undefined ? [] : ['--fuzz-seed', seed]),
    ],
    undefined,
    { FOUNDRY_PROFILE: 'long', MIDLOCK_DEEDS_FILE: deedsFile },
  );
  const line = run.stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(run.stdout.slice(-2000) + run.stderr.slice(-2000));
  const suites = JSON.parse(line) as Record<string, { test_results: Record<string, TestResult> }>;
  const results = Object.values(suites).flatMap(({ test_results }) => Object.entries(test_results));
  const deeds = sumDeeds(readFileSync(deedsFile, 'utf8'));
  rmSync(deedsFile);
  return {
    deeds,
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

/** Sums lines `deed=count`. Invariants run side by side, so that two lines can stand in one: the last count of such a line is lost. */
function sumDeeds(text: string): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const [, deed = '', count] of text.matchAll(/^([a-zA-Z -]+)=(\d+)$/gm))
    sums[deed] = (sums[deed] ?? 0) + Number(count);
  return sums;
}
