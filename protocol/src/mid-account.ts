import type { Hex32 } from './bytes.ts';
import type { SwapTermsJson } from './terms.ts';

/** Schema version of every value that the chaincode stores, returns or emits. */
export const FABRIC_SCHEMA = 1;

/** Name of the one event a transaction carries; its payload is {@link FabricEventPayload} as canonical JSON. */
export const FABRIC_EVENT = 'midlock.v1';

/** Transactions of the chaincode, by contract, as `Contract:function`. Arguments are strings; see chaincode/README.md. */
export const FABRIC_TX = {
  lock: 'mid-account:lock',
  claim: 'mid-account:claim',
  refund: 'mid-account:refund',
  release: 'mid-account:release',
  decline: 'mid-account:decline',
  getMidAccount: 'mid-account:get',
  listMidAccounts: 'mid-account:list',
  conservation: 'mid-account:conservation',
  time: 'mid-account:time',
  createFungible: 'notes:create',
  getFungible: 'notes:get',
  mint: 'notes:mint',
  transfer: 'notes:transfer',
  split: 'notes:split',
  merge: 'notes:merge',
  burn: 'notes:burn',
  notesOf: 'notes:notesOf',
  issueUnique: 'assets:issue',
  issueEvidence: 'assets:issueEvidence',
  appendEvidence: 'assets:append',
  updateUnique: 'assets:update',
  transferAsset: 'assets:transfer',
  burnAsset: 'assets:burn',
  getAsset: 'assets:get',
  assetsOf: 'assets:assetsOf',
  initialize: 'config:initialize',
  proposeConfig: 'config:propose',
  approveConfig: 'config:approve',
  getConfig: 'config:get',
  getProposal: 'config:getProposal',
  rotateAccount: 'accounts:rotate',
  getAccount: 'accounts:get',
} as const;

export type MidAccountState = 'locked' | 'claimed' | 'refunded' | 'released' | 'declined';

/** The time rules under which a lock was made; decimal strings of seconds. They never change for that lock. */
export interface LockRules {
  readonly maxPastSec: string;
  readonly maxFutureSec: string;
  readonly gapSec: string;
  readonly configVersion: string;
}

/** What `mid-account:get` returns: the mid-account while locked, its tombstone afterwards. */
export interface MidAccountJson {
  readonly schema: typeof FABRIC_SCHEMA;
  readonly swapId: Hex32;
  readonly state: MidAccountState;
  readonly terms: SwapTermsJson;
  readonly rules: LockRules;
  /** Stamp of the lock, seconds; for a declined swap, of the decline. */
  readonly lockedAtSec: string;
  readonly lockTxId: string;
  readonly settledAtSec?: string;
  readonly settleTxId?: string;
  /** Present iff claimed: `0x` and 64 hex digits. */
  readonly secret?: string;
}

/** One change of a mid-account, as events carry it. */
export type MidAccountEvent =
  | {
      readonly type: 'locked';
      readonly swapId: Hex32;
      readonly terms: SwapTermsJson;
      readonly rules: LockRules;
    }
  | { readonly type: 'claimed'; readonly swapId: Hex32; readonly secret: string }
  | { readonly type: 'refunded' | 'released'; readonly swapId: Hex32 }
  | { readonly type: 'declined'; readonly swapId: Hex32; readonly terms: SwapTermsJson };

/** One change of free assets (mint, transfer, burn, ...), for explorers; swaps do not depend on it. */
export interface AssetEvent {
  readonly type: 'asset';
  readonly action: string;
  readonly assetId: string;
  readonly [field: string]: string;
}

export interface FabricEventPayload {
  readonly schema: typeof FABRIC_SCHEMA;
  readonly events: readonly (MidAccountEvent | AssetEvent)[];
}

/** A note: `id` is `0x` and 64 hex digits of SHA-256(txId || index). */
export interface NoteJson {
  readonly schema: typeof FABRIC_SCHEMA;
  readonly id: Hex32;
  readonly assetId: string;
  readonly owner: string;
  readonly amount: string;
}

