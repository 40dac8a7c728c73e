import type { Address, Hex32 } from './bytes.ts';
import type { SwapTerms } from './terms.ts';

export type LedgerName = 'fabric' | 'ethereum';

/** Where on a ledger a fact stands. `txId` is the 64-hex Fabric id or the 0x-prefixed Ethereum hash. */
export interface Position {
  readonly height: bigint;
  readonly blockHash: string;
  readonly txId: string;
  /** Stamp of the Fabric transaction, or timestamp of the Ethereum block, seconds. */
  readonly timeSec: bigint;
}

/** Everything that claim and refund on Ethereum need; carried by the lock's event. */
export interface EthereumLock {
  readonly lockId: Hex32;
  readonly swapId: Hex32;
  readonly owner: Address;
  readonly slot: bigint;
  readonly generation: bigint;
  readonly token: Address;
  readonly amount: bigint;
  readonly beneficiary: Address;
  readonly expiresAtSec: bigint;
  readonly hashLock: Hex32;
  /** Hash of the counterpart (version, direction, nonce, Fabric leg) where it is known; the event leaves it out, since the swap id binds it. */
  readonly counterpart?: Hex32;
  /** True when claim and refund pay out directly, false when they credit internal balances. */
  readonly direct: boolean;
}

/** What happened to a leg, as read from a ledger. */
export type LegFact =
  | {
      readonly kind: 'locked';
      readonly ledger: 'fabric';
      readonly swapId: Hex32;
      readonly terms: SwapTerms;
      readonly at: Position;
    }
  | {
      readonly kind: 'locked';
      readonly ledger: 'ethereum';
      readonly swapId: Hex32;
      readonly lock: EthereumLock;
      readonly at: Position;
    }
  | {
      readonly kind: 'claimed';
      readonly ledger: LedgerName;
      readonly swapId: Hex32;
      readonly secret: Uint8Array;
      readonly at: Position;
    }
  | {
      readonly kind: 'refunded';
      readonly ledger: LedgerName;
      readonly swapId: Hex32;
      readonly how: 'expiry' | 'release' | 'cooperative';
      readonly at: Position;
    }
  | {
      readonly kind: 'declined';
      readonly ledger: 'fabric';
      readonly swapId: Hex32;
      readonly terms: SwapTerms;
      readonly at: Position;
    };

/** A block with the facts that matter to swaps. */
export interface LedgerBlock {
  readonly ledger: LedgerName;
  readonly height: bigint;
  readonly hash: string;
  readonly parentHash: string;
  readonly timeSec: bigint;
  readonly facts: readonly LegFact[];
}

/** What a watcher reports, in order. A `rollback` takes back every block above `height`; Fabric never sends one. */
export type LedgerUpdate =
  | { readonly kind: 'block'; readonly block: LedgerBlock }
  | {
      readonly kind: 'rollback';
      readonly ledger: LedgerName;
      readonly height: bigint;
      readonly hash: string;
    }
  | {
      readonly kind: 'finalized';
      readonly ledger: LedgerName;
      readonly height: bigint;
      readonly hash: string;
      readonly timeSec: bigint;
    }
  | {
      readonly kind: 'finality-regressed';
      readonly ledger: LedgerName;
      readonly fromHeight: bigint;
      readonly toHeight: bigint | null;
    }
  /** Secrets seen outside blocks: mempool, orphaned blocks, calldata of failed transactions. They need no finality. */
  | {
      readonly kind: 'secret';
      readonly ledger: LedgerName;
      readonly hashLock: Hex32;
      readonly secret: Uint8Array;
    };

/** Where a watcher resumes: the last block whose facts are stored. The hash tells whether that block still stands. */
export interface Cursor {
  readonly height: bigint;
  readonly hash: string;
}

export interface LedgerHead {
  readonly height: bigint;
  readonly hash: string;
  /** Time of the head block, seconds; not monotone across reorgs. */
  readonly timeSec: bigint;
  readonly finalizedHeight: bigint;
}

/** A state-changing wish; the adapter turns it into exact signed bytes. */
export type LedgerIntent =
  | { readonly action: 'lock'; readonly terms: SwapTerms }
  | { readonly action: 'claim'; readonly terms: SwapTerms; readonly secret: Uint8Array }
  | { readonly action: 'refund'; readonly terms: SwapTerms }
  | { readonly action: 'release'; readonly terms: SwapTerms }
  | { readonly action: 'decline'; readonly terms: SwapTerms };

/** A transaction that can be sent again and again with the same effect. Stored before it is sent. */
export interface SignedTransaction {
  readonly ledger: LedgerName;
  readonly txId: string;
  readonly bytes: Uint8Array;
  /** Ethereum only: the account and nonce this transaction occupies. */
  readonly lane?: { readonly account: Address; readonly nonce: bigint };
}

/** What became of a transaction, as the ledger tells it. */
export type TransactionOutcome =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'pending' }
  | {
      readonly kind: 'valid';
      readonly at: Position;
      readonly final: boolean;
      readonly gasUsed?: bigint;
    }
  | {
      readonly kind: 'invalid';
      readonly at: Position;
      readonly code: string;
      readonly final: boolean;
      readonly gasUsed?: bigint;
    };

/** What a ledger says of one leg now. `final` tells whether that can still change by a reorg. */
export type LegView =
  | { readonly state: 'none' }
  | {
      readonly state: 'locked';
      readonly final: boolean;
      readonly at: Position;
      readonly lock?: EthereumLock;
    }
  | {
      readonly state: 'claimed';
      readonly final: boolean;
      readonly at: Position;
      readonly secret: Uint8Array;
    }
  | { readonly state: 'refunded'; readonly final: boolean; readonly at: Position }
  | { readonly state: 'declined'; readonly final: true; readonly at: Position };
