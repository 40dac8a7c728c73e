import { MidlockError, shown } from '@midlock/protocol';
import { stateOf, type Session } from '../core/session.ts';
import { decodeRecord, encodeRecord } from './codec.ts';
import { GENESIS_HASH, journalHash, textHash } from './journal-hash.ts';
import type { JournalEntry, JournalRow, StoreCommit } from './port.ts';

/** A session as adapters keep it: its text and the columns that filters run over. */
export interface SessionRow {
  readonly swapId: string;
  readonly text: string;
  readonly version: number;
  readonly open: boolean;
  readonly state: string;
  readonly direction: string;
  readonly hashLock: string;
}

export function toSessionRow(session: Session, version: number, open: boolean): SessionRow {
  return {
    swapId: session.swapId,
    text: encodeRecord(session),
    version,
    open,
    state: stateOf(session),
    direction: session.terms.direction,
    hashLock: session.terms.hashLock,
  };
}

/** Reads a session back. Throws STORE_CORRUPT, or STORE_VERSION for a schema of the future. */
export function fromSessionText(text: string): Session {
  const value = decodeRecord(text);
  if (typeof value !== 'object' || value === null || !('schema' in value))
    throw new MidlockError('STORE_CORRUPT', { what: 'session without schema' });
  if (value.schema !== 1) throw new MidlockError('STORE_VERSION', { schema: shown(value.schema) });
  return value as Session;
}

/** The journal's new lines: the caller's, each stored session's state hash on its last one, chained to `head`. */
export function journalRows(
  change: StoreCommit,
  rows: readonly SessionRow[],
  head: { readonly seq: number; readonly hash: string },
): readonly JournalRow[] {
  const entries: JournalEntry[] = [...change.journal];
  for (const row of rows) {
    const last = entries.findLastIndex((entry) => entry.swapId === row.swapId);
    const stateHash = textHash(row.text);
    const entry = entries[last];
    if (entry === undefined)
      entries.push({
        atMs: entries[0]?.atMs ?? 0n,
        swapId: row.swapId as JournalEntry['swapId'],
        kind: 'stored',
        data: { stateHash },
      });
    else entries[last] = { ...entry, data: { ...entry.data, stateHash } };
  }
  let { seq, hash } = head;
  return entries.map((entry) => {
    seq += 1;
    hash = journalHash(hash, seq, entry);
    return { ...entry, seq, hash };
  });
}

/** Walks the chain from its start and compares each session with the state the journal last wrote. Throws STORE_CORRUPT. */
export function verifyJournal(rows: Iterable<JournalRow>, sessions: Iterable<SessionRow>): void {
  let [seq, hash] = [0, GENESIS_HASH];
  const lastState = new Map<string, string>();
  for (const row of rows) {
    seq += 1;
    hash = journalHash(hash, seq, row);
    if (row.seq !== seq || row.hash !== hash)
      throw new MidlockError('STORE_CORRUPT', { what: 'journal chain', seq: row.seq });
    const { stateHash } = row.data;
    if (row.swapId !== null && stateHash !== undefined) lastState.set(row.swapId, stateHash);
  }
  for (const { swapId, text } of sessions) {
    if (lastState.get(swapId) !== textHash(text))
      throw new MidlockError('STORE_CORRUPT', { what: 'session differs from journal', swapId });
    lastState.delete(swapId);
  }
  // Nothing ever deletes a session: its money would be forgotten.
  for (const swapId of lastState.keys())
    throw new MidlockError('STORE_CORRUPT', { what: 'session of the journal is missing', swapId });
}
