import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseAddress, parseHex32, type SignedTransaction } from '@midlock/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import type { SendEffect } from '../core/events.ts';
import { openSession, type Session } from '../core/session.ts';
import { createRig } from '../testing/rig.ts';
import { createMemoryStore } from './memory-store.ts';
import type { Store, StoreCommit } from './port.ts';
import { openSqliteStore } from './sqlite-store.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function freshPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'midlock-store-'));
  folders.push(folder);
  return join(folder, 'data', 'journal.db');
}

const rig = createRig();
const sessionOf = (number: number): Session =>
  openSession({
    terms: rig.terms(number % 2 === 0 ? 'fabric-first' : 'ethereum-first', number),
    role: 'responder',
    profile: rig.profile,
    nowSec: 5n,
    accepted: true,
  });
const account = parseAddress(`0x${'a'.repeat(40)}`, 'account');

function effectOf({ swapId }: Session, urgentBySec: bigint): SendEffect {
  return {
    kind: 'send',
    key: `${swapId}/ethereum/lock/1`,
    swapId,
    ledger: 'ethereum',
    action: 'lock',
    urgentBySec,
  };
}

function transaction(txId: string, nonce: bigint): SignedTransaction {
  return { ledger: 'ethereum', txId, bytes: Uint8Array.of(1, 2, 3), lane: { account, nonce } };
}

async function put(
  store: Store,
  epoch: bigint,
  session: Session,
  more: Partial<StoreCommit> = {},
): Promise<void> {
  const known = await store.load(session.swapId);
  await store.commit({
    epoch,
    sessions: [{ session, expectedVersion: known?.version ?? 0, open: true }],
    journal: [{ atMs: 1n, swapId: session.swapId, kind: 'test', data: { a: '1' } }],
    ...more,
  });
}

