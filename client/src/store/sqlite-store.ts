import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync, backup, type SQLInputValue, type SQLOutputValue } from 'node:sqlite';
import type { NonceStore } from '@midlock/ledgers';
import {
  MidlockError,
  type Address,
  type Hex32,
  type LedgerName,
  type SignedTransaction,
} from '@midlock/protocol';
import { encodeRecord } from './codec.ts';
import { GENESIS_HASH } from './journal-hash.ts';
import type {
  JournalRow,
  SessionFilter,
  Store,
  StoreCommit,
  StoredEffect,
  StoredSession,
} from './port.ts';
import { readEffect, readLaneEntry, readMark, readNumber } from './row-shapes.ts';
import {
  fromSessionText,
  journalRows,
  toSessionRow,
  verifyJournal,
  type SessionRow,
} from './session-row.ts';
import { storeError } from './sqlite-errors.ts';
import { SUMMED, migrate, rowSum, type SummedTable } from './sqlite-schema.ts';

type Row = Record<string, SQLOutputValue>;

/** A {@link Store} in one SQLite file, mode 0600, with a copy made while it runs. */
export interface SqliteStore extends Store {
  /** Writes a consistent copy of the file, mode 0600, marked as restored for whoever opens it. */
  backup(path: string): Promise<void>;
}

/**
 * Opens or creates the journal: WAL, synchronous FULL, so that a commit that resolved survives a power cut.
 * @throws {MidlockError} STORE_UNWRITABLE, STORE_CORRUPT, STORE_VERSION.
 */
