import { writeSection } from '../search/reliability.ts';
import { PLANTED } from './plants.ts';
import { runSeed } from './run-seed.ts';

/** Runs every planted bug on its seed and puts what saw it, and when, into docs/reliability.md. */
export async function writePlants(): Promise<void> {
  const rows: string[] = [];
  for (const { bug, seed, run } of PLANTED) {
    const { violation } = await runSeed(seed, run);
    const seen = violation === undefined ? ['not seen', ''] : [violation.invariant, violation.step];
    rows.push(`| ${String(seen[0])} | ${bug} | ${seed} | ${String(seen[1])} |`);
  }
  writeSection(
    'simulated bugs',
    ['| invariant | planted bug | seed | seen at step |', '|---|---|---|---|', ...rows].join('\n'),
  );
}
