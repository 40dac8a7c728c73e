import type { LedgerPort, Store } from '@midlock/client';
import type { LedgerName } from '@midlock/protocol';
import type { Relayer } from '../relayer.ts';
import type { Mailbox } from './mailbox.ts';

/** What the routes stand on. */
export interface ApiContext {
  readonly relayer: Relayer;
  readonly store: Store;
  readonly mailbox: Mailbox;
  readonly ports: Readonly<Record<LedgerName, LedgerPort>>;
  readonly nowMs: () => bigint;
  /** Wakes event streams; resolves at the next change or after `ms`. */
  readonly changed: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly startedAtMs: bigint;
}
