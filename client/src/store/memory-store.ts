import { MidlockError, type Address, type Hex32, type LedgerName } from '@midlock/protocol';
import type { LaneEntry } from '@midlock/ledgers';
import type {
  JournalRow,
  LedgerMark,
  SessionFilter,
  Store,
  StoreCommit,
  StoredEffect,
  StoredSession,
} from './port.ts';
import { GENESIS_HASH } from './journal-hash.ts';
import {
  fromSessionText,
  journalRows,
  toSessionRow,
  verifyJournal,
  type SessionRow,
} from './session-row.ts';

/** A store in memory that can be copied, as a backup is. */
export interface MemoryStore extends Store {
  /** An independent store with the same content, marked as restored. */
  copy(): MemoryStore;
}

/** A store that lives as long as its object: for tests and the simulator, which restart agents on the same one. */
export function createMemoryStore(): MemoryStore {
  return memoryStore({
    sessions: new Map(),
    effects: new Map(),
    secrets: new Map(),
    marks: new Map(),
    journal: [],
    documents: new Map(),
    lanes: new Map(),
    epoch: 0n,
    restored: false,
  });
}

type KeptRow = SessionRow & { readonly seq: number };

/** Everything that a store remembers. */
interface Memory {
  readonly sessions: Map<string, KeptRow>;
  readonly effects: Map<string, StoredEffect>;
  readonly secrets: Map<Hex32, Uint8Array>;
  readonly marks: Map<LedgerName, LedgerMark>;
  readonly journal: JournalRow[];
  readonly documents: Map<string, Map<string, string>>;
  readonly lanes: Map<Address, Map<bigint, LaneEntry>>;
  epoch: bigint;
  restored: boolean;
}

