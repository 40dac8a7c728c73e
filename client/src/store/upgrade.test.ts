import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { parseAddress } from '@midlock/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { openSqliteStore, type SqliteStore } from './sqlite-store.ts';

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

/** A journal as a program of that schema left it: two swaps, each with an effect, signed bytes, a nonce and a secret. */
function fixture(version: 1, change = ''): string {
  const folder = mkdtempSync(join(tmpdir(), 'midlock-upgrade-'));
  folders.push(folder);
  const path = join(folder, 'journal.db');
  const database = new DatabaseSync(path);
  database.exec(
    readFileSync(new URL(`testing/journal-v${String(version)}.sql`, import.meta.url), 'utf8'),
  );
  if (change !== '') database.exec(change);
  database.close();
  return path;
}

describe('a journal of schema 1', () => {
  it('is upgraded at the first start, with everything that it holds', async () => {
    const path = fixture(1);
    for (let start = 1; start <= 2; start += 1) {
      const store = openSqliteStore(path);
      await store.verify();
      const sessions = await store.list({ limit: 10 });
      expect(sessions.map(({ session }) => session.terms.direction)).toEqual([
        'fabric-first',
        'ethereum-first',
      ]);
      const effects = await store.dueEffects(10);
      expect(effects.map(({ signed }) => signed.map(({ txId }) => txId)).sort()).toEqual([
        ['0x01'],
        ['0x02'],
      ]);
      expect((await store.mark('fabric'))?.cursor?.height).toBe(7n);
      expect(await store.document('mail', 'a 1')).toBe('letter');
      const account = parseAddress(`0x${'a'.repeat(40)}`, 'account');
      expect((await store.nonces.load(account)).map(({ nonce }) => nonce)).toEqual([1n, 2n]);
      const lock = sessions[0]?.session.terms.hashLock;
      expect(lock && (await store.secret(lock))).toEqual(new Uint8Array(32).fill(1));
      expect(await store.isRestored()).toBe(false);
      await store.close();
    }
    const database = new DatabaseSync(path);
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 });
    database.close();
  });

  it('that was damaged before is found out at the upgrade', async () => {
    const store = openSqliteStore(fixture(1, "UPDATE journal SET kind = 'forged' WHERE seq = 1"));
    await expect(store.verify()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await store.close();
  });

  it('that has lost a session is found out', async () => {
    const store = openSqliteStore(fixture(1, 'DELETE FROM sessions WHERE seq = 2'));
    await expect(store.verify()).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await store.close();
  });

  const account = parseAddress(`0x${'a'.repeat(40)}`, 'account');
  it.each<[string, string, (store: SqliteStore) => Promise<unknown>]>([
    ['a nonce', "UPDATE lanes SET text = 'null'", (store) => store.nonces.load(account)],
    ['an orphan nonce', "UPDATE lanes SET text = '{}'", (store) => store.dropOrphanNonces()],
    [
      'bytes of a nonce',
      `UPDATE lanes SET text = '{"nonce":{"#n":"1"},"sent":true,"createdAtMs":{"#n":"0"},"signed":[{}]}'`,
      (store) => store.nonces.load(account),
    ],
    ['an effect', "UPDATE effects SET text = '5'", (store) => store.dueEffects(9)],
    ['a transaction', "UPDATE signed SET nonce = 'x'", (store) => store.dueEffects(9)],
    ['a mark', "UPDATE marks SET text = '{}'", (store) => store.mark('fabric')],
    ['the lease', "UPDATE lease SET epoch = 'x'", (store) => store.acquireEpoch()],
  ])('whose sums came after the damage to %s refuses what cannot be', async (_what, sql, read) => {
    const store = openSqliteStore(fixture(1, sql));
    await store.verify();
    await expect(read(store)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    await store.close();
  });
});
