import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync, type SQLInputValue } from 'node:sqlite';
import { openSession } from '../../../client/src/core/session.ts';
import { openSqliteStore } from '../../../client/src/store/sqlite-store.ts';
import { createRig } from '@midlock/client/testing';
import { scratchFolder } from '../targets/input-file.ts';

/** Journals as programs of each schema left them, as bytes. */
export interface StoreFile {
  readonly schema: number;
  readonly bytes: Uint8Array;
}

const V1 = new URL('../../../client/src/store/testing/journal-v1.sql', import.meta.url);

/** One file for each schema, the newest last. */
export async function storeFiles(): Promise<readonly StoreFile[]> {
  return [
    { schema: 1, bytes: writtenBySql(readFileSync(V1, 'utf8')) },
    { schema: 2, bytes: await writtenByStore() },
  ];
}

/** Path of a file with these bytes; what SQLite kept beside the last one is removed. */
export function placeStore(bytes: Uint8Array, name = 'store.db'): string {
  const path = join(scratchFolder(), name);
  for (const suffix of ['', '-wal', '-shm', '-journal'])
    rmSync(`${path}${suffix}`, { force: true });
  writeFileSync(path, bytes, { mode: 0o600 });
  return path;
}

function writtenBySql(sql: string): Uint8Array {
  const path = placeStore(new Uint8Array(), 'made.db');
  const database = new DatabaseSync(path);
  database.exec(sql);
  database.close();
  return readFileSync(path);
}

/** Three swaps with all that a store holds beside them. */
async function writtenByStore(): Promise<Uint8Array> {
  const path = placeStore(new Uint8Array(), 'made.db');
  const store = openSqliteStore(path);
  const rig = createRig();
  const epoch = await store.acquireEpoch();
  const account = `0x${'aa'.repeat(20)}` as const;
  for (let number = 1; number <= 3; number += 1) {
    const terms = rig.terms('fabric-first', number);
    const { profile } = rig;
    const session = openSession({ terms, role: 'responder', profile, nowSec: 5n, accepted: true });
    const key = `${session.swapId}/ethereum/lock/1`;
    const [nonce, bytes] = [BigInt(number), Uint8Array.of(1, 2, number)];
    const signed = { txId: `0x0${String(number)}`, bytes };
    await store.nonces.put(account as never, {
      nonce,
      sent: number > 1,
      createdAtMs: 0n,
      signed: [signed],
    });
    await store.commit({
      epoch,
      sessions: [{ session, expectedVersion: 0, open: true }],
      opened: [
        {
          kind: 'send',
          key,
          swapId: session.swapId,
          ledger: 'ethereum',
          action: 'lock',
          urgentBySec: 9n,
        },
      ],
      signed: [
        {
          key,
          transaction: {
            ledger: 'ethereum',
            ...signed,
            lane: { account: account as never, nonce },
          },
        },
      ],
      secrets: [{ hashLock: terms.hashLock, secret: new Uint8Array(32).fill(number) }],
      mark: {
        ledger: 'fabric',
        mark: { cursor: { height: 7n, hash: 'x' }, finalizedHeight: 7n, halted: false },
      },
      journal: [{ atMs: 1n, swapId: session.swapId, kind: 'test', data: { a: '1' } }],
    });
  }
  await store.putDocument('mail', 'a 1', 'letter', 10);
  await store.close();
  return readFileSync(path);
}

/** Changes to rows and bytes of a store: data, so that a search can breed them. */
export interface Damage {
  readonly schema: number;
  /** Table, place among its rows, place among its columns, how, value. */
  readonly rows: readonly (readonly unknown[])[];
  /** Place in the file and the bytes that stand there now; a length alone cuts the file. */
  readonly bytes: readonly (readonly unknown[])[];
}

export function readDamage(value: unknown): Damage {
  const { schema, rows, bytes } = (
    typeof value === 'object' && value !== null ? value : {}
  ) as Record<string, unknown>;
  const lists = (some: unknown): (readonly unknown[])[] =>
    Array.isArray(some)
      ? (some as unknown[]).slice(0, 16).filter((item): item is unknown[] => Array.isArray(item))
      : [];
  return { schema: schema === 1 ? 1 : 2, rows: lists(rows), bytes: lists(bytes) };
}

/** Writes the changed file; undefined when SQLite itself refuses a change of a row. */
export function damagedStore(files: readonly StoreFile[], damage: Damage): string {
  const file = files.find(({ schema }) => schema === damage.schema) as StoreFile;
  const path = placeStore(file.bytes);
  if (damage.rows.length > 0) changeRows(path, damage.rows);
  if (damage.bytes.length === 0) return path;
  return placeStore(changeBytes(readFileSync(path), damage.bytes));
}

const TABLES = [
  'sessions',
  'journal',
  'effects',
  'signed',
  'secrets',
  'marks',
  'lanes',
  'documents',
  'lease',
];

function changeRows(path: string, changes: Damage['rows']): void {
  const database = new DatabaseSync(path);
  database.exec(
    'PRAGMA journal_mode = DELETE; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF',
  );
  for (const [table, row, column, how, value] of changes) {
    const name = TABLES[index(table) % TABLES.length] ?? 'sessions';
    try {
      changeRow(database, name, index(row), index(column), String(how), value);
    } catch {
      // A change that SQLite does not take is none.
    }
  }
  database.close();
}

function changeRow(
  database: DatabaseSync,
  table: string,
  row: number,
  column: number,
  how: string,
  value: unknown,
): void {
  const all = database.prepare(`SELECT rowid AS place, * FROM ${table}`).all();
  const found = all[row % Math.max(1, all.length)];
  const columns = Object.keys(found ?? {}).filter((name) => name !== 'place');
  const name = columns[column % Math.max(1, columns.length)];
  if (found === undefined || name === undefined) return;
  const before = found[name];
  const place = found['place'] ?? null;
  if (how === 'drop') database.prepare(`DELETE FROM ${table} WHERE rowid = ?`).run(place);
  else
    database
      .prepare(`UPDATE ${table} SET ${name} = ? WHERE rowid = ?`)
      .run(changed(before, how, value), place);
}

function changed(before: unknown, how: string, value: unknown): SQLInputValue {
  if (how === 'json') return JSON.stringify(value);
  if (how === 'cut') return String(before).slice(0, index(value));
  if (how === 'swap') return String(before).replaceAll('"', "'");
  if (typeof before === 'number') return typeof value === 'number' ? Math.trunc(value) : 0;
  if (before instanceof Uint8Array) return new TextEncoder().encode(String(value));
  return typeof value === 'string' ? value : String(value);
}

function changeBytes(before: Uint8Array, changes: Damage['bytes']): Uint8Array {
  let bytes = Uint8Array.from(before);
  for (const [at, value, count] of changes) {
    const place = index(at) % Math.max(1, bytes.length);
    if (value === 'cut') bytes = bytes.slice(0, place);
    else if (value === 'page')
      bytes.copyWithin(
        (place >> 12) << 12,
        (index(count) % 16) << 12,
        ((index(count) % 16) + 1) << 12,
      );
    else bytes.fill(index(value) & 0xff, place, place + 1 + (index(count) % 4096));
  }
  return bytes;
}

function index(value: unknown): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? Math.abs(value) : 0;
}
