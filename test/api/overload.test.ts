import { stateOf, type LedgerPort } from '@midlock/client';
import { createKillable, type Rig } from '@midlock/client/testing';
import { swapIdOf, type Hex32, type LedgerIntent } from '@midlock/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { ANNA, BEN, startStage, type Stage, type StageOptions } from './stage.ts';

const stages: Stage[] = [];
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

async function open(options: StageOptions): Promise<Stage> {
  const stage = await startStage(options);
  stages.push(stage);
  return stage;
}

interface Answer {
  readonly status: number;
  readonly swapId: Hex32;
}

/** Posts so many swaps at once. */
async function flood(stage: Stage, count: number): Promise<Answer[]> {
  const files = await Promise.all(
    Array.from({ length: count }, (_, index) => stage.file(index + 1)),
  );
  return Promise.all(
    files.map(async (file, index): Promise<Answer> => {
      const answer = await stage.take(file, { 'idempotency-key': `flood-${String(index)}` });
      if (answer.status >= 400) {
        expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
        expect(await answer.json()).toMatchObject({ code: 'OVERLOADED', retry: 'safe' });
      }
      return { status: answer.status, swapId: swapIdOf(file.terms) };
    }),
  );
}

/** What stands in the store of the swaps of which the caller was told so. */
async function tracesOf({ store }: Stage, answers: readonly Answer[]): Promise<string[]> {
  const journal = await store.journal({ afterSeq: 0, limit: 10_000 });
  const traces: string[] = [];
  for (const [index, { swapId }] of answers.entries()) {
    const key = `/api/v1/swaps  flood-${String(index)}`;
    if ((await store.load(swapId)) !== undefined) traces.push('stored');
    if (journal.some((row) => row.swapId === swapId)) traces.push('journal');
    if ((await store.document('idempotency', key)) !== undefined) traces.push('key');
  }
  return traces;
}

describe('more work than the relayer takes', () => {
  it('what was accepted is there, and what was refused left no trace', async () => {
    const stage = await open({ daemon: { maxOpen: 5 } });
    const answers = await flood(stage, 20);
    const [accepted, refused] = [201, 503].map((status) =>
      answers.filter((one) => one.status === status),
    );
    expect([accepted?.length, refused?.length]).toEqual([5, 15]);
    expect(stage.daemon.relayer.open().length).toBe(5);
    for (const answer of accepted ?? [])
      expect((await stage.store.load(answer.swapId))?.open).toBe(true);
    const keys = answers.map((answer) =>
      answer.status === 201 ? { ...answer, swapId: '0x' as Hex32 } : answer,
    );
    expect((await tracesOf(stage, keys)).sort()).toEqual(Array(5).fill('key'));
    // One that was refused is taken when there is room again.
    const small = await open({ daemon: { maxOpen: 6 }, rig: stage.rig, store: stage.store });
    const again = await small.take(
      await small.file(1 + answers.findIndex(({ status }) => status === 503)),
    );
    expect(again.status).toBe(201);
  });

  it('a ledger that answers nothing shows in the metrics and closes the door, until it answers', async () => {
    const gate = createGate(['prepare']);
    const stage = await open({ daemon: { maxBacklog: 3 }, over: gate.over });
    const before = await pressureOf(stage);
    expect(before).toEqual({ fabric: 0, ethereum: 0 });
    const abandoned = await lockAndLeave(stage.rig, 3);
    await seconds(stage.rig, 60);
    // All three locks are due to be given back, and Fabric takes nothing.
    expect(await pressureOf(stage)).toEqual({ fabric: 3, ethereum: 0 });
    const refused = await stage.take(await stage.file(50));
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    gate.release();
    await seconds(stage.rig, 20);
    expect(await pressureOf(stage)).toEqual({ fabric: 0, ethereum: 0 });
    for (const swapId of abandoned) expect((await stage.store.load(swapId))?.open).toBe(false);
    expect((await stage.take(await stage.file(50))).status).toBe(201);
  });

  it('the answer to a new swap does not wait for a ledger', async () => {
    const gate = createGate(['leg']);
    const stage = await open({ over: gate.over });
    expect((await stage.take(await stage.file(1))).status).toBe(201);
    gate.release();
  });
});

describe('a swap near its deadline', () => {
  it('is served before all others, while new ones are refused and the ledger leaves calls unanswered', async () => {
    const gate = createGate(['prepare'], 'refund');
    const stage = await open({ daemon: { concurrency: 2, maxBacklog: 3 }, over: gate.over });
    const { rig, store } = stage;
    const late = await lockAndLeave(rig, 3);
    // So late that the deadlines of these refunds come before the one of the claim that follows.
    await seconds(rig, 200);
    expect(await pressureOf(stage)).toEqual({ fabric: 3, ethereum: 0 });
    const terms = rig.terms('fabric-first', 1);
    const swapId = swapIdOf(terms);
    const [anna, ben] = [createKillable(rig, ANNA), createKillable(rig, BEN)];
    for (const agent of [anna, ben]) {
      await agent.start();
      await agent.take(terms);
    }
    while (rig.ethereum.locksOf(swapId).length === 0) await rig.second();
    ben.kill();
    expect((await stage.take(await stage.file(50))).status).toBe(503);
    await seconds(rig, 60);
    const stored = await store.load(swapId);
    expect(stored === undefined ? 'unknown' : stateOf(stored.session)).toBe('settled');
    for (const other of late) expect((await store.load(other))?.open).toBe(true);
    anna.kill();
    gate.release();
  });
});

async function pressureOf({ operationsUrl }: Stage): Promise<Record<string, number>> {
  const text = await (await fetch(`${operationsUrl}/metrics`)).text();
  const found = [...text.matchAll(/^midlock_backpressure\{chain="(\w+)"\} (\d+)$/gm)];
  return Object.fromEntries(
    found.map(([, chain = '', value]): [string, number] => [chain, Number(value)]),
  );
}

async function seconds(rig: Rig, count: number): Promise<void> {
  for (let second = 0; second < count; second += 1) await rig.second();
}

/** Locks on Fabric by a party that is not seen again. */
async function lockAndLeave(rig: Rig, count: number): Promise<Hex32[]> {
  const agent = createKillable(rig, ANNA);
  await agent.start();
  const all = Array.from({ length: count }, (_, index) => rig.terms('fabric-first', 100 + index));
  for (const terms of all) await agent.take(terms);
  await seconds(rig, 3);
  agent.kill();
  return all.map((terms) => swapIdOf(terms));
}

/** A ledger that answers some calls, all of them or those of some actions, only once it is released. */
function createGate(
  calls: readonly ('prepare' | 'leg')[],
  action?: LedgerIntent['action'],
): { readonly over: (port: LedgerPort) => LedgerPort; release(): void } {
  let release: () => void = () => undefined;
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    release: () => {
      release();
    },
    over: (port) => ({
      ...port,
      prepare: async (intent, options) => {
        if (calls.includes('prepare') && intent.action === (action ?? intent.action))
          await released;
        return port.prepare(intent, options);
      },
      leg: async (terms) => {
        if (calls.includes('leg')) await released;
        return port.leg(terms);
      },
    }),
  };
}
