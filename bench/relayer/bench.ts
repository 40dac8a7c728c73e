import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  openSession,
  openSqliteStore,
  stateOf,
  type Session,
  type SqliteStore,
} from '@midlock/client';
import { ALICE, BOB, CAROL, createKillable, createRig, type Rig } from '@midlock/client/testing';
import { swapIdOf } from '@midlock/protocol';
import { createRelayer, type Relayer } from '@midlock/relayer';
import type { BenchOptions, Row } from '../row.ts';

/** Throughput against simulated ledgers, recovery of many open swaps, and memory for each of them. */
export async function run({ quick, progress }: BenchOptions): Promise<Row[]> {
  const [few, many] = quick ? [10, 1_000] : [20, 10_000];
  progress(`${String(few)} swaps from lock to settlement`);
  const perSecond = await throughput(few);
  progress(`${String(many)} open swaps recovered`);
  const { recoveryMs, processorMs, bytesEach } = await recovery(many);
  return [
    { ...NO_COMPARISON, name: 'swaps settled', unit: 'swaps/s of processor', value: perSecond },
    {
      ...NO_COMPARISON,
      name: `recovery of ${String(many)} open swaps`,
      unit: 'ms',
      value: recoveryMs,
      limit: { value: 2_000, how: 'goal for 10,000' },
      ratio: recoveryMs / 2_000,
    },
    {
      ...NO_COMPARISON,
      name: 'processor time of that recovery',
      unit: 'ms',
      value: processorMs,
    },
    { ...NO_COMPARISON, name: 'memory of an open swap', unit: 'bytes', value: bytesEach },
  ];
}

const NO_COMPARISON = { reference: null, limit: null, ratio: null } as const;

/** Both agents and the relayer run in this process on the ledger models; the chains' own waiting costs nothing. */
async function throughput(swaps: number): Promise<number> {
  const rig = createRig();
  const agents = [createKillable(rig, ALICE), createKillable(rig, BOB)];
  const folder = mkdtempSync(join(tmpdir(), 'midlock-bench-'));
  const store = openSqliteStore(join(folder, 'journal.db'));
  const relayer = relayerOn(rig, store);
  await relayer.start();
  for (const agent of agents) await agent.start();
  const terms = Array.from({ length: swaps }, (_, index) =>
    rig.terms(index % 2 === 0 ? 'fabric-first' : 'ethereum-first', index + 1),
  );
  const started = process.cpuUsage();
  for (const agent of agents) for (const each of terms) await agent.take(each);
  const open = async (): Promise<number> => {
    const stored = await Promise.all(terms.map((each) => store.load(swapIdOf(each))));
    return stored.filter((entry) => entry?.open !== false).length;
  };
  for (let second = 0; second < 90 && (await open()) > 0; second += 1) await rig.second();
  const elapsedMs = cpuMsSince(started);
  const states = await Promise.all(terms.map((each) => store.load(swapIdOf(each))));
  const settled = states.filter(
    (entry) => entry !== undefined && stateOf(entry.session) === 'settled',
  );
  await relayer.close();
  for (const agent of agents) agent.kill();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  return settled.length / (elapsedMs / 1000);
}

interface Recovery {
  readonly recoveryMs: number;
  readonly processorMs: number;
  readonly bytesEach: number;
}

/** From opening the file to the moment at which new work is accepted, the check of the whole journal included. */
async function recovery(swaps: number): Promise<Recovery> {
  const rig = createRig();
  const folder = mkdtempSync(join(tmpdir(), 'midlock-bench-'));
  const path = join(folder, 'journal.db');
  await fillWithOpenSwaps(path, rig, swaps);
  const before = memoryNow();
  const [startedMs, started] = [performance.now(), process.cpuUsage()];
  const store = openSqliteStore(path);
  await store.verify();
  const relayer = relayerOn(rig, store);
  await relayer.start();
  const [recoveryMs, processorMs] = [performance.now() - startedMs, cpuMsSince(started)];
  if (relayer.open().length !== swaps) throw new Error('not all open swaps were recovered');
  const bytesEach = Math.round((memoryNow() - before) / swaps);
  await relayer.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  return { recoveryMs, processorMs, bytesEach };
}

/** A journal with so many open swaps, as a relayer leaves it. */
export async function fillWithOpenSwaps(path: string, rig: Rig, swaps: number): Promise<void> {
  const store = openSqliteStore(path);
  const epoch = await store.acquireEpoch();
  for (let from = 0; from < swaps; from += 500) {
    const sessions = Array.from({ length: Math.min(500, swaps - from) }, (_, index): Session =>
      openSession({
        terms: rig.terms('fabric-first', from + index + 1),
        role: 'relayer',
        profile: rig.profile,
        nowSec: rig.clock.nowMs() / 1000n,
        accepted: true,
      }),
    );
    await store.commit({
      epoch,
      sessions: sessions.map((session) => ({ session, expectedVersion: 0, open: true })),
      journal: sessions.map(({ swapId }) => ({ atMs: 1n, swapId, kind: 'taken', data: {} })),
    });
  }
  await store.close();
}

function relayerOn(rig: Rig, store: SqliteStore): Relayer {
  return createRelayer(
    { profile: rig.profile, tickMs: 1000 },
    { store, clock: rig.clock, ...rig.ports(CAROL, store.nonces) },
  );
}

/** Processor time of this process, so that a busy machine does not enter the figure. */
function cpuMsSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

function memoryNow(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}
