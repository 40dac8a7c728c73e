import {
  FABRIC_SCHEMA,
  formatAccount,
  type FabricAccount,
  type FabricLeg,
  type Hex32,
  type UniqueAssetJson,
} from '@midlock/protocol';
import type { AssetLedger, AssetSupply } from '../asset-ledger.ts';
import type { MidlockContext } from '../context.ts';
import { keys } from '../keys.ts';
import { requireRule } from '../rules.ts';

/** A unique asset or evidence. Throws ASSET_UNKNOWN, also for a fungible or a burnt one. */
export async function loadUnique(ctx: MidlockContext, assetId: string): Promise<UniqueAssetJson> {
  const asset = await ctx.state.get(keys.asset(assetId));
  requireRule('asset-known', asset !== undefined, { assetId });
  requireRule('asset-kind', asset.kind === 'unique' || asset.kind === 'evidence', {
    assetId,
    kind: asset.kind,
  });
  return asset;
}

/** As {@link loadUnique}; a locked asset is refused: while a swap holds it, nothing about it changes. Throws ASSET_LOCKED. */
export async function loadFreeUnique(
  ctx: MidlockContext,
  assetId: string,
): Promise<UniqueAssetJson> {
  const asset = await loadUnique(ctx, assetId);
  requireRule('asset-free', asset.lockedBy === undefined, { assetId, swapId: asset.lockedBy });
  return asset;
}

/** Writes an asset under a (new) holder and keeps the holder's index in step. */
export async function giveTo(
  ctx: MidlockContext,
  asset: UniqueAssetJson,
  holder: string,
): Promise<UniqueAssetJson> {
  const given = { ...asset, holder };
  await ctx.state.put(keys.asset(asset.id), given);
  if (asset.holder === holder) return given;
  await ctx.state.delete(keys.held(asset.holder, asset.id));
  await ctx.state.put(keys.held(holder, asset.id), { schema: FABRIC_SCHEMA, assetId: asset.id });
  return given;
}

/** Unique assets and evidence behind mid-accounts. While locked, only the settlement writes the asset's key. */
export const uniqueLedger: AssetLedger = {
  keeps: (kind) => kind !== 'fungible',

  async describe(ctx, assetId): Promise<AssetSupply | undefined> {
    const asset = await ctx.state.get(keys.asset(assetId));
    if (asset === undefined || asset.kind === 'fungible') return undefined;
    const burnt = asset.kind === 'burnt' ? 1n : 0n;
    const free = asset.kind !== 'burnt' && asset.lockedBy === undefined ? 1n : 0n;
    return { issued: 1n, burnt, free, rows: free, complete: true };
  },

  async debit(ctx, leg: FabricLeg, swapId: Hex32, inputs: readonly string[]): Promise<void> {
    requireRule('asset-no-inputs', inputs.length === 0, { argument: 'inputs', expected: '[]' });
    const asset = await loadFreeUnique(ctx, leg.assetId);
    requireRule('asset-kind', asset.kind === leg.assetKind, {
      assetId: asset.id,
      kind: asset.kind,
    });
    requireRule('right-holder', asset.holder === formatAccount(leg.owner), { assetId: asset.id });
    await ctx.state.put(keys.asset(asset.id), { ...asset, lockedBy: swapId });
  },

  async credit(ctx, leg: FabricLeg, swapId: Hex32, to: FabricAccount): Promise<void> {
    const { lockedBy, ...asset } = await loadUnique(ctx, leg.assetId);
    requireRule('asset-held-by-swap', lockedBy === swapId, { assetId: asset.id });
    await giveTo(ctx, asset, formatAccount(to));
  },
};
