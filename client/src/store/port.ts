import type {
  Cursor,
  Direction,
  Hex32,
  LedgerName,
  SignedTransaction,
  SwapState,
} from '@midlock/protocol';
import type { NonceStore } from '@midlock/ledgers';
import type { SendEffect } from '../core/events.ts';
import type { Session } from '../core/session.ts';

/** A session with the version under which it was stored; the first is 1. */
export interface StoredSession {
  readonly session: Session;
  readonly version: number;
  /** False once nothing is left to do or watch. */
  readonly open: boolean;
  /** Order of arrival; pages run over it. */
  readonly seq: number;
}

/** An effect that is not closed, with the bytes signed for it, newest last. */
export interface StoredEffect {
  readonly effect: SendEffect;
  readonly signed: readonly SignedTransaction[];
}

/** Where following a ledger resumes, and whether its finality was seen going backwards. */
export interface LedgerMark {
  readonly cursor?: Cursor;
  readonly finalizedHeight: bigint;
  readonly halted: boolean;
}

/** A line of the journal; each holds the hash of its predecessor. Never a secret. */
export interface JournalRow {
  readonly seq: number;
  readonly atMs: bigint;
  readonly swapId: Hex32 | null;
  readonly kind: string;
  readonly data: Readonly<Record<string, string>>;
  readonly hash: string;
}

export type JournalEntry = Pick<JournalRow, 'atMs' | 'swapId' | 'kind' | 'data'>;

/** What happens in one transaction: all of it is durable when `commit` resolves, or none. */
export interface StoreCommit {
  /** The lease under which the writer works; an older one is fenced off. */
  readonly epoch: bigint;
  readonly sessions?: readonly {
    readonly session: Session;
    /** The version that the writer read; 0 for a new session. */
    readonly expectedVersion: number;
    readonly open: boolean;
  }[];
  readonly opened?: readonly SendEffect[];
  readonly closed?: readonly string[];
  /** Exact bytes for an open effect. A nonce of an account belongs to one effect for ever. */
  readonly signed?: readonly { readonly key: string; readonly transaction: SignedTransaction }[];
  readonly secrets?: readonly { readonly hashLock: Hex32; readonly secret: Uint8Array }[];
  readonly mark?: { readonly ledger: LedgerName; readonly mark: LedgerMark };
  readonly journal: readonly JournalEntry[];
}

export interface SessionFilter {
  readonly afterSeq?: number;
  readonly limit: number;
  readonly open?: boolean;
  readonly state?: SwapState;
  readonly direction?: Direction;
}

/**
 * The durable memory of an agent or relayer. One writer at a time.
 * Every method may throw STORE_UNWRITABLE, STORE_CORRUPT; writes also STORE_VERSION when version or epoch is stale.
 */
export interface Store {
  /** Takes the lease: a higher epoch than any before. A writer with an older one is refused from now on. */
  acquireEpoch(): Promise<bigint>;
  /** `written` is called when everything is written and nothing is durable yet; what it throws undoes the commit. */
  commit(change: StoreCommit, written?: () => void): Promise<void>;
  load(swapId: Hex32): Promise<StoredSession | undefined>;
  list(filter: SessionFilter): Promise<readonly StoredSession[]>;
  /** The swap that uses a hash lock already. */
  swapOfHashLock(hashLock: Hex32): Promise<Hex32 | undefined>;
  /** Effects that are not closed, the most urgent first. */
  dueEffects(limit: number): Promise<readonly StoredEffect[]>;
  secret(hashLock: Hex32): Promise<Uint8Array | undefined>;
  mark(ledger: LedgerName): Promise<LedgerMark | undefined>;
  journal(filter: {
    readonly afterSeq: number;
    readonly limit: number;
    readonly swapId?: Hex32;
  }): Promise<readonly JournalRow[]>;
  /** Small documents of the shell (idempotency answers, mailbox), by scope and key; `limit` newest per scope are kept. */
  putDocument(scope: string, key: string, text: string, keep: number): Promise<void>;
  document(scope: string, key: string): Promise<string | undefined>;
  /** Forgets documents, all of them or none; those that are not there are no error. */
  dropDocuments(scope: string, keys: readonly string[]): Promise<void>;
  documents(
    scope: string,
    prefix: string,
    limit: number,
  ): Promise<readonly { readonly key: string; readonly text: string }[]>;
  /** The nonce lanes of Ethereum accounts, durable in the same place. */
  readonly nonces: NonceStore;
  /**
   * Gives back nonces whose bytes were signed but neither recorded for an effect nor sent: a crash struck in between, and
   * nobody will ever send them. Call it before an account's lane is used. Returns how many.
   */
  dropOrphanNonces(): Promise<number>;
  /** True while this is a backup's copy of which nobody has yet shown that the ledgers know all that was sent since. */
  isRestored(): Promise<boolean>;
  /** From now on the store counts as whole again. */
  trust(): Promise<void>;
  /** Checks the journal's hash chain and that each state is the one the journal last wrote. Throws STORE_CORRUPT. */
  verify(): Promise<void>;
  close(): Promise<void>;
}
