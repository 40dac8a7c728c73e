import { parseArgs } from 'node:util';
import { listCrashPoints } from '@midlock/client';
import { campaigns } from './campaign.ts';

const USAGE = `Usage: npm run crash-points -- list
       npm run crash-points -- run [--pairs SEED] [--count N] [--real N [--seed SEED]]

list   every journal write, fsync, send and receive of agents and relayer, with its number
run    kills at each of them on the models, in every scenario; with --pairs also twice, drawn by seed (--count pairs
       a scenario, default 100); with --real N kills real processes with SIGKILL at N points on devnode and anvil,
       drawn by --seed (default: MIDLOCK_SEED, or 1)`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: 'string' },
    count: { type: 'string', default: '100' },
    real: { type: 'string' },
    seed: { type: 'string', default: process.env['MIDLOCK_SEED'] ?? '1' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help || positionals.length !== 1) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}
switch (positionals[0]) {
  case 'list':
    for (const [index, id] of listCrashPoints().entries())
      console.log(`${String(index + 1).padStart(4)}  ${id}`);
    break;
  case 'run':
    process.exitCode =
      values.real === undefined ? await onModels() : await onProcesses(values.real);
    break;
  default:
    console.error(USAGE);
    process.exitCode = 2;
}

async function onModels(): Promise<number> {
  const started = performance.now();
  const results = await campaigns(
    {
      each: 3,
      stride: 1,
      pairs: values.pairs === undefined ? 0 : Number(values.count),
      seed: Number(values.pairs ?? 1),
    },
    ({ scenario, singles, pairs, points, failures }) => {
      console.error(
        `${scenario.direction} ${scenario.name}: ${String(singles)} single deaths, ${String(pairs)} pairs, ${String(points.size)} points, ${String(failures.length)} failures`,
      );
      for (const { kills, faults } of failures.slice(0, 5))
        console.error(`  ${kills}: ${faults.join('; ')}`);
    },
  );
  const points = new Set(results.flatMap((result) => [...result.points]));
  const missed = listCrashPoints().filter((id) => !points.has(id));
  const sum = (of: (result: (typeof results)[number]) => number): number =>
    results.reduce((total, result) => total + of(result), 0);
  const failures = sum((result) => result.failures.length);
  console.error(`not passed here, but by letters.long.test.ts: ${missed.join(', ')}`);
  console.error(`${((performance.now() - started) / 1000).toFixed(1)} s`);
  console.log(
    JSON.stringify({
      points: points.size,
      singles: sum((result) => result.singles),
      pairs: sum((result) => result.pairs),
      failures,
    }),
  );
  return failures === 0 ? 0 : 1;
}

async function onProcesses(count: string): Promise<number> {
  const { runOnProcesses } = await import('./process-run.ts');
  const { linesOf } = await import('./report.ts');
  const tell = (line: string): void => {
    console.error(line);
  };
  const kills = Number(count);
  const result = await runOnProcesses({ kills, seed: Number(values.seed), onProgress: tell });
  linesOf(result).forEach(tell);
  console.log(JSON.stringify(result));
  return result.faults.length === 0 && result.kills >= kills ? 0 : 1;
}
