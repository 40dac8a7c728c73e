import type { Address, ErrorCode, Hex32, SwapTerms } from '@midlock/protocol';
import type { PartyName, SenderName } from './parties.ts';

/** What became of one transaction, or of one entry of a batch. A Fabric transaction is refused, or validated with a code. */
export type Outcome = 'accepted' | ErrorCode | 'VALID' | 'MVCC_READ_CONFLICT' | 'DUPLICATE_TXID';

/** A beneficiary's consent, as it is tried. */
export interface ConsentTry {
  readonly signer: PartyName;
  readonly expiresAtSec: bigint;
  /** Over the lock that the refund names, or over an earlier lock of the same terms. */
  readonly over: 'this' | 'former';
}

export type EthereumCommand =
  | { readonly kind: 'lock'; readonly terms: SwapTerms }
  | {
      readonly kind: 'claim';
      readonly by: SenderName;
      readonly terms: SwapTerms;
      readonly secret: Uint8Array;
      /** The swap that really stands in the slot, where `terms` are altered ones. */
      readonly truly: SwapTerms;
    }
  | {
      readonly kind: 'refund';
      readonly by: SenderName;
      readonly terms: SwapTerms;
      readonly truly: SwapTerms;
    }
  | {
      readonly kind: 'consent';
      readonly by: SenderName;
      readonly terms: SwapTerms;
      readonly consent: ConsentTry;
    }
  | { readonly kind: 'lockMany'; readonly swaps: readonly SwapTerms[] }
  | {
      readonly kind: 'claimMany';
      readonly by: SenderName;
      readonly claims: readonly { readonly terms: SwapTerms; readonly secret: Uint8Array }[];
    }
  | { readonly kind: 'refundMany'; readonly by: SenderName; readonly swaps: readonly SwapTerms[] };

export interface LockView {
  readonly state: 'locked' | 'claimed' | 'refunded';
  readonly hashLock: Hex32;
  readonly owner: Address;
  readonly beneficiary: Address;
  readonly amount: string;
  readonly secret: string | undefined;
}

/** Everything of Ethereum that both sides must agree on; amounts as decimal strings by `party token`. */
export interface EthereumView {
  readonly credits: Readonly<Record<string, string>>;
  readonly wallets: Readonly<Record<string, string>>;
  /** What the escrow owes, by token: on the real side what it holds. */
  readonly owed: Readonly<Record<string, string>>;
  /** Locks of each swap, oldest first. */
  readonly locks: Readonly<Record<string, readonly LockView[]>>;
}

/** One side of the comparison for Ethereum. A command is one transaction in one block at `atSec`. */
export interface EthereumSide {
  act(command: EthereumCommand, atSec: bigint): Promise<readonly Outcome[]>;
  view(): Promise<EthereumView>;
}

export interface FabricCommand {
  readonly action: 'lock' | 'claim' | 'refund' | 'release' | 'decline';
  readonly by: PartyName;
  readonly terms: SwapTerms;
  /** 32 bytes or not. */
  readonly secret: Uint8Array;
  readonly stampSec: bigint;
}

export interface MidAccountView {
  readonly state: string;
  readonly hashLock: Hex32;
  readonly secret: string | undefined;
}

export interface FabricView {
  /** Free amounts by `party asset`. */
  readonly balances: Readonly<Record<string, string>>;
  /** By asset: in mid-accounts, and in all. */
  readonly locked: Readonly<Record<string, string>>;
  readonly supply: Readonly<Record<string, string>>;
  readonly midAccounts: Readonly<Record<string, MidAccountView>>;
}

/** One side of the comparison for Fabric. */
export interface FabricSide {
  /** Endorses each command on the state as it stands; what was endorsed is committed in one block, or withheld. */
  act(
    commands: readonly FabricCommand[],
    atSec: bigint,
    withhold: boolean,
  ): Promise<readonly Outcome[]>;
  /** Orders everything withheld, in one block. */
  deliver(atSec: bigint): Promise<readonly Outcome[]>;
  view(): Promise<FabricView>;
}
