import { isDeepStrictEqual } from 'node:util';
import { DatabaseSync } from 'node:sqlite';
import { toHex, type Hex32 } from '@midlock/protocol';
import { openSqliteStore, type SqliteStore } from '../../../client/src/store/sqlite-store.ts';
import type { Session } from '../../../client/src/core/session.ts';
import { bytesOf, midlockErrors, type Target } from '../target.ts';
import {
  damagedStore,
  placeStore,
  readDamage,
  storeFiles,
  type StoreFile,
} from '../worlds/store-files.ts';
import { jsonOr } from './json-or.ts';

const CODES = midlockErrors('STORE_CORRUPT', 'STORE_VERSION', 'STORE_UNWRITABLE');

/** The store of agents and relayers, opened on what an earlier program and a bad disk left. */
export const STORE_TARGETS: readonly Target[] = [
  {
    name: 'store/sqlite',
    about: 'a store of each schema with changed rows and pages: opened, upgraded, checked, read',
    format: 'json',
    sources: ['client/src/store/'],
    seeds: () => SEEDS.map((seed) => bytesOf(JSON.stringify(seed))),
    parse: async (input) => {
      const path = damagedStore(await files(), readDamage(jsonOr(input, {})));
      const before = countRows(path);
      try {
        await use(path, await originals());
      } finally {
        const after = countRows(path);
        if (before !== undefined && after !== undefined && after < before)
          throw new RangeError(`${String(before - after)} session rows are gone`);
      }
    },
    accepts: CODES,
    dear: true,
  },
];

/** Rows by table, place, column; bytes by place in the file. */
const SEEDS = [
  { schema: 1, rows: [], bytes: [] },
  { schema: 2, rows: [], bytes: [] },
  { schema: 1, rows: [[0, 1, 0, 'drop']], bytes: [] },
  { schema: 2, rows: [[1, 1, 3, 'set', 'x']], bytes: [] },
  { schema: 1, rows: [[6, 0, 2, 'json', null]], bytes: [] },
  { schema: 2, rows: [[8, 0, 1, 'set', 'x']], bytes: [] },
  { schema: 1, rows: [[2, 0, 2, 'cut', 9]], bytes: [] },
  { schema: 2, rows: [[0, 0, 2, 'json', { schema: 7 }]], bytes: [] },
  { schema: 1, rows: [], bytes: [[100, 0, 4]] },
  { schema: 2, rows: [], bytes: [[20_000, 'cut']] },
  { schema: 2, rows: [], bytes: [[8_192, 'page', 1]] },
  {
    schema: 1,
    rows: [
      [3, 0, 6, 'set', 'x'],
      [5, 0, 1, 'json', [1]],
    ],
    bytes: [[40, 3, 0]],
  },
];

let made: Promise<readonly StoreFile[]> | undefined;
function files(): Promise<readonly StoreFile[]> {
  made ??= storeFiles();
  return made;
}

let known: Promise<ReadonlyMap<Hex32, Session>> | undefined;
/** The sessions of all files, as they read where nothing was changed. */
function originals(): Promise<ReadonlyMap<Hex32, Session>> {
  known ??= files().then(async (all) => {
    const sessions = new Map<Hex32, Session>();
    for (const { bytes } of all) {
      const store = openSqliteStore(placeStore(bytes));
      for (const { session } of await store.list({ limit: 10 }))
        sessions.set(session.swapId, session);
      await store.close();
    }
    return sessions;
  });
  return known;
}

/** Everything that a program reads at its start and afterwards; twice, since the first start upgrades. */
async function use(path: string, expected: ReadonlyMap<Hex32, Session>): Promise<void> {
  for (let start = 1; start <= 2; start += 1) {
    const store = openSqliteStore(path);
    try {
      await store.verify();
      await compare(store, expected);
      await readAll(store);
    } finally {
      await store.close();
    }
  }
}

/** A store that says it is whole has every session that its journal names, as it was. */
async function compare(store: SqliteStore, expected: ReadonlyMap<Hex32, Session>): Promise<void> {
  const rows = await store.journal({ afterSeq: 0, limit: 100 });
  const named = new Set(rows.flatMap(({ swapId }) => (swapId === null ? [] : [swapId])));
  for (const swapId of named) {
    const stored = await store.load(swapId);
    if (stored === undefined) throw new RangeError('a session of the journal is gone');
    if (!isDeepStrictEqual(stored.session, expected.get(swapId)))
      throw new RangeError('a session is not what was stored');
  }
}

async function readAll(store: SqliteStore): Promise<void> {
  await store.acquireEpoch();
  const sessions = await store.list({ limit: 100, open: true });
  for (const { session } of sessions) {
    await store.secret(session.terms.hashLock);
    await store.swapOfHashLock(session.terms.hashLock);
  }
  const parsed: unknown[] = [];
  for (const { effect, signed } of await store.dueEffects(100)) {
    for (const { bytes } of signed) toHex(bytes);
    parsed.push(effect.key.length);
  }
  const mark = await store.mark('fabric');
  parsed.push(mark?.finalizedHeight.toString());
  await store.documents('mail', '', 10);
  const account = `0x${'aa'.repeat(20)}` as never;
  for (const entry of await store.nonces.load(account))
    parsed.push(entry.signed.map(({ txId }) => txId));
  await store.dropOrphanNonces();
  await store.isRestored();
}

/** How many session rows SQLite itself finds; undefined where it finds no table. */
function countRows(path: string): number | undefined {
  try {
    const database = new DatabaseSync(path, { readOnly: true });
    try {
      return Number(
        database.prepare('SELECT count(*) AS n FROM sessions NOT INDEXED').get()?.['n'],
      );
    } finally {
      database.close();
    }
  } catch {
    return undefined;
  }
}
