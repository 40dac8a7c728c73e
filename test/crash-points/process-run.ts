import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startRig, type ProcessRig } from '../../relayer/test/rig.ts';
import {
  faultsOfBooks,
  faultsOfDoubling,
  faultsOfJournals,
  faultsOfLegs,
  untilClosed,
  untilEnded,
} from './judge.ts';
import { LETTER_POINTS } from './letter-run.ts';
import { runOnModels } from './model-run.ts';
import { xorshift } from './plan.ts';
import { reportOf, type ProcessRunResult } from './report.ts';
import { SCENARIOS, WHO, type Who } from './scenarios.ts';
import { supervise, type Supervisor } from './supervisor.ts';
import { startTraffic, type Traffic } from './traffic.ts';

export interface ProcessRunOptions {
  /** Stop killing after so many deaths. */
  readonly kills: number;
  /** Draws the points of each life, and which deaths come in pairs. */
  readonly seed: number;
  readonly onProgress: (line: string) => void;
}

/** Blocks and finality take their time however fast the machine is. */
const LEAST_START_MS = 1_200;
/** Enough for all that are open at once. */
const NOTES = 45;
/**
 * O of the profile, in starts of a process: so long a party may take to react when it dies a few times in a row. The least
 * time between two lives in which nothing kills stays below it.
 */
const OBSERVE_STARTS = 6;

/**
 * Real agents and a real relayer on devnode and anvil, killed with SIGKILL at one crash point after the other while many
 * swaps of all kinds are under way; then everything is left to end, and both ledgers are read.
 */
export async function runOnProcesses(options: ProcessRunOptions): Promise<ProcessRunResult> {
  const startedMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedMs) / 1000);
  const workDir = mkdtempSync(join(tmpdir(), 'midlock-crash-points-'));
  const rig = await startRig(workDir, {
    notes: NOTES,
    agents: { accept: 'all' },
    relayer: { patienceSec: 2 },
  });
  try {
    const before = await rig.books();
    const reader = await rig.openReader();
    // Saves a good part of each start.
    const environment = { NODE_COMPILE_CACHE: join(workDir, 'compiled') };
    const startSec = await measureStart(rig, environment);
    rig.setObserveSec(BigInt(Math.ceil(OBSERVE_STARTS * startSec)));
    options.onProgress(`a process starts in ${startSec.toFixed(1)} s; deadlines are set by that`);
    const ids = await idsOf();
    const traffic = startTraffic(rig, reader, startSec);
    const supervisors = WHO.map((who, index) =>
      supervise(rig, {
        who,
        ids: ids[who],
        startMs: startSec * 1000,
        random: xorshift(options.seed * WHO.length + index + 1),
        environment,
      }),
    );
    await killUntil(options, supervisors, traffic, seconds);
    await traffic.stop();
    await Promise.all(supervisors.map((each) => each.settle()));
    options.onProgress(`${String(deathsOf(supervisors))} deaths; everybody is back and finishes`);
    const swaps = await untilEnded(reader, traffic.sent, options.onProgress);
    await untilClosed(rig);
    for (const each of supervisors) await each.stop();
    const faults = [
      ...supervisors.flatMap(({ strange }) => strange),
      ...swaps.flatMap(faultsOfLegs),
      ...(await faultsOfDoubling(reader, swaps)),
      ...(await faultsOfJournals(rig, swaps)),
      ...faultsOfBooks(before, await rig.books(), swaps),
    ];
    reader.close();
    const deaths = WHO.flatMap((who, index) =>
      (supervisors[index]?.died ?? []).map((point) => ({ who, point })),
    );
    const pairs = supervisors.flatMap((each) => each.pairs);
    return reportOf({ seed: options.seed, deaths, pairs, swaps, faults, seconds: seconds() });
  } finally {
    await rig.close();
    if (process.env['KEEP'] === undefined) rmSync(workDir, { recursive: true, force: true });
    else options.onProgress(workDir);
  }
}

function deathsOf(supervisors: readonly Supervisor[]): number {
  return supervisors.reduce((sum, { died }) => sum + died.length, 0);
}

async function killUntil(
  { kills, onProgress }: ProcessRunOptions,
  supervisors: readonly Supervisor[],
  { sent }: Traffic,
  seconds: () => number,
): Promise<void> {
  let told = 0;
  while (deathsOf(supervisors) < kills && supervisors.some(({ finished }) => !finished)) {
    await sleep(200);
    const deaths = deathsOf(supervisors);
    if (deaths < told + 25) continue;
    told = deaths;
    onProgress(`${String(deaths)} deaths, ${String(sent.length)} swaps, ${String(seconds())} s`);
  }
}

/**
 * The longest of three starts, one after the other, with a third more for what others do meanwhile: a busy machine stretches
 * everything alike. A round before fills the cache of compiled sources.
 */
async function measureStart(
  rig: ProcessRig,
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  let longestMs = LEAST_START_MS;
  for (const round of [0, 1])
    for (const who of ['relayer', 'alice', 'bob'] as const) {
      const bornMs = performance.now();
      const started =
        who === 'relayer'
          ? (await rig.startRelayer(environment)).process
          : await rig.startAgent(who, environment);
      if (round === 1) longestMs = Math.max(longestMs, performance.now() - bornMs);
      await started.stop();
    }
  return (longestMs * 4) / 3 / 1000;
}

/** The ids that each process reaches on the models, and those that only processes have. */
async function idsOf(): Promise<Readonly<Record<Who, readonly string[]>>> {
  const reached: Record<Who, Set<string>> = {
    alice: new Set([...LETTER_POINTS.alice, ...ACCEPT]),
    bob: new Set([...LETTER_POINTS.bob, ...ACCEPT]),
    relayer: new Set([...LETTER_POINTS.relayer, ...ACCEPT]),
  };
  for (const scenario of SCENARIOS) {
    const { passed } = await runOnModels(scenario, []);
    for (const who of WHO) for (const id of passed[who]) reached[who].add(id);
  }
  return {
    alice: [...reached.alice],
    bob: [...reached.bob],
    relayer: [...reached.relayer],
  };
}

/** A signature that comes later. */
const ACCEPT = ['commit.accept.before', 'sync.accept', 'commit.accept.after'];