/** What every transaction on notes returns: the notes it made, in order; a payment's change is the last. */
export interface NotesJson {
  readonly schema: typeof FABRIC_SCHEMA;
  readonly notes: readonly NoteJson[];
}

/** A fungible asset; only its issuer mints. */
export interface FungibleAssetJson {
  readonly schema: typeof FABRIC_SCHEMA;
  readonly kind: 'fungible';
  readonly id: string;
  readonly issuer: string;
}

/** A unique asset, or evidence when `content` is a list. */
export interface UniqueAssetJson {
  readonly schema: typeof FABRIC_SCHEMA;
  readonly kind: 'unique' | 'evidence';
  readonly id: string;
  readonly issuer: string;
  readonly holder: string;
  readonly contentHash: string;
  readonly content?: readonly {
    readonly hash: string;
    readonly schemaId: string;
    readonly issuer: string;
    readonly timeSec: string;
  }[];
  /** The swap that holds it, while locked. */
  readonly lockedBy?: Hex32;
}

/** A page of a listing; `bookmark` is empty on the last page. */
export interface Page<T> {
  readonly schema: typeof FABRIC_SCHEMA;
  readonly items: readonly T[];
  readonly bookmark: string;
}

/** What `mid-account:time` returns: the endorser's clock and the windows in force. */
export interface FabricTimeJson {
  readonly schema: typeof FABRIC_SCHEMA;
  readonly mspId: string;
  readonly clockMs: string;
  readonly maxPastSec: string;
  readonly maxFutureSec: string;
  readonly gapSec: string;
}

/** Law: issued - burnt = free + locked, per asset, at one height. `complete` is false where a query limit cut the count. */
export interface ConservationJson {
  readonly schema: typeof FABRIC_SCHEMA;
  readonly assetId: string;
  readonly issued: string;
  readonly burnt: string;
  readonly free: string;
  readonly locked: string;
  readonly notes: string;
  readonly midAccounts: string;
  readonly complete: boolean;
  readonly holds: boolean;
}

/** On-ledger configuration; acts on new locks only. */
export interface ChaincodeConfigJson {
  readonly schema: typeof FABRIC_SCHEMA;
  readonly version: string;
  readonly networkId: Hex32;
  readonly channel: string;
  readonly chaincode: string;
  readonly organizations: readonly string[];
  readonly maxPastSec: string;
  readonly maxFutureSec: string;
  readonly gapSec: string;
  /** d: bound on the error of the endorsers' and the clients' clocks; a configuration needs maxPast >= 2 d + D_F. */
  readonly skewSec: string;
  /** Least seconds between stamp and T_F at lock (D_F). */
  readonly minDurationSec: string;
  readonly maxDurationSec: string;
  /** Least T_F - T_E of a fabric-first swap. */
  readonly fabricFirstMarginSec: string;
  /** Least T_E - T_F of an ethereum-first swap. */
  readonly ethereumFirstMarginSec: string;
  /** After this long, seconds, an organisation's admin may rotate a lost account of its members. */
  readonly rotateDelaySec: string;
}

/** What `config:initialize` and `config:propose` take: a configuration without what the ledger adds. */
export type ChaincodeConfigInput = Omit<ChaincodeConfigJson, 'schema' | 'version'>;

/** A proposed configuration and the organisations whose admins approved it; a majority puts it in force. */
export interface ConfigProposalJson {
  readonly schema: typeof FABRIC_SCHEMA;
  /** SHA-256 of the proposed configuration's canonical text. */
  readonly proposalId: Hex32;
  readonly config: ChaincodeConfigJson;
  readonly approvals: readonly string[];
  readonly inForce: boolean;
}

/** An account's rotation: whatever is held under `account` is controlled by the last account of the chain. */
export interface AccountJson {
  readonly schema: typeof FABRIC_SCHEMA;
  readonly account: string;
  /** Who controls it now; equal to `account` where it was never rotated. */
  readonly controller: string;
  /** A rotation that waits: for the new key's consent, and for `notBeforeSec` where an admin asked for it. */
  readonly pending?: {
    readonly to: string;
    readonly by: 'owner' | 'admin';
    readonly notBeforeSec: string;
  };
}