export function openSqliteStore(path: string): SqliteStore {
  const database = guarded(() => openPrivate(path));
  const statements = new Map<string, ReturnType<DatabaseSync['prepare']>>();

  function sql(text: string): ReturnType<DatabaseSync['prepare']> {
    const known = statements.get(text) ?? database.prepare(text);
    statements.set(text, known);
    return known;
  }

  /** Writes a row with its sum; documents and lanes belong to no epoch. */
  function insert(
    verb: 'INSERT' | 'INSERT OR IGNORE' | 'INSERT OR REPLACE',
    table: SummedTable,
    values: readonly SQLInputValue[],
    epoch?: string,
  ): void {
    const all = [...values, rowSum(table, values), ...(epoch === undefined ? [] : [epoch])];
    const columns = [...SUMMED[table], 'sum', ...(epoch === undefined ? [] : ['epoch'])];
    sql(
      `${verb} INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    ).run(...all);
  }

  function epochText(): string {
    return text(sql('SELECT epoch FROM lease').get(), 'epoch');
  }

  function transaction<T>(work: () => T): T {
    database.exec('BEGIN IMMEDIATE');
    try {
      const result = work();
      database.exec('COMMIT');
      return result;
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }

  function writeSessions(change: StoreCommit, rows: readonly SessionRow[], epoch: string): void {
    for (const row of rows) {
      const written =
        row.version === 1
          ? sql(
              'INSERT OR IGNORE INTO sessions (swap_id, text, version, open, state, direction, hash_lock, epoch) VALUES (?, ?, 1, ?, ?, ?, ?, ?)',
            ).run(
              row.swapId,
              row.text,
              Number(row.open),
              row.state,
              row.direction,
              row.hashLock,
              epoch,
            )
          : sql(
              'UPDATE sessions SET text = ?, version = ?, open = ?, state = ?, epoch = ? WHERE swap_id = ? AND version = ?',
            ).run(
              row.text,
              row.version,
              Number(row.open),
              row.state,
              epoch,
              row.swapId,
              row.version - 1,
            );
      if (written.changes !== 1)
        throw new MidlockError('STORE_VERSION', {
          swapId: row.swapId,
          expectedVersion: row.version - 1,
        });
    }
    for (const effect of change.opened ?? [])
      insert(
        'INSERT',
        'effects',
        [effect.key, sortable(effect.urgentBySec), encodeRecord(effect)],
        epoch,
      );
    for (const { key, transaction: signed } of change.signed ?? []) writeSigned(key, signed, epoch);
    for (const key of change.closed ?? []) sql('DELETE FROM effects WHERE key = ?').run(key);
    for (const { hashLock, secret } of change.secrets ?? [])
      insert('INSERT OR IGNORE', 'secrets', [hashLock, secret], epoch);
    if (change.mark !== undefined)
      insert(
        'INSERT OR REPLACE',
        'marks',
        [change.mark.ledger, encodeRecord(change.mark.mark)],
        epoch,
      );
  }

  function writeSigned(
    key: string,
    { ledger, txId, bytes, lane }: SignedTransaction,
    epoch: string,
  ): void {
    if (sql('SELECT 1 FROM effects WHERE key = ?').get(key) === undefined)
      throw new MidlockError('INTERNAL', { what: 'bytes for a closed effect', key });
    const nonce = lane === undefined ? null : String(lane.nonce);
    if (
      lane !== undefined &&
      sql('SELECT 1 FROM signed WHERE account = ? AND nonce = ? AND key <> ?').get(
        lane.account,
        nonce,
        key,
      ) !== undefined
    )
      throw new MidlockError('INTERNAL', {
        what: 'nonce of another effect',
        key,
        nonce: lane.nonce,
      });
    insert('INSERT', 'signed', [key, ledger, txId, bytes, lane?.account ?? null, nonce], epoch);
  }

  function writeJournal(change: StoreCommit, rows: readonly SessionRow[], epoch: string): void {
    const last = sql('SELECT seq, hash FROM journal ORDER BY seq DESC LIMIT 1').get();
    const head =
      last === undefined
        ? { seq: 0, hash: GENESIS_HASH }
        : { seq: Number(last['seq']), hash: text(last, 'hash') };
    for (const row of journalRows(change, rows, head))
      sql('INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)').run(
        row.seq,
        String(row.atMs),
        row.swapId,
        row.kind,
        JSON.stringify(row.data),
        row.hash,
        epoch,
      );
  }

  function commit(change: StoreCommit, written: () => void): void {
    const rows = (change.sessions ?? []).map(({ session, expectedVersion, open }) =>
      toSessionRow(session, expectedVersion + 1, open),
    );
    transaction(() => {
      const epoch = epochText();
      if (epoch !== String(change.epoch))
        throw new MidlockError('STORE_VERSION', { what: 'lease was taken over' });
      writeSessions(change, rows, epoch);
      writeJournal(change, rows, epoch);
      written();
    });
  }

  function signedOf(key: string): SignedTransaction[] {
    return sql('SELECT * FROM signed WHERE key = ? ORDER BY n')
      .all(key)
      .map((row) => toSigned(checked('signed', row)));
  }

  return {
    acquireEpoch: () =>
      later(() =>
        transaction(() => {
          const epoch = readNumber(epochText(), 'epoch') + 1n;
          sql('UPDATE lease SET epoch = ?').run(String(epoch));
          return epoch;
        }),
      ),
    commit: (change, written = () => undefined) =>
      later(() => {
        commit(change, written);
      }),
    load: (swapId) =>
      later(() => {
        const row = sql('SELECT * FROM sessions WHERE swap_id = ?').get(swapId);
        return row === undefined ? undefined : toStored(row);
      }),
    list: (filter) => later(() => listSessions(sql, filter)),
    swapOfHashLock: (hashLock) =>
      later(
        () =>
          sql('SELECT swap_id FROM sessions WHERE hash_lock = ?').get(hashLock)?.['swap_id'] as
            Hex32 | undefined,
      ),
    dueEffects: (limit) =>
      later(() =>
        sql('SELECT * FROM effects ORDER BY urgent_by, key LIMIT ?')
          .all(limit)
          .map((row): StoredEffect => ({
            effect: readEffect(text(checked('effects', row), 'text')),
            signed: signedOf(text(row, 'key')),
          })),
      ),
    secret: (hashLock) =>
      later(() => {
        const row = sql('SELECT * FROM secrets WHERE hash_lock = ?').get(hashLock);
        return row === undefined
          ? undefined
          : (checked('secrets', row)['secret'] as Uint8Array | undefined);
      }),
    mark: (ledger: LedgerName) =>
      later(() => {
        const row = sql('SELECT * FROM marks WHERE ledger = ?').get(ledger);
        return row === undefined ? undefined : readMark(text(checked('marks', row), 'text'));
      }),
    journal: ({ afterSeq, limit, swapId }) =>
      later(() =>
        (swapId === undefined
          ? sql('SELECT * FROM journal WHERE seq > ? ORDER BY seq LIMIT ?').all(afterSeq, limit)
          : sql('SELECT * FROM journal WHERE swap_id = ? AND seq > ? ORDER BY seq LIMIT ?').all(
              swapId,
              afterSeq,
              limit,
            )
        ).map(toJournal),
      ),
    putDocument: (scope, key, body, keep) =>
      later(() => {
        transaction(() => {
          insert('INSERT OR REPLACE', 'documents', [scope, key, body]);
          sql(
            'DELETE FROM documents WHERE scope = ? AND n <= (SELECT n FROM documents WHERE scope = ? ORDER BY n DESC LIMIT 1 OFFSET ?)',
          ).run(scope, scope, keep);
        });
      }),
    dropDocuments: (scope, keys) =>
      later(() => {
        transaction(() => {
          for (const key of keys)
            sql('DELETE FROM documents WHERE scope = ? AND key = ?').run(scope, key);
        });
      }),
    document: (scope, key) =>
      later(() => {
        const row = sql('SELECT * FROM documents WHERE scope = ? AND key = ?').get(scope, key);
        return row === undefined ? undefined : text(checked('documents', row), 'text');
      }),
    documents: (scope, prefix, limit) =>
      later(() =>
        sql(
          'SELECT * FROM documents WHERE scope = ? AND substr(key, 1, length(?)) = ? ORDER BY n LIMIT ?',
        )
          .all(scope, prefix, prefix, limit)
          .map((row) => checked('documents', row))
          .map((row) => ({ key: text(row, 'key'), text: text(row, 'text') })),
      ),
    nonces: nonceStore(sql, insert),
    dropOrphanNonces: () =>
      later(() =>
        transaction(() => {
          let dropped = 0;
          for (const row of sql('SELECT * FROM lanes').all()) {
            const entry = readLaneEntry(text(checked('lanes', row), 'text'));
            const kept = entry.signed.some(
              ({ txId }) => sql('SELECT 1 FROM signed WHERE tx_id = ?').get(txId) !== undefined,
            );
            if (entry.sent || kept) continue;
            sql('DELETE FROM lanes WHERE account = ? AND nonce = ?').run(
              text(row, 'account'),
              text(row, 'nonce'),
            );
            dropped += 1;
          }
          return dropped;
        }),
      ),
    verify: () =>
      later(() => {
        const found = sql('PRAGMA integrity_check').get();
        if (found?.['integrity_check'] !== 'ok')
          throw new MidlockError('STORE_CORRUPT', { what: 'pages or indices' });
        for (const table of Object.keys(SUMMED) as SummedTable[])
          for (const row of sql(`SELECT * FROM ${table}`).iterate()) checked(table, row);
        verifyJournal(
          map(sql('SELECT * FROM journal ORDER BY seq').iterate(), toJournal),
          map(sql('SELECT * FROM sessions').iterate(), toSessionColumns),
        );
      }),
    backup: async (target) => {
      closeSync(openSync(target, 'wx', 0o600));
      try {
        await backup(database, target);
        // Whoever opens the copy shall know that time has passed since.
        const copy = new DatabaseSync(target);
        copy.exec('UPDATE lease SET restored = 1');
        copy.close();
      } catch (error) {
        throw storeError(error);
      }
    },
    isRestored: () => later(() => sql('SELECT restored FROM lease').get()?.['restored'] === 1),
    trust: () =>
      later(() => {
        sql('UPDATE lease SET restored = 0').run();
      }),
    close: () =>
      later(() => {
        if (database.isOpen) database.close();
      }),
  };
}

function openPrivate(path: string): DatabaseSync {
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    if (!existsSync(path)) closeSync(openSync(path, 'w', 0o600));
    else chmodSync(path, 0o600);
  } catch (cause) {
    throw new MidlockError('STORE_UNWRITABLE', { path }, { cause });
  }
  const database = new DatabaseSync(path);
  try {
    migrate(database);
  } catch (error) {
    database.close();
    throw error;
  }
  return database;
}

function listSessions(
  sql: (text: string) => ReturnType<DatabaseSync['prepare']>,
  filter: SessionFilter,
): StoredSession[] {
  const { afterSeq = 0, limit, open, state, direction } = filter;
  return sql(
    'SELECT * FROM sessions WHERE seq > ?1 AND (?2 IS NULL OR open = ?2) AND (?3 IS NULL OR state = ?3) AND (?4 IS NULL OR direction = ?4) ORDER BY seq LIMIT ?5',
  )
    .all(
      afterSeq,
      open === undefined ? null : Number(open),
      state ?? null,
      direction ?? null,
      limit,
    )
    .map(toStored);
}

function nonceStore(
  sql: (text: string) => ReturnType<DatabaseSync['prepare']>,
  insert: (verb: 'INSERT OR REPLACE', table: 'lanes', values: readonly string[]) => void,
): NonceStore {
  return {
    load: (account) =>
      later(() =>
        sql('SELECT * FROM lanes WHERE account = ? ORDER BY length(nonce), nonce')
          .all(account)
          .map((row) => readLaneEntry(text(checked('lanes', row), 'text'))),
      ),
    put: (account: Address, entry) =>
      later(() => {
        insert('INSERT OR REPLACE', 'lanes', [account, String(entry.nonce), encodeRecord(entry)]);
      }),
    delete: (account, nonce) =>
      later(() => {
        sql('DELETE FROM lanes WHERE account = ? AND nonce = ?').run(account, String(nonce));
      }),
  };
}

/** The row, when it is what was written. Throws STORE_CORRUPT. */
function checked(table: SummedTable, row: Row): Row {
  const values = SUMMED[table].map((column) => row[column] ?? null);
  if (row['sum'] !== rowSum(table, values))
    throw new MidlockError('STORE_CORRUPT', { what: `a row of ${table}` });
  return row;
}

function toStored(row: Row): StoredSession {
  return {
    session: fromSessionText(text(row, 'text')),
    version: Number(row['version']),
    open: row['open'] === 1,
    seq: Number(row['seq']),
  };
}

function toSessionColumns(row: Row): SessionRow {
  return {
    swapId: text(row, 'swap_id'),
    text: text(row, 'text'),
    version: Number(row['version']),
    open: row['open'] === 1,
    state: text(row, 'state'),
    direction: text(row, 'direction'),
    hashLock: text(row, 'hash_lock'),
  };
}

function toJournal(row: Row): JournalRow {
  try {
    return {
      seq: Number(row['seq']),
      atMs: BigInt(text(row, 'at_ms')),
      swapId: row['swap_id'] as Hex32 | null,
      kind: text(row, 'kind'),
      data: JSON.parse(text(row, 'data')) as JournalRow['data'],
      hash: text(row, 'hash'),
    };
  } catch (cause) {
    throw new MidlockError('STORE_CORRUPT', { what: 'a line of the journal' }, { cause });
  }
}

function toSigned(row: Row): SignedTransaction {
  const account = row['account'] as Address | null;
  return {
    ledger: text(row, 'ledger') as LedgerName,
    txId: text(row, 'tx_id'),
    bytes: row['bytes'] as Uint8Array,
    ...(account === null
      ? {}
      : { lane: { account, nonce: readNumber(text(row, 'nonce'), 'nonce') } }),
  };
}

function* map<A, B>(items: Iterable<A>, to: (item: A) => B): Generator<B> {
  for (const item of items) yield to(item);
}

/** Decimal text that sorts like its number. */
function sortable(seconds: bigint): string {
  return String(seconds).padStart(20, '0');
}

function text(row: Row | undefined, column: string): string {
  const value = row?.[column];
  if (typeof value === 'string') return value;
  throw new MidlockError('STORE_CORRUPT', { what: `column ${column}` });
}

function guarded<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storeError(error);
  }
}

function later<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(guarded(work));
  });
}
