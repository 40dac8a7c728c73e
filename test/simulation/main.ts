import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { writePlants } from './plants-table.ts';
import { runSeeds } from './pool.ts';
import { readLongRun, writeLongRun } from './record.ts';
import { runSeed } from './run-seed.ts';
import { shrink } from './shrink.ts';
import { tellStory } from './story.ts';
import { addResult, createTally, describeTally, type Tally } from './tally.ts';

const HELP = `npm run simulate -- [options]
  --seed N        first seed (1)
  --steps M       go on until this many steps are done (2000000); 0 with --seed tells one seed's story
  --workers W     threads (2, or as many as there are cores)
  --long          add to the record in --state, however often it is interrupted
  --state FILE    the record (simulation.json)
  --minutes T     stop after this long (with --long)
  --plants        run every planted bug and write their table into docs/reliability.md
Standard output carries no times: equal options give equal bytes.`;

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    steps: { type: 'string', default: '2000000' },
    workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    long: { type: 'boolean', default: false },
    state: { type: 'string', default: 'simulation.json' },
    minutes: { type: 'string' },
    plants: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const [firstSeed, steps, workers] = [values.seed, values.steps, values.workers].map(Number) as [
  number,
  number,
  number,
];

if (values.help) console.log(HELP);
else if (values.plants) await writePlants();
else if (steps === 0) await story(values.seed);
else if (values.long) await longRun(values.state, Number(values.minutes ?? Infinity));
else await run();

/** Seeds in their order until enough steps are done. */
async function run(): Promise<void> {
  const tally = createTally();
  const startedMs = Date.now();
  for await (const result of runSeeds(firstSeed, workers)) {
    addResult(tally, result);
    if (result.violation !== undefined) await explain(result.seed);
    if (tally.steps >= steps) break;
  }
  console.error(
    `${((Date.now() - startedMs) / 1000).toFixed(1)} s, ${(tally.steps / ((Date.now() - startedMs) / 1000)).toFixed(0)} steps/s`,
  );
  report(tally);
}

/** Adds to the record of a run that nobody waits for; failures are kept and told at the end. */
async function longRun(path: string, minutes: number): Promise<void> {
  const record = readLongRun(path, firstSeed);
  const before = record.seconds;
  const startedMs = Date.now();
  const untilMs = startedMs + minutes * 60_000;
  let savedMs = startedMs;
  if (values.minutes === undefined && record.tally.steps >= steps) {
    report(record.tally);
    return;
  }
  for await (const result of runSeeds(record.nextSeed, workers)) {
    addResult(record.tally, result);
    record.nextSeed += 1;
    record.seconds = before + Math.round((Date.now() - startedMs) / 1000);
    if (result.violation !== undefined)
      console.error(
        `seed ${result.seed}: ${result.violation.invariant}: ${result.violation.detail}`,
      );
    const done =
      Date.now() >= untilMs || (values.minutes === undefined && record.tally.steps >= steps);
    if (done || Date.now() - savedMs > 10_000) {
      writeLongRun(path, record);
      savedMs = Date.now();
    }
    if (done) break;
  }
  report(record.tally);
}

function report(tally: Tally): void {
  for (const line of describeTally(tally)) console.log(line);
  for (const { seed, invariant, detail } of tally.failures)
    console.log(`seed ${seed} breaks ${invariant}: ${detail}`);
  console.log(
    `${String(tally.seeds - tally.failures.length)} passed, ${String(tally.failures.length)} failed`,
  );
  process.exitCode = tally.failures.length > 0 ? 1 : 0;
}

async function explain(seed: string): Promise<void> {
  const { violation } = await runSeed(seed);
  if (violation === undefined) return;
  const shrunk = await shrink(seed, violation);
  console.log(await tellStory(seed, shrunk.limits));
  console.log(
    `Shrunk in ${String(shrunk.runs)} runs; again with: npm run simulate -- --seed ${seed} --steps 0`,
  );
}

async function story(seed: string): Promise<void> {
  const { violation } = await runSeed(seed);
  const limits = violation === undefined ? {} : (await shrink(seed, violation)).limits;
  console.log(await tellStory(seed, limits));
  process.exitCode = violation === undefined ? 0 : 1;
}
