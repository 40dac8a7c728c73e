import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { forge } from './forge.ts';
import type { Mutant } from './mutant-list.ts';

/**
 * Runs the forge tests on a copy of the project (`withCopy`) with one mutant, and puts the source back.
 * @returns The names of the tests that fail; none means that the mutant survives. Throws when the mutant no longer fits the source or does
 * not compile.
 */
export function testsKilling(
  folder: string,
  mutant: Mutant,
  args: readonly string[] = [],
): string[] {
  return testsKillingChange(folder, mutant.file, args, (source) => {
    if (source.split(mutant.from).length !== 2)
      throw new Error(`${mutant.name}: its place is not found once`);
    return source.replace(mutant.from, () => mutant.to);
  });
}

/** Compiles in a third of the time; every test passes so too, as coverage shows. Needs a copy with one profile. */
export const UNOPTIMIZED = { FOUNDRY_VIA_IR: 'false', FOUNDRY_OPTIMIZER: 'false' } as const;

/** As {@link testsKilling}, for any change of one file. `env` is forge's. */
export function testsKillingChange(
  folder: string,
  file: string,
  args: readonly string[],
  change: (source: string) => string,
  env: Readonly<Record<string, string>> = {},
): string[] {
  const path = join(folder, file);
  const source = readFileSync(path, 'utf8');
  writeFileSync(path, change(source));
  try {
    const run = forge(['test', '--json', ...args], folder, {
      FOUNDRY_DENY: 'never',
      ...env,
    });
    const suites = JSON.parse(jsonOf(run.stdout, run.stderr)) as Record<
      string,
      { test_results: Record<string, { status: string }> }
    >;
    return Object.values(suites).flatMap(({ test_results }) =>
      Object.entries(test_results)
        .filter(([, { status }]) => status === 'Failure')
        .map(([name]) => name.replace(/\(.*/, '')),
    );
  } finally {
    writeFileSync(path, source);
  }
}

function jsonOf(stdout: string, stderr: string): string {
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (line === undefined) throw new Error(stdout.slice(-2000) + stderr.slice(-2000));
  return line;
}