describe.each([
  ['memory', () => createMemoryStore()],
  ['sqlite', () => openSqliteStore(freshPath())],
] as const)('%s store', (_name, make) => {
  it('gives back what was committed, types included', async () => {
    const store = make();
    const epoch = await store.acquireEpoch();
    const session = { ...sessionOf(1), secretSeenAtSec: 77n };
    await put(store, epoch, session);
    expect(await store.load(session.swapId)).toEqual({ session, version: 1, open: true, seq: 1 });
    await store.close();
  });

  it('refuses a stale version and changes nothing', async () => {
    const store = make();
    const epoch = await store.acquireEpoch();
    const session = sessionOf(1);
    await put(store, epoch, session);
    const stale: StoreCommit = {
      epoch,
      sessions: [{ session, expectedVersion: 0, open: true }],
      opened: [effectOf(session, 1n)],
      journal: [],
    };
    await expect(store.commit(stale)).rejects.toMatchObject({ code: 'STORE_VERSION' });
    expect(await store.dueEffects(10)).toEqual([]);
    await store.verify();
    await store.close();
  });

  it('fences off a writer whose lease was taken over', async () => {
    const store = make();
    const before = await store.acquireEpoch();
    const after = await store.acquireEpoch();
    expect(after).toBeGreaterThan(before);
    await expect(put(store, before, sessionOf(1))).rejects.toMatchObject({ code: 'STORE_VERSION' });
    await put(store, after, sessionOf(1));
    await store.close();
  });

  it('keeps effects with their bytes, the most urgent first, until they are closed', async () => {
    const store = make();
    const epoch = await store.acquireEpoch();
    const [late, soon] = [sessionOf(1), sessionOf(2)];
    await put(store, epoch, late, { opened: [effectOf(late, 10_000_000_000n)] });
    await put(store, epoch, soon, { opened: [effectOf(soon, 9n)] });
    const first = transaction('0x01', 4n);
    const second = transaction('0x02', 4n);
    await store.commit({
      epoch,
      signed: [{ key: effectOf(soon, 9n).key, transaction: first }],
      journal: [],
    });
    await store.commit({
      epoch,
      signed: [{ key: effectOf(soon, 9n).key, transaction: second }],
      journal: [],
    });
    const due = await store.dueEffects(10);
    expect(due.map(({ effect }) => effect.swapId)).toEqual([soon.swapId, late.swapId]);
    expect(due[0]?.signed).toEqual([first, second]);
    expect((await store.dueEffects(1)).length).toBe(1);
    await store.commit({ epoch, closed: [effectOf(soon, 9n).key], journal: [] });
    expect((await store.dueEffects(10)).map(({ effect }) => effect.swapId)).toEqual([late.swapId]);
    await store.close();
  });

  it('refuses a nonce that belongs to another open effect, and bytes without an effect', async () => {
    const store = make();
    const epoch = await store.acquireEpoch();
    const [a, b] = [sessionOf(1), sessionOf(2)];
    await put(store, epoch, a, { opened: [effectOf(a, 1n)] });
    await put(store, epoch, b, { opened: [effectOf(b, 2n)] });
    await store.commit({
      epoch,
      signed: [{ key: effectOf(a, 1n).key, transaction: transaction('0x01', 0n) }],
      journal: [],
    });
    const taken = store.commit({
      epoch,
      signed: [{ key: effectOf(b, 2n).key, transaction: transaction('0x02', 0n) }],
      journal: [],
    });
    await expect(taken).rejects.toMatchObject({ code: 'INTERNAL' });
    const nowhere = store.commit({
      epoch,
      signed: [{ key: 'none', transaction: transaction('0x03', 1n) }],
      journal: [],
    });
    await expect(nowhere).rejects.toMatchObject({ code: 'INTERNAL' });
    await store.close();
  });

  it('lists by page and filter', async () => {
    const store = make();
    const epoch = await store.acquireEpoch();
    for (let number = 1; number <= 5; number += 1) await put(store, epoch, sessionOf(number));
    const done = await store.load(sessionOf(3).swapId);
    await store.commit({
      epoch,
      sessions: [{ session: sessionOf(3), expectedVersion: done?.version ?? 0, open: false }],
      journal: [],
    });
    const seqs = async (filter: Parameters<Store['list']>[0]): Promise<number[]> =>
      (await store.list(filter)).map(({ seq }) => seq);
    expect(await seqs({ limit: 2 })).toEqual([1, 2]);
    expect(await seqs({ limit: 10, afterSeq: 3 })).toEqual([4, 5]);
    expect(await seqs({ limit: 10, open: false })).toEqual([3]);
    expect(await seqs({ limit: 10, direction: 'fabric-first' })).toEqual([2, 4]);
    expect(await seqs({ limit: 10, state: 'settled' })).toEqual([]);
    expect(await store.swapOfHashLock(sessionOf(4).terms.hashLock)).toBe(sessionOf(4).swapId);
    await store.close();
  });

  it('keeps secrets, marks, nonces and documents', async () => {
    const store = make();
    const epoch = await store.acquireEpoch();
    const hashLock = parseHex32(`0x${'1'.repeat(64)}`, 'h');
    const mark = { cursor: { height: 7n, hash: 'x' }, finalizedHeight: 7n, halted: false };
    await store.commit({
      epoch,
      secrets: [{ hashLock, secret: new Uint8Array(32).fill(9) }],
      mark: { ledger: 'fabric', mark },
      journal: [],
    });
    expect(await store.secret(hashLock)).toEqual(new Uint8Array(32).fill(9));
    expect(await store.mark('fabric')).toEqual(mark);
    expect(await store.mark('ethereum')).toBeUndefined();
    for (const key of ['a 1', 'a 2', 'b 1', 'a 3'])
      await store.putDocument('mail', key, key.toUpperCase(), 3);
    expect(await store.document('mail', 'a 1')).toBeUndefined();
    expect(await store.documents('mail', 'a ', 10)).toEqual([
      { key: 'a 2', text: 'A 2' },
      { key: 'a 3', text: 'A 3' },
    ]);
    await store.dropDocuments('mail', ['a 2', 'nothing']);
    await store.dropDocuments('other', ['a 3']);
    expect((await store.documents('mail', '', 10)).map(({ key }) => key)).not.toContain('a 2');
    expect(await store.document('mail', 'a 3')).toBe('A 3');
    await store.close();
  });

  it('gives back nonces whose bytes died with the process, and no others', async () => {
    const store = make();
    const epoch = await store.acquireEpoch();
    const session = sessionOf(1);
    await put(store, epoch, session, { opened: [effectOf(session, 1n)] });
    await store.commit({
      epoch,
      signed: [{ key: effectOf(session, 1n).key, transaction: transaction('0xkept', 1n) }],
      journal: [],
    });
    const entry = (nonce: bigint, txId: string, sent: boolean) => ({
      nonce,
      sent,
      createdAtMs: 0n,
      signed: [{ txId, bytes: Uint8Array.of(1) }],
    });
    for (const [nonce, txId, sent] of [
      [0n, '0xsent', true],
      [1n, '0xkept', false],
      [10n, '0xorphan', false],
    ] as const)
      await store.nonces.put(account, entry(nonce, txId, sent));
    expect(await store.dropOrphanNonces()).toBe(1);
    expect((await store.nonces.load(account)).map(({ nonce }) => nonce)).toEqual([0n, 1n]);
    await store.close();
  });

  it('chains the journal and pages it by swap', async () => {
    const store = make();
    const epoch = await store.acquireEpoch();
    for (const number of [1, 2, 1, 2, 1])
      await put(store, epoch, { ...sessionOf(number), abandoned: number === 1 });
    const rows = await store.journal({ afterSeq: 0, limit: 100 });
    expect(rows.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
    expect(new Set(rows.map(({ hash }) => hash)).size).toBe(5);
    expect(
      (await store.journal({ afterSeq: 1, limit: 1, swapId: sessionOf(1).swapId })).map(
        ({ seq }) => seq,
      ),
    ).toEqual([3]);
    await store.verify();
    await store.close();
  });
});

describe('the SQLite file', () => {
  async function filled(path: string): Promise<void> {
    const store = openSqliteStore(path);
    const epoch = await store.acquireEpoch();
    await put(store, epoch, sessionOf(1));
    await put(store, epoch, sessionOf(2));
    await store.close();
  }

  it('is readable by its owner alone', async () => {
    const path = freshPath();
    await filled(path);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it.each([
    [
      'a changed session',
      'UPDATE sessions SET text = replace(text, \'"abandoned":false\', \'"abandoned":true\') WHERE seq = 1',
    ],
    ['a changed line', "UPDATE journal SET kind = 'forged' WHERE seq = 1"],
    ['a missing line', 'DELETE FROM journal WHERE seq = 1'],
    ['a session without a journal', 'DELETE FROM journal WHERE seq = 2'],
  ])('%s is found', async (_name, tamper) => {
    const path = freshPath();
    await filled(path);
    const database = new DatabaseSync(path);
    database.exec(tamper);
    database.close();
    const store = openSqliteStore(path);
    await expect(store.verify()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await store.close();
  });

  it('of a newer program is refused, and so is a file that is no database', async () => {
    const path = freshPath();
    await filled(path);
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    expect(() => openSqliteStore(path)).toThrow(/STORE_VERSION/);
    const other = join(path, '..', 'other.db');
    writeFileSync(
      other,
      'this is no database at all, but long enough to be looked at as one'.repeat(40),
    );
    expect(() => openSqliteStore(other)).toThrow(/STORE_CORRUPT/);
  });

  it('is copied while it is written', async () => {
    const path = freshPath();
    const store = openSqliteStore(path);
    const epoch = await store.acquireEpoch();
    await put(store, epoch, sessionOf(1));
    await store.backup(`${path}.copy`);
    await put(store, epoch, sessionOf(2));
    const copy = openSqliteStore(`${path}.copy`);
    await copy.verify();
    expect((await copy.list({ limit: 10 })).length).toBe(1);
    await copy.close();
    await store.close();
  });

  it('in a folder that cannot be made is STORE_UNWRITABLE', () => {
    const folder = mkdtempSync(join(tmpdir(), 'midlock-store-'));
    folders.push(folder);
    writeFileSync(join(folder, 'file'), '');
    expect(() => openSqliteStore(join(folder, 'file', 'journal.db'))).toThrow(/STORE_UNWRITABLE/);
  });
});
