import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { conservationOf, openSqliteStore, stateOf } from '@midlock/client';
import { ETH, swapIdOf } from '@midlock/protocol';
import { startRig, type ProcessRig } from '../../relayer/test/rig.ts';
import { createCrowd, type Crowd, type CrowdOptions } from './crowd.ts';
import { INSPECT, inspect, type Holding, type Inspected } from './inspected.ts';
import { readLag, type Lag } from './lag.ts';
import { judge, type Bound, type Steadiness } from './steady.ts';

export interface SoakOptions extends CrowdOptions {
  /** How long the crowd is kept at its full size, seconds. */
  readonly holdsSec: number;
  readonly sampleSec: number;
  /** Default {@link HEAP_BOUND}; its share holds for resident memory too. */
  readonly heapBound?: Bound;
  readonly onProgress: (line: string) => void;
}

export const PROCESSES = ['relayer', 'alice', 'bob', 'devnode'] as const;
export type ProcessName = (typeof PROCESSES)[number];
/** Judged; devnode keeps its whole ledger in memory and grows with each transaction by design. */
export const JUDGED = ['relayer', 'alice', 'bob'] as const;

export interface Sample extends Lag {
  readonly atSec: number;
  readonly open: number;
  readonly ended: number;
  readonly of: Readonly<Record<ProcessName, Holding>>;
}

export interface SoakResult {
  readonly options: Pick<SoakOptions, 'open' | 'holdsSec' | 'holdSec' | 'seed'>;
  readonly samples: readonly Sample[];
  /** From this moment on the crowd was complete. */
  readonly fullFromSec: number;
  readonly begun: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly heap: Readonly<Record<(typeof JUDGED)[number], Steadiness>>;
  readonly rss: Readonly<Record<(typeof JUDGED)[number], Steadiness>>;
  readonly faults: readonly string[];
  readonly seconds: number;
}

/** What an ended swap may leave in a process's heap for ever, bytes; see {@link judge}. */
export const HEAP_BOUND: Bound = { boundPerSwap: 64, boundShare: 0.005 };
/** The resident set also holds what the allocator keeps; it is judged against a leak outside the heap. */
export const RSS_BOUND: Bound = { boundPerSwap: 1024, boundShare: 0.05 };
/** So much later than its last deadline a swap that is still open counts as stuck. */
const STUCK_SEC = 60;

/** Two agents and a relayer as processes on devnode and anvil, with a crowd of swaps that is kept open. */
export async function soak(options: SoakOptions): Promise<SoakResult> {
  const startedMs = performance.now();
  const workDir = mkdtempSync(join(tmpdir(), 'midlock-soak-'));
  // Inherited by devnode and by every process of the rig.
  Object.assign(process.env, INSPECT);
  const rig = await startRig(workDir, {
    notes: Math.ceil(options.open * 0.75),
    overrides: { tickMs: 250, ethereum: { pollMs: 250 } },
  }).finally(() => {
    delete process.env['NODE_OPTIONS'];
  });
  options.onProgress('networks are up');
  try {
    const faults: string[] = [];
    const { operationsUrl } = await rig.startRelayer(INSPECT);
    for (const name of ['alice', 'bob'] as const) {
      void (await rig.startAgent(name, INSPECT)).exited.then(({ code, signal }) => {
        if (!over) faults.push(`${name} ended: ${signal ?? String(code)}`);
      });
    }
    let over = false;
    const inspected = await inspectAll(workDir);
    const crowd = createCrowd(rig, options);
    const samples = await watch(options, crowd, () => sample(crowd, inspected, operationsUrl));
    over = true;
    for (const each of Object.values(inspected)) each.close();
    faults.push(...(await audit(rig)));
    const outcomes = await outcomesOf(rig, crowd, faults);
    crowd.close();
    return conclude(options, samples, crowd.begun.length, outcomes, faults, startedMs);
  } finally {
    await rig.close();
    if (process.env['KEEP'] === undefined) rmSync(workDir, { recursive: true, force: true });
    else options.onProgress(workDir);
  }
}

async function inspectAll(workDir: string): Promise<Record<ProcessName, Inspected>> {
  const logOf = (name: ProcessName): string =>
    name === 'devnode' ? join(workDir, 'networks', 'devnode.log') : join(workDir, `${name}.log`);
  const found = await Promise.all(PROCESSES.map((name) => inspect(logOf(name))));
  return Object.fromEntries(PROCESSES.map((name, index) => [name, found[index]])) as Record<
    ProcessName,
    Inspected
  >;
}

/** Tends the crowd until it has been complete for long enough. */
async function watch(
  { open, holdsSec, sampleSec, onProgress }: SoakOptions,
  crowd: Crowd,
  take: () => Promise<Omit<Sample, 'atSec'>>,
): Promise<readonly Sample[]> {
  const samples: Sample[] = [];
  const startedMs = performance.now();
  const nowSec = (): number => (performance.now() - startedMs) / 1000;
  let fullSec: number | undefined;
  let nextSec = 0;
  while (fullSec === undefined || nowSec() < fullSec + holdsSec) {
    await crowd.tend();
    if (crowd.counts().open >= open * 0.98) fullSec ??= nowSec();
    if (nowSec() >= nextSec) {
      const sampled = { atSec: nowSec(), ...(await take()) };
      samples.push(sampled);
      nextSec += sampleSec;
      onProgress(line(sampled));
    }
    await sleep(1_000);
  }
  return samples;
}

