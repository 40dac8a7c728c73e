import type {
  ErrorCode,
  Hex32,
  LedgerName,
  LedgerUpdate,
  TransactionOutcome,
} from '@midlock/protocol';
import type { Action, Session } from './session.ts';
import type { World } from './world.ts';

/** What can happen to a session. Every event carries the moment it arrived in. */
export type SessionEvent = { readonly world: World } & (
  | { readonly kind: 'tick' }
  /** Both parties' signatures under the terms were verified. */
  | { readonly kind: 'accepted' }
  /** The counterparty of an earlier lock is known again, or the operator wants out. */
  | { readonly kind: 'command'; readonly command: 'abandon' | 'retry' }
  | { readonly kind: 'ledger'; readonly update: LedgerUpdate }
  /** Asks whether an effect may leave the process now; the answer is journalled before it does. */
  | { readonly kind: 'hand-over'; readonly key: string }
  /** Exact bytes are durable under this transaction id. */
  | { readonly kind: 'signed'; readonly key: string; readonly txId: string }
  | { readonly kind: 'outcome'; readonly key: string; readonly outcome: TransactionOutcome }
  /** Preparing or sending was refused; nothing was changed unless `retry` says otherwise. */
  | {
      readonly kind: 'refused';
      readonly key: string;
      readonly code: ErrorCode;
      readonly detail: string;
      readonly retry: 'never' | 'safe' | 'after-query';
    }
);

/** What a session wants done. Stored with the state in one transaction before anything is sent. */
export type SessionEffect =
  | SendEffect
  /** The outbox entry needs no further work. */
  | { readonly kind: 'close'; readonly key: string }
  /** A secret that opens the hash lock was seen; it is kept for ever. */
  | { readonly kind: 'learn'; readonly hashLock: Hex32; readonly secret: Uint8Array };

/** Prepare, make durable, send and follow one transaction. */
export interface SendEffect {
  readonly kind: 'send';
  /** `<swapId>/<ledger>/<action>/<attempt>`: the idempotency key. */
  readonly key: string;
  readonly swapId: Hex32;
  readonly ledger: LedgerName;
  readonly action: Action;
  /** The deadline by which inclusion matters, seconds. */
  readonly urgentBySec: bigint;
}

/** A line for the journal: constant name, data without secrets. */
export interface SessionNote {
  readonly kind: string;
  readonly data: Readonly<Record<string, string>>;
}

export type StepResult =
  | {
      readonly ok: true;
      readonly session: Session;
      readonly effects: readonly SessionEffect[];
      readonly notes: readonly SessionNote[];
    }
  | { readonly ok: false; readonly code: ErrorCode; readonly detail: string };
