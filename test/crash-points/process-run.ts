import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteStore, stateOf } from '@midlock/client';
import { isMidlockError, swapIdOf } from '@midlock/protocol';
import { ETHER, GOLD, startRig, type Books, type ProcessRig } from '../../relayer/test/rig.ts';
import { runOnModels } from './model-run.ts';
import { phaseOf } from './phases.ts';
import { SCENARIOS, type Who } from './scenarios.ts';
import { supervise } from './supervisor.ts';
import { legsOf, startTraffic, type Legs, type SentSwap } from './traffic.ts';

export interface ProcessRunOptions {
  /** Stop killing after so many deaths. */
  readonly kills: number;
  readonly onProgress: (line: string) => void;
}

export interface ProcessRunResult {
  /** Deaths by SIGKILL at distinct points of distinct processes. */
  readonly kills: number;
  readonly killsOf: Readonly<Record<Who, number>>;
  /** Distinct ids among them. */
  readonly points: number;
  /** Deaths by what the process was about. */
  readonly phases: Readonly<Record<string, number>>;
  readonly swaps: number;
  readonly settled: number;
  /** By the way that a swap was meant to go: how its Fabric and its Ethereum leg ended. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly faults: readonly string[];
  readonly seconds: number;
}

const WHO = ['alice', 'bob', 'relayer'] as const;
/** So much longer than its last deadline a swap may take to end. */
const END_LIMIT_SEC = 120;
const AT_ONCE = 8;
const ATTEMPTS = 6;
/** From a deadline to the moment at which a party counts a swap that never began as over. */
const REFUND_SEC = 12;
/** Enough for all that are open at once. */
const NOTES = 45;

/**
 * Real agents and a real relayer on devnode and anvil, killed with SIGKILL at one crash point after the other while many
 * swaps of all kinds are under way; then everything is left to end, and both ledgers are read.
 */
export async function runOnProcesses(options: ProcessRunOptions): Promise<ProcessRunResult> {
  const startedMs = performance.now();
  const workDir = mkdtempSync(join(tmpdir(), 'midlock-crash-points-'));
  const rig = await startRig(workDir, { notes: NOTES });
  try {
    const before = await rig.books();
    const reader = await rig.openReader();
    const bornMs = performance.now();
    await (await rig.startRelayer()).process.stop();
    // A busy machine stretches everything alike.
    const startSec = Math.max(1, (performance.now() - bornMs) / 1000);
    options.onProgress(`a process starts in ${startSec.toFixed(1)} s; deadlines are set by that`);
    const pools = await pointsOf();
    const traffic = startTraffic(rig, reader, startSec);
    const supervisors = WHO.map((who) => supervise(rig, who, pools[who], startSec * 1000));
    const deaths = (): number => supervisors.reduce((sum, { died }) => sum + died.length, 0);
    let told = 0;
    while (deaths() < options.kills && supervisors.some(({ finished }) => !finished)) {
      await sleep(500);
      if (deaths() < told + 25) continue;
      told = deaths();
      options.onProgress(
        `${String(told)} deaths, ${String(traffic.sent.length)} swaps, ${elapsed(startedMs)} s`,
      );
    }
    await traffic.stop();
    await Promise.all(supervisors.map((each) => each.settle()));
    options.onProgress(`${String(deaths())} deaths; everybody is back and finishes`);
    const legs = await untilEnded(reader, traffic.sent, (each) => options.onProgress(each));
    await sleep(Math.max(5_000, 2_000 * startSec));
    for (const each of supervisors) await each.stop();
    const faults = [
      ...supervisors.flatMap(({ strange }) => strange),
      ...legs.flatMap(faultsOfLegs),
      ...(await faultsOfJournals(rig, traffic.sent, legs)),
      ...faultsOfBooks(before, await rig.books(), traffic.sent, legs),
    ];
    reader.close();
    return {
      kills: deaths(),
      killsOf: Object.fromEntries(
        WHO.map((who, index) => [who, supervisors[index]?.died.length ?? 0]),
      ) as Record<Who, number>,
      points: new Set(supervisors.flatMap(({ died }) => died.map((at) => at.split('#')[0]))).size,
      phases: countOf(
        WHO.flatMap((who, index) => supervisors[index]?.died.map((id) => phaseOf(who, id)) ?? []),
      ),
      swaps: traffic.sent.length,
      outcomes: countOf(
        legs.map(
          ({ fabric, ethereum }, index) =>
            `${traffic.sent[index]?.path ?? ''}: ${fabric}/${ethereum}`,
        ),
      ),
      settled: legs.filter(({ fabric }) => fabric === 'claimed').length,
      faults,
      seconds: Number(elapsed(startedMs)),
    };
  } finally {
    await rig.close();
    if (process.env['KEEP'] === undefined) rmSync(workDir, { recursive: true, force: true });
    else options.onProgress(workDir);
  }
}

/** The points that each process reaches on the models, at its first and at later passages, mixed. */
async function pointsOf(): Promise<Readonly<Record<Who, readonly string[]>>> {
  const reached: Record<Who, Set<string>> = {
    alice: new Set(),
    bob: new Set(),
    relayer: new Set(),
  };
  for (const scenario of SCENARIOS) {
    const { passed } = await runOnModels(scenario, []);
    for (const who of WHO) for (const id of passed[who]) reached[who].add(id);
  }
  for (const id of ['inbox.before', 'inbox.after', 'tell.before', 'tell.after']) {
    reached.alice.add(id);
    reached.bob.add(id);
  }
  for (const id of ['write.document.before', 'write.document.after']) reached.relayer.add(id);
  return {
    alice: mixed([...reached.alice]),
    bob: mixed([...reached.bob]),
    relayer: mixed([...reached.relayer]),
  };
}

/** First to third passages, far apart, so that lives of different length follow each other. */
function mixed(ids: readonly string[]): readonly string[] {
  const all = [1, 2, 3].flatMap((count) => ids.map((id) => `${id}#${String(count)}`));
  const step = 37;
  return all
    .map((_, index) => all[(index * step) % all.length] ?? '')
    .concat(all)
    .filter((point, index, list) => list.indexOf(point) === index);
}

/** A few at once, so that a busy node still answers in time; one that does not is asked again. */
async function allLegs(
  reader: Parameters<typeof legsOf>[0],
  sent: readonly SentSwap[],
): Promise<readonly Legs[]> {
  const found: Legs[] = [];
  for (let from = 0; from < sent.length; from += AT_ONCE) {
    const group = sent.slice(from, from + AT_ONCE);
    found.push(...(await Promise.all(group.map(({ terms }) => patiently(reader, terms)))));
  }
  return found;
}

async function patiently(
  reader: Parameters<typeof legsOf>[0],
  terms: SentSwap['terms'],
): Promise<Legs> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await legsOf(reader, terms);
    } catch (error) {
      if (attempt === ATTEMPTS || !isMidlockError(error, 'ENDPOINT_UNREACHABLE')) throw error;
      await sleep(1_000 * attempt);
    }
  }
}

