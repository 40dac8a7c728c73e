import { setImmediate } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createRandom } from '../simulation/random.ts';
import { startCoverage } from './coverage.ts';
import { harvestDictionary } from './dictionary.ts';
import { explore } from './engine.ts';
import { createMutator } from './mutate/mutator.ts';
import { openCell } from './shared-cell.ts';
import { findTarget } from './targets/index.ts';
import type { Job, Report } from './supervise.ts';

const DEFAULT_MAX_BYTES = 16_384;
const ROOT = new URL('../../', import.meta.url).href;

const job = workerData as Job;
const cell = openCell(job.cell);
const stray: unknown[] = [];
process.on('unhandledRejection', (reason) => stray.push(reason));

// Which sources count is known only with the target, and its modules must be loaded after the start.
let sources: readonly string[] = [];
const coverage = job.blind
  ? undefined
  : startCoverage(
      (url) =>
        url.startsWith(ROOT) && sources.some((source) => url.slice(ROOT.length).startsWith(source)),
    );
const target = await findTarget(job.target);
if (target === undefined) throw new Error(`no target ${job.target}`);
sources = target.sources;

const untilMs = Date.now() + job.seconds * 1000;
const result = await explore({
  target,
  seeds: job.inputs ?? (await target.seeds()),
  mutate: createMutator(
    target.format,
    harvestDictionary(target.sources),
    target.maxBytes ?? DEFAULT_MAX_BYTES,
  ),
  random: createRandom(`${job.target}/${String(job.seed)}`),
  coverage,
  runs: job.inputs === undefined ? job.runs : 0,
  mayGoOn: () => Date.now() < untilMs,
  onInput: (input) => {
    cell.put(input);
  },
  strayRejections: async () => {
    await setImmediate();
    return stray.splice(0);
  },
  onFinding: (found) => {
    post({ kind: 'found', found });
  },
});
coverage?.stop();
post({ kind: 'done', result });

function post(report: Report): void {
  parentPort?.postMessage(report);
}
