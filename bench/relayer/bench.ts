import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore, stateOf, type SqliteStore } from '@midlock/client';
import { ALICE, BOB, CAROL, createKillable, createRig, type Rig } from '@midlock/client/testing';
import { swapIdOf } from '@midlock/protocol';
import { createRelayer, type Relayer } from '@midlock/relayer';
import type { BenchOptions, Row } from '../row.ts';
import { processorMsSince, recovery, type Spent } from './recovery.ts';

/** Throughput against simulated ledgers, recovery of many open swaps, and memory for each of them. */
export async function run({ quick, progress }: BenchOptions): Promise<Row[]> {
  const [few, many] = quick ? [10, 1_000] : [20, 10_000];
  progress(`${String(few)} swaps from lock to settlement`);
  const perSecond = await throughput(few);
  progress(`${String(many)} open swaps recovered`);
  const { recovered, firstNewSwap, rawRead, bytesEach } = await recovery(many);
  return [
    { ...NO_COMPARISON, name: 'swaps settled', unit: 'swaps/s of processor', value: perSecond },
    ...spentRows(`${String(many)} open swaps in memory again`, recovered, rawRead),
    ...spentRows('a new swap taken on after that start', firstNewSwap, rawRead),
    {
      ...NO_COMPARISON,
      name: 'the same, against the goal',
      unit: 'ms by the clock',
      value: firstNewSwap.clockMs,
      limit: { value: 2_000, how: 'goal for 10,000' },
      ratio: firstNewSwap.clockMs / 2_000,
    },
    { ...NO_COMPARISON, name: 'memory of an open swap', unit: 'bytes', value: bytesEach },
  ];
}

/** What was spent, by the clock and of the processor, beside SQLite reading the same rows. */
function spentRows(name: string, spent: Spent, raw: Spent): Row[] {
  return (
    [
      ['ms by the clock', 'clockMs'],
      ['ms of processor', 'processorMs'],
    ] as const
  ).map(([unit, of]) => ({
    name,
    unit,
    value: spent[of],
    reference: null,
    limit: { value: raw[of], how: 'SQLite reads the same rows' },
    ratio: spent[of] / raw[of],
  }));
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
  const elapsedMs = processorMsSince(started);
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

function relayerOn(rig: Rig, store: SqliteStore): Relayer {
  return createRelayer(
    { profile: rig.profile, tickMs: 1000 },
    { store, clock: rig.clock, ...rig.ports(CAROL, store.nonces) },
  );
}
