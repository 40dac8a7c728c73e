import { createHash } from 'node:crypto';
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { MidlockError } from '@midlock/protocol';

/** One entry per schema version, oldest first; an entry never changes once released. */
const MIGRATIONS: readonly ((database: DatabaseSync) => void)[] = [
  (database) => {
    database.exec(VERSION_1);
  },
  addSums,
];

/** The schema that this program writes. */
export const STORE_SCHEMA = MIGRATIONS.length;

const VERSION_1 = `
  CREATE TABLE lease (one INTEGER PRIMARY KEY CHECK (one = 1), epoch TEXT NOT NULL) STRICT;
  INSERT INTO lease VALUES (1, '0');
  CREATE TABLE sessions (
    seq INTEGER PRIMARY KEY AUTOINCREMENT, swap_id TEXT NOT NULL UNIQUE, text TEXT NOT NULL,
    version INTEGER NOT NULL, open INTEGER NOT NULL, state TEXT NOT NULL, direction TEXT NOT NULL,
    hash_lock TEXT NOT NULL, epoch TEXT NOT NULL
  ) STRICT;
  CREATE INDEX sessions_open ON sessions (open, seq);
  CREATE INDEX sessions_hash_lock ON sessions (hash_lock);
  CREATE TABLE effects (
    key TEXT PRIMARY KEY, urgent_by TEXT NOT NULL, text TEXT NOT NULL, epoch TEXT NOT NULL
  ) STRICT;
  CREATE INDEX effects_urgent ON effects (urgent_by);
  CREATE TABLE signed (
    n INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL REFERENCES effects (key) ON DELETE CASCADE,
    ledger TEXT NOT NULL, tx_id TEXT NOT NULL, bytes BLOB NOT NULL, account TEXT, nonce TEXT, epoch TEXT NOT NULL
  ) STRICT;
  CREATE INDEX signed_key ON signed (key);
  CREATE INDEX signed_tx ON signed (tx_id);
  CREATE INDEX signed_lane ON signed (account, nonce);
  CREATE TABLE secrets (hash_lock TEXT PRIMARY KEY, secret BLOB NOT NULL, epoch TEXT NOT NULL) STRICT;
  CREATE TABLE marks (ledger TEXT PRIMARY KEY, text TEXT NOT NULL, epoch TEXT NOT NULL) STRICT;
  CREATE TABLE journal (
    seq INTEGER PRIMARY KEY, at_ms TEXT NOT NULL, swap_id TEXT, kind TEXT NOT NULL, data TEXT NOT NULL,
    hash TEXT NOT NULL, epoch TEXT NOT NULL
  ) STRICT;
  CREATE INDEX journal_swap ON journal (swap_id, seq);
  CREATE TABLE documents (
    n INTEGER PRIMARY KEY AUTOINCREMENT, scope TEXT NOT NULL, key TEXT NOT NULL, text TEXT NOT NULL,
    UNIQUE (scope, key)
  ) STRICT;
  CREATE TABLE lanes (account TEXT NOT NULL, nonce TEXT NOT NULL, text TEXT NOT NULL, PRIMARY KEY (account, nonce)) STRICT;
`;

/** Tables whose rows carry a sum over their content, and the columns that it covers. Sessions are covered by the journal. */
export const SUMMED = {
  effects: ['key', 'urgent_by', 'text'],
  signed: ['key', 'ledger', 'tx_id', 'bytes', 'account', 'nonce'],
  secrets: ['hash_lock', 'secret'],
  marks: ['ledger', 'text'],
  lanes: ['account', 'nonce', 'text'],
  documents: ['scope', 'key', 'text'],
} as const;

export type SummedTable = keyof typeof SUMMED;

/** The sum of a row: 16 hex digits of SHA-256 over table and values. A damaged page is found when its row is read. */
export function rowSum(table: SummedTable, values: readonly SQLInputValue[]): string {
  const text = values.map((value) =>
    value instanceof Uint8Array ? `x${Buffer.from(value).toString('hex')}` : value,
  );
  return createHash('sha256')
    .update(JSON.stringify([table, text]))
    .digest('hex')
    .slice(0, 16);
}

/** Version 2: every row of the shell's tables carries its sum; a flag says that the file was restored from a backup. */
function addSums(database: DatabaseSync): void {
  for (const [table, columns] of Object.entries(SUMMED)) {
    database.exec(`ALTER TABLE ${table} ADD COLUMN sum TEXT NOT NULL DEFAULT ''`);
    const update = database.prepare(`UPDATE ${table} SET sum = ? WHERE rowid = ?`);
    for (const row of database.prepare(`SELECT rowid AS place, * FROM ${table}`).all())
      update.run(
        rowSum(
          table as SummedTable,
          columns.map((column) => row[column] ?? null),
        ),
        row['place'] ?? null,
      );
  }
  database.exec('ALTER TABLE lease ADD COLUMN restored INTEGER NOT NULL DEFAULT 0');
}

/**
 * Sets durability and brings the schema up to date in one transaction.
 * @throws {MidlockError} STORE_VERSION when a newer program wrote the file.
 */
export function migrate(database: DatabaseSync): void {
  database.exec(
    'PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 2000;',
  );
  const row = database.prepare('PRAGMA user_version').get();
  const version = Number(row?.['user_version'] ?? 0);
  if (version > MIGRATIONS.length)
    throw new MidlockError('STORE_VERSION', { schema: version, known: MIGRATIONS.length });
  for (const [index, apply] of MIGRATIONS.entries()) {
    if (index < version) continue;
    database.exec('BEGIN IMMEDIATE');
    try {
      apply(database);
      database.exec(`PRAGMA user_version = ${String(index + 1)}; COMMIT;`);
    } catch (error) {
      if (database.isTransaction) database.exec('ROLLBACK');
      throw error;
    }
  }
}
