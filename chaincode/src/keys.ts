import { formatAccount, type FabricAccount, type Hex32 } from '@midlock/protocol';
import type {
  AliasRecord,
  ApprovalRecord,
  AssetRecord,
  HeldRecord,
  ProposalRecord,
  RotationRecord,
  SupplyRecord,
} from './records.ts';
import type { ChaincodeConfigJson, MidAccountJson, NoteJson } from '@midlock/protocol';

/** A composite key and, by its phantom type, what stands under it. README, Key schema, lists them. */
export interface Key<T> {
  readonly type: string;
  readonly attributes: readonly string[];
  readonly __value?: T;
}

/** All keys of one type that begin with the attributes. */
export type Prefix<T> = Key<T>;

export const keys = {
  config: (): Key<ChaincodeConfigJson> => key('config', 'current'),
  proposal: (id: Hex32): Key<ProposalRecord> => key('proposal', id),
  approval: (id: Hex32, mspId: string): Key<ApprovalRecord> => key('approval', id, mspId),

  /** While locked. */
  midAccount: (swapId: Hex32): Key<MidAccountJson> => key('mid', swapId),
  /** After settlement or decline, for ever. */
  tombstone: (swapId: Hex32): Key<MidAccountJson> => key('tomb', swapId),

  /** The definition of a fungible asset, or a unique asset itself: one name space. */
  asset: (assetId: string): Key<AssetRecord> => key('asset', assetId),
  held: (holder: string, assetId: string): Key<HeldRecord> => key('held', holder, assetId),
  note: (assetId: string, owner: string, id: string): Key<NoteJson> =>
    key('note', assetId, owner, id),
  issued: (assetId: string, txId: string): Key<SupplyRecord> => key('issued', assetId, txId),
  burnt: (assetId: string, txId: string): Key<SupplyRecord> => key('burnt', assetId, txId),

  alias: (account: FabricAccount): Key<AliasRecord> => key('alias', formatAccount(account)),
  rotation: (account: FabricAccount): Key<RotationRecord> =>
    key('rotation', formatAccount(account)),
};

export const prefixes = {
  midAccounts: (): Prefix<MidAccountJson> => key('mid'),
  tombstones: (): Prefix<MidAccountJson> => key('tomb'),
  heldBy: (holder: string): Prefix<HeldRecord> => key('held', holder),
  notesOf: (assetId: string, owner: string): Prefix<NoteJson> => key('note', assetId, owner),
  notes: (assetId: string): Prefix<NoteJson> => key('note', assetId),
  issued: (assetId: string): Prefix<SupplyRecord> => key('issued', assetId),
  burnt: (assetId: string): Prefix<SupplyRecord> => key('burnt', assetId),
};

function key<T>(type: string, ...attributes: readonly string[]): Key<T> {
  return { type, attributes };
}
