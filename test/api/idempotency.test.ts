import { createMemoryStore, termsFileToJson, type Store } from '@midlock/client';
import { formatAccount, swapIdOf } from '@midlock/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { startStage, type Stage, type StageOptions } from './stage.ts';

const stages: Stage[] = [];
afterEach(async () => {
  for (const stage of stages.splice(0)) await stage.close();
});

async function open(options: StageOptions): Promise<Stage> {
  const stage = await startStage(options);
  stages.push(stage);
  return stage;
}

/** A store of which one write fails, before or after it was done, as a process that dies there leaves it. */
function dyingStore(store: Store, at: number, done: boolean): Store {
  let writes = 0;
  const die = async <T>(work: () => Promise<T>): Promise<T> => {
    writes += 1;
    if (writes > at) throw new Error('died');
    if (writes === at && !done) throw new Error('died');
    const result = await work();
    if (writes === at) throw new Error('died');
    return result;
  };
  return {
    ...store,
    putDocument: (...all) => die(() => store.putDocument(...all)),
    commit: (change, written) =>
      change.journal.some(({ kind }) => kind === 'taken')
        ? die(() => store.commit(change, written))
        : store.commit(change, written),
  };
}

async function lettersOf(stage: Stage, account: string): Promise<number> {
  const answer = await stage.get(`/api/v1/mailbox?account=${encodeURIComponent(account)}`);
  return ((await answer.json()) as { items: unknown[] }).items.length;
}

describe('one key, one effect', () => {
  it('however many ask at once', async () => {
    const stage = await open({});
    const file = await stage.file(1);
    const headers = { 'idempotency-key': 'k' };
    const answers = await Promise.all(Array.from({ length: 20 }, () => stage.take(file, headers)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array<number>(19).fill(200), 201]);
    const other = await stage.take(await stage.file(2), headers);
    expect(other.status).toBe(409);
    const body = termsFileToJson(file);
    const letters = await Promise.all(
      Array.from({ length: 10 }, () => stage.post('/api/v1/mailbox', body, headers)),
    );
    expect(letters.map(({ status }) => status)).toEqual(Array(10).fill(201));
    expect(await lettersOf(stage, formatAccount(file.terms.fabric.owner))).toBe(1);
  });

  it('of two that ask at once with different requests one is refused', async () => {
    const stage = await open({});
    const files = [await stage.file(1), await stage.file(2)];
    const headers = { 'idempotency-key': 'k' };
    const answers = await Promise.all(files.map((file) => stage.take(file, headers)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect(stage.daemon.relayer.open().length).toBe(1);
  });

  it('a refusal for overload uses up no key', async () => {
    const stage = await open({ daemon: { maxOpen: 1 } });
    const headers = { 'idempotency-key': 'k' };
    expect((await stage.take(await stage.file(1))).status).toBe(201);
    const refused = await stage.file(2);
    expect((await stage.take(refused, headers)).status).toBe(503);
    expect((await stage.take(refused, headers)).status).toBe(503);
    expect((await stage.take(await stage.file(1), headers)).status).toBe(200);
  });

  it.each(
    ['/api/v1/swaps', '/api/v1/mailbox'].flatMap((path) =>
      [1, 2, 3].flatMap((at) => [false, true].map((done) => ({ path, at, done }))),
    ),
  )('across a death at write $at of $path (done: $done)', async ({ path, at, done }) => {
    const store = createMemoryStore();
    const first = await startStage({ store: dyingStore(store, at, done) });
    const file = await first.file(1);
    const headers = { 'idempotency-key': 'k' };
    await first.post(path, termsFileToJson(file), headers);
    await first.close();
    const second = await open({ store, rig: first.rig });
    const answer = await second.post(path, termsFileToJson(file), headers);
    expect([200, 201]).toContain(answer.status);
    if (path === '/api/v1/swaps') {
      expect(second.daemon.relayer.open().map(({ swapId }) => swapId)).toEqual([
        swapIdOf(file.terms),
      ]);
      const journal = await store.journal({ afterSeq: 0, limit: 100 });
      expect(journal.filter(({ kind }) => kind === 'taken').length).toBe(1);
    } else
      for (const account of [file.terms.fabric.owner, file.terms.fabric.beneficiary])
        expect(await lettersOf(second, formatAccount(account))).toBe(1);
    const other = await second.post(path, termsFileToJson(await second.file(2)), headers);
    expect(other.status).toBe(409);
  });
});
