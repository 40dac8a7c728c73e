import type {
  ChaincodeConfigJson,
  FABRIC_SCHEMA,
  FungibleAssetJson,
  UniqueAssetJson,
} from '@midlock/protocol';

/** What stands on the ledger beside the shapes that clients see. Every record carries its schema version. */
interface Versioned {
  readonly schema: typeof FABRIC_SCHEMA;
}

/** Left where an asset was burnt, so that its id is never given to another. */
export interface BurntAssetRecord extends Versioned {
  readonly kind: 'burnt';
  readonly id: string;
}

export type AssetRecord = FungibleAssetJson | UniqueAssetJson | BurntAssetRecord;

/** Index row: the holder has this asset. */
export interface HeldRecord extends Versioned {
  readonly assetId: string;
}

/** One transaction's part of what was issued or burnt; summed on read, so that nobody shares a counter. */
export interface SupplyRecord extends Versioned {
  readonly amount: string;
}

export interface ProposalRecord extends Versioned {
  readonly config: ChaincodeConfigJson;
}

export interface ApprovalRecord extends Versioned {
  readonly mspId: string;
}

/** The account's key was replaced by `to`. */
export interface AliasRecord extends Versioned {
  readonly to: string;
}

/** A rotation that waits for the new key. */
export interface RotationRecord extends Versioned {
  readonly to: string;
  readonly by: 'owner' | 'admin';
  readonly notBeforeSec: string;
}