function memoryStore(memory: Memory): MemoryStore {
  const { sessions, effects, secrets, marks, journal, documents, lanes } = memory;
  const laneOf = (account: Address): Map<bigint, LaneEntry> => {
    const lane = lanes.get(account) ?? new Map<bigint, LaneEntry>();
    lanes.set(account, lane);
    return lane;
  };
  function check(change: StoreCommit): void {
    if (change.epoch !== memory.epoch)
      throw new MidlockError('STORE_VERSION', { what: 'lease was taken over' });
    for (const { session, expectedVersion } of change.sessions ?? []) {
      const version = sessions.get(session.swapId)?.version ?? 0;
      if (version !== expectedVersion)
        throw new MidlockError('STORE_VERSION', {
          swapId: session.swapId,
          version,
          expectedVersion,
        });
    }
    for (const { key, transaction } of change.signed ?? []) {
      if (!effects.has(key))
        throw new MidlockError('INTERNAL', { what: 'bytes for a closed effect', key });
      const { lane } = transaction;
      if (lane !== undefined && laneTaken(lane, key))
        throw new MidlockError('INTERNAL', {
          what: 'nonce of another effect',
          key,
          nonce: lane.nonce,
        });
    }
  }

  function laneTaken(lane: { account: Address; nonce: bigint }, key: string): boolean {
    return [...effects.values()].some(
      ({ effect, signed }) =>
        effect.key !== key &&
        signed.some((tx) => tx.lane?.account === lane.account && tx.lane.nonce === lane.nonce),
    );
  }

  function apply(change: StoreCommit, written: () => void): void {
    check(change);
    written();
    const rows = (change.sessions ?? []).map(({ session, expectedVersion, open }) =>
      toSessionRow(session, expectedVersion + 1, open),
    );
    const head = journal.at(-1) ?? { seq: 0, hash: GENESIS_HASH };
    journal.push(...journalRows(change, rows, head));
    for (const row of rows)
      sessions.set(row.swapId, { ...row, seq: sessions.get(row.swapId)?.seq ?? sessions.size + 1 });
    for (const effect of change.opened ?? []) effects.set(effect.key, { effect, signed: [] });
    for (const { key, transaction } of change.signed ?? []) {
      const known = effects.get(key);
      if (known !== undefined)
        effects.set(key, { ...known, signed: [...known.signed, transaction] });
    }
    for (const key of change.closed ?? []) effects.delete(key);
    for (const { hashLock, secret } of change.secrets ?? []) secrets.set(hashLock, secret.slice());
    if (change.mark !== undefined) marks.set(change.mark.ledger, change.mark.mark);
  }

  function stored(row: KeptRow): StoredSession {
    return {
      session: fromSessionText(row.text),
      version: row.version,
      open: row.open,
      seq: row.seq,
    };
  }

  function matches(row: KeptRow, filter: SessionFilter): boolean {
    return (
      row.seq > (filter.afterSeq ?? 0) &&
      (filter.open === undefined || row.open === filter.open) &&
      (filter.state === undefined || row.state === filter.state) &&
      (filter.direction === undefined || row.direction === filter.direction)
    );
  }

  return {
    acquireEpoch: () => later(() => (memory.epoch += 1n)),
    commit: (change, written = () => undefined) =>
      later(() => {
        apply(change, written);
      }),
    load: (swapId) =>
      later(() => {
        const row = sessions.get(swapId);
        return row === undefined ? undefined : stored(row);
      }),
    list: (filter) =>
      later(() =>
        [...sessions.values()]
          .filter((row) => matches(row, filter))
          .slice(0, filter.limit)
          .map(stored),
      ),
    swapOfHashLock: (hashLock) =>
      later(
        () =>
          [...sessions.values()].find((row) => row.hashLock === hashLock)?.swapId as
            Hex32 | undefined,
      ),
    dueEffects: (limit) =>
      later(() =>
        [...effects.values()]
          .sort((a, b) => (a.effect.urgentBySec < b.effect.urgentBySec ? -1 : 1))
          .slice(0, limit),
      ),
    secret: (hashLock) => later(() => secrets.get(hashLock)?.slice()),
    mark: (ledger) => later(() => marks.get(ledger)),
    journal: ({ afterSeq, limit, swapId }) =>
      later(() =>
        journal
          .slice(afterSeq)
          .filter((row) => swapId === undefined || row.swapId === swapId)
          .slice(0, limit),
      ),
    putDocument: (scope, key, text, keep) =>
      later(() => {
        const scoped = documents.get(scope) ?? new Map<string, string>();
        scoped.delete(key);
        scoped.set(key, text);
        for (const oldest of [...scoped.keys()].slice(0, Math.max(0, scoped.size - keep)))
          scoped.delete(oldest);
        documents.set(scope, scoped);
      }),
    dropDocuments: (scope, keys) =>
      later(() => {
        for (const key of keys) documents.get(scope)?.delete(key);
      }),
    document: (scope, key) => later(() => documents.get(scope)?.get(key)),
    documents: (scope, prefix, limit) =>
      later(() =>
        [...(documents.get(scope) ?? [])]
          .filter(([key]) => key.startsWith(prefix))
          .slice(0, limit)
          .map(([key, text]) => ({ key, text })),
      ),
    nonces: {
      load: (account) =>
        later(() => [...laneOf(account).values()].sort((a, b) => (a.nonce < b.nonce ? -1 : 1))),
      put: (account, entry) =>
        later(() => {
          laneOf(account).set(entry.nonce, entry);
        }),
      delete: (account, nonce) =>
        later(() => {
          laneOf(account).delete(nonce);
        }),
    },
    dropOrphanNonces: () =>
      later(() => {
        const kept = new Set(
          [...effects.values()].flatMap(({ signed }) => signed.map(({ txId }) => txId)),
        );
        let dropped = 0;
        for (const lane of lanes.values()) {
          for (const { nonce, sent, signed } of lane.values()) {
            if (sent || signed.some(({ txId }) => kept.has(txId))) continue;
            lane.delete(nonce);
            dropped += 1;
          }
        }
        return dropped;
      }),
    isRestored: () => later(() => memory.restored),
    trust: () =>
      later(() => {
        memory.restored = false;
      }),
    copy: () =>
      memoryStore({
        sessions: new Map(sessions),
        effects: new Map(effects),
        secrets: new Map(secrets),
        marks: new Map(marks),
        journal: [...journal],
        documents: new Map([...documents].map(([scope, all]) => [scope, new Map(all)])),
        lanes: new Map([...lanes].map(([account, lane]) => [account, new Map(lane)])),
        epoch: memory.epoch,
        restored: true,
      }),
    verify: () =>
      later(() => {
        verifyJournal(journal, sessions.values());
      }),
    close: () => Promise.resolve(),
  };
}

/** Runs now, answers later: errors become rejections. */
function later<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => {
    resolve(work());
  });
}
