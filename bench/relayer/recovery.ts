import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { acceptSwap, openSqliteStore, type LedgerPort, type TermsFile } from '@midlock/client';
import { CAROL, createRig, partyFor, testSigners, type Rig } from '@midlock/client/testing';
import type { SwapTerms } from '@midlock/protocol';
import { createRelayer } from '@midlock/relayer';
import { writeFullJournal } from './full-journal.ts';

/** Both ways of measuring at once: other load on the machine enters the clock and not the processor time. */
export interface Spent {
  readonly clockMs: number;
  readonly processorMs: number;
}

export interface Recovery {
  /** From opening the file until every open swap is in memory, the check of the whole journal included. */
  readonly recovered: Spent;
  /** From opening the file until a new swap, signed by both, is taken on and durable. */
  readonly firstNewSwap: Spent;
  /** Every row that recovery needs, read from the same file by SQLite alone. */
  readonly rawRead: Spent;
  readonly bytesEach: number;
}

/** A relayer that died with so many open swaps comes back. */
export async function recovery(swaps: number): Promise<Recovery> {
  const signers = [testSigners(0), testSigners(1)] as const;
  const rig = createRig({
    initiator: partyFor('a', signers[0]),
    responder: partyFor('b', signers[1]),
  });
  const folder = mkdtempSync(join(tmpdir(), 'midlock-bench-'));
  const path = join(folder, 'journal.db');
  const nowSec = rig.clock.nowMs() / 1000n;
  await writeFullJournal(path, rig, swaps, (index) => longTerms(rig, index + 1), nowSec);
  let file: TermsFile = { version: 1, terms: longTerms(rig, swaps + 1), acceptances: {} };
  const check = { profile: rig.profile, nowSec };
  for (const each of signers) file = await acceptSwap(file, each, check);
  const rawRead = await spent(() => {
    readRaw(path);
  });
  const before = heapNow();
  const [startedMs, started] = [performance.now(), process.cpuUsage()];
  const since = (): Spent => ({
    clockMs: performance.now() - startedMs,
    processorMs: processorMsSince(started),
  });
  const store = openSqliteStore(path);
  await store.verify();
  const relayer = createRelayer(
    { profile: rig.profile, tickMs: 1000, maxOpen: swaps + 1, maxBacklog: swaps },
    { store, clock: rig.clock, ...slowToAnswer(rig.ports(CAROL, store.nonces)) },
  );
  await relayer.start();
  const recovered = since();
  await relayer.watch(file);
  const firstNewSwap = since();
  if (relayer.open().length !== swaps + 1) throw new Error('not all open swaps were recovered');
  const bytesEach = Math.round((heapNow() - before) / swaps);
  await relayer.close();
  await store.close();
  rmSync(folder, { recursive: true, force: true });
  return { recovered, firstNewSwap, rawRead, bytesEach };
}

/** A day ahead, so that nothing falls due while it is measured. */
function longTerms(rig: Rig, nonce: number): SwapTerms {
  const terms = rig.terms('fabric-first', nonce);
  const later = <L extends { readonly expiresAtSec: bigint }>(leg: L): L => ({
    ...leg,
    expiresAtSec: leg.expiresAtSec + 86_400n,
  });
  return { ...terms, fabric: later(terms.fabric), ethereum: later(terms.ethereum) };
}

/** Claims that are under way stay so: what a ledger does with them is not measured. */
function slowToAnswer(ports: { readonly fabric: LedgerPort; readonly ethereum: LedgerPort }): {
  readonly fabric: LedgerPort;
  readonly ethereum: LedgerPort;
} {
  return {
    ...ports,
    fabric: {
      ...ports.fabric,
      submit: () => Promise.resolve(),
      outcome: () => Promise.resolve({ kind: 'pending' }),
    },
  };
}

function readRaw(path: string): void {
  const database = new DatabaseSync(path, { readOnly: true });
  for (const table of ['sessions', 'journal', 'effects', 'signed', 'secrets', 'marks', 'lanes'])
    database.prepare(`SELECT * FROM ${table}`).all();
  database.close();
}

async function spent(work: () => void | Promise<void>): Promise<Spent> {
  const [startedMs, started] = [performance.now(), process.cpuUsage()];
  await work();
  return { clockMs: performance.now() - startedMs, processorMs: processorMsSince(started) };
}

export function processorMsSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started);
  return (user + system) / 1000;
}

/** The heap after a full garbage collection, which this process was not started to be able to ask for. */
function heapNow(): number {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
  return process.memoryUsage().heapUsed;
}