/** Until no leg is locked and none can be any more, at most {@link END_LIMIT_SEC} after the last deadline. */
async function untilEnded(
  reader: Parameters<typeof legsOf>[0],
  sent: readonly SentSwap[],
  tell: (line: string) => void,
): Promise<readonly Legs[]> {
  const lastOf = ({ terms }: SentSwap): number =>
    Math.max(Number(terms.fabric.expiresAtSec), Number(terms.ethereum.expiresAtSec));
  const untilSec = Math.max(...sent.map(lastOf)) + END_LIMIT_SEC;
  for (let turn = 0; ; turn += 1) {
    const nowSec = Date.now() / 1000;
    const legs = await allLegs(reader, sent);
    const open = legs.filter(({ fabric, ethereum }, index) => {
      if (fabric === 'locked' || ethereum === 'locked') return true;
      const begun = fabric !== 'none' || ethereum !== 'none';
      return !begun && nowSec < lastOf(sent[index] as SentSwap) + REFUND_SEC;
    });
    if (open.length === 0 || nowSec > untilSec) return legs;
    if (turn % 15 === 0) tell(`${String(open.length)} swaps still open`);
    await sleep(1_000);
  }
}

function faultsOfLegs({ fabric, ethereum }: Legs): string[] {
  if (fabric === 'locked' || ethereum === 'locked') return [`still locked: ${fabric}/${ethereum}`];
  return (fabric === 'claimed') === (ethereum === 'claimed')
    ? []
    : [`one side has both: ${fabric}/${ethereum}`];
}

/** Every journal is whole, and every session is closed in the state that the ledgers show. */
async function faultsOfJournals(
  rig: ProcessRig,
  sent: readonly SentSwap[],
  legs: readonly Legs[],
): Promise<string[]> {
  const faults: string[] = [];
  for (const who of WHO) {
    const store = openSqliteStore(join(rig.folderOf(who), 'journal.db'));
    await store.verify().catch(() => faults.push(`${who}'s journal is damaged`));
    for (const [index, { terms, path }] of sent.entries()) {
      const stored = await store.load(swapIdOf(terms));
      const claimed = legs[index]?.fabric === 'claimed';
      if (stored === undefined) {
        if (who === 'alice' || (who === 'bob' && path !== 'refund'))
          faults.push(`${who} never took ${swapIdOf(terms)}`);
        continue;
      }
      const state = stateOf(stored.session);
      const fits = claimed ? state === 'settled' : state === 'refunded' || state === 'cancelled';
      if (stored.open || !fits)
        faults.push(
          `${who} has ${stored.open ? 'open ' : ''}${state} where claimed is ${String(claimed)}`,
        );
    }
    await store.close();
  }
  return faults;
}

/** Who gave what must have got the other thing, to the unit, in exactly the swaps that both ledgers show as claimed. */
function faultsOfBooks(
  before: Books,
  after: Books,
  sent: readonly SentSwap[],
  legs: readonly Legs[],
): string[] {
  const claimed = sent.filter((_, index) => legs[index]?.fabric === 'claimed');
  const net = claimed.reduce(
    (sum, { terms }) => sum + (terms.direction === 'fabric-first' ? 1n : -1n),
    0n,
  );
  const expected = {
    alice: { gold: before.alice.gold - net * GOLD, ether: before.alice.ether + net * ETHER },
    bob: { gold: before.bob.gold + net * GOLD, ether: before.bob.ether - net * ETHER },
  };
  const faults = (['alice', 'bob'] as const).flatMap((name) =>
    (['gold', 'ether'] as const)
      .filter((asset) => after[name][asset] !== expected[name][asset])
      .map(
        (asset) =>
          `${name} has ${String(after[name][asset])} ${asset}, not ${String(expected[name][asset])}`,
      ),
  );
  const { fabric, ethereum, assets } = after.conservation;
  if (!fabric || !ethereum) faults.push('conservation is broken');
  if (assets.some(({ locked }) => locked !== '0')) faults.push('Fabric still holds locked gold');
  return faults;
}

function countOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function elapsed(sinceMs: number): string {
  return ((performance.now() - sinceMs) / 1000).toFixed(0);
}