async function sample(
  crowd: Crowd,
  inspected: Readonly<Record<ProcessName, Inspected>>,
  operationsUrl: string,
): Promise<Omit<Sample, 'atSec'>> {
  const lag = await readLag(operationsUrl);
  const holdings: [string, Holding][] = [];
  for (const name of PROCESSES) holdings.push([name, await inspected[name].hold()]);
  const { known, open } = crowd.counts();
  return {
    open,
    ended: known - open,
    ...lag,
    of: Object.fromEntries(holdings) as Record<ProcessName, Holding>,
  };
}

function line({ atSec, open, ended, fabricLag, ethereumLag, of }: Sample): string {
  const memory = PROCESSES.map((name) => `${name} ${mib(of[name].heapBytes)}`).join(', ');
  return `${String(Math.round(atSec))} s: ${String(open)} open, ${String(ended)} ended, heap MiB: ${memory}; behind: Fabric ${String(fabricLag)}, Ethereum ${String(ethereumLag)} blocks; loop p99 ${of.relayer.loopDelayMs.toFixed(0)} ms`;
}

function mib(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}

/** Nothing came or went. */
async function audit(rig: ProcessRig): Promise<string[]> {
  const reader = await rig.openReader();
  try {
    const { fabric, ethereum } = await conservationOf(reader, {
      fungible: ['gold'],
      tokens: { ETH },
    });
    return fabric && ethereum ? [] : ['conservation is broken'];
  } finally {
    reader.close();
  }
}

/** Stops the processes and compares what all three journals say of each swap. */
async function outcomesOf(
  rig: ProcessRig,
  { begun }: Crowd,
  faults: string[],
): Promise<Record<string, number>> {
  await rig.processes.stopAll();
  const names = ['relayer', 'alice', 'bob'] as const;
  const stores = names.map((name) => openSqliteStore(join(rig.folderOf(name), 'journal.db')));
  const outcomes: Record<string, number> = {};
  const nowSec = BigInt(Math.floor(Date.now() / 1000));
  for (const store of stores) await store.verify();
  for (const { file, settles } of begun) {
    const swapId = swapIdOf(file.terms);
    const found = await Promise.all(stores.map((store) => store.load(swapId)));
    const ended = found.filter((entry) => entry?.open === false);
    const states = new Set(ended.map((entry) => entry && stateOf(entry.session)));
    if (states.size > 1) faults.push(`${swapId}: ${[...states].join(' and ')}`);
    const { fabric, ethereum } = file.terms;
    const lastSec =
      fabric.expiresAtSec > ethereum.expiresAtSec ? fabric.expiresAtSec : ethereum.expiresAtSec;
    if (found.some((entry) => entry?.open === true) && nowSec > lastSec + BigInt(STUCK_SEC))
      faults.push(`${swapId}: open ${String(nowSec - lastSec)} s after its last deadline`);
    const [state] = states;
    const key = `${settles ? 'to settle' : 'to refund'}: ${state ?? 'open'}`;
    outcomes[key] = (outcomes[key] ?? 0) + 1;
  }
  for (const store of stores) await store.close();
  return outcomes;
}

function conclude(
  options: SoakOptions,
  samples: readonly Sample[],
  begun: number,
  outcomes: Readonly<Record<string, number>>,
  faults: readonly string[],
  startedMs: number,
): SoakResult {
  const { open, holdsSec, holdSec, seed } = options;
  const full = samples.filter((each) => each.open >= open * 0.95);
  const [first, last] = [full.at(0), full.at(-1)];
  const rate =
    first === undefined || last === undefined || last.atSec === first.atSec
      ? 0
      : (last.ended - first.ended) / (last.atSec - first.atSec);
  const judgeAll = (
    of: 'heapBytes' | 'rssBytes',
    bound: Bound,
  ): Record<(typeof JUDGED)[number], Steadiness> =>
    Object.fromEntries(
      JUDGED.map((name) => [
        name,
        judge(
          full.map((each) => ({ atSec: each.atSec, value: each.of[name][of] })),
          rate,
          bound,
        ),
      ]),
    ) as Record<(typeof JUDGED)[number], Steadiness>;
  const rssBound = {
    ...RSS_BOUND,
    boundShare: options.heapBound?.boundShare ?? RSS_BOUND.boundShare,
  };
  const [heap, rss] = [
    judgeAll('heapBytes', options.heapBound ?? HEAP_BOUND),
    judgeAll('rssBytes', rssBound),
  ];
  const growing = [
    ...JUDGED.filter((name) => !heap[name].steady).map((name) => `the heap of ${name} grows`),
    ...JUDGED.filter((name) => !rss[name].steady).map((name) => `the memory of ${name} grows`),
  ];
  return {
    options: { open, holdsSec, holdSec, seed },
    samples,
    fullFromSec: first?.atSec ?? Number.NaN,
    begun,
    outcomes,
    heap,
    rss,
    faults: [...faults, ...growing],
    seconds: Math.round((performance.now() - startedMs) / 1000),
  };
}
