import { FABRIC_SCHEMA, MidlockError, type ConservationJson } from '@midlock/protocol';
import type { AssetSupply } from './asset-ledger.ts';
import { sumSupply } from './assets/supply.ts';
import type { MidlockContext } from './context.ts';
import { prefixes } from './keys.ts';

/**
 * Sums one asset: issued - burnt = free + locked. One evaluate sees one height, because a running simulation holds
 * back commits on that peer; for the same reason it stops at 100,000 rows per prefix and then says `complete: false`.
 * @throws {MidlockError} ASSET_UNKNOWN.
 */
export async function conservation(
  ctx: MidlockContext,
  assetId: string,
): Promise<ConservationJson> {
  const supply = await supplyOf(ctx, assetId);
  const locked = await sumSupply(lockedAmounts(ctx, assetId));
  const complete = supply.complete && locked.complete;
  return {
    schema: FABRIC_SCHEMA,
    assetId,
    issued: String(supply.issued),
    burnt: String(supply.burnt),
    free: String(supply.free),
    locked: String(locked.sum),
    notes: String(supply.rows),
    midAccounts: String(locked.rows),
    complete,
    holds: complete && supply.issued - supply.burnt === supply.free + locked.sum,
  };
}

async function supplyOf(ctx: MidlockContext, assetId: string): Promise<AssetSupply> {
  for (const ledger of ctx.ports.ledgers) {
    const supply = await ledger.describe(ctx, assetId);
    if (supply !== undefined) return supply;
  }
  throw new MidlockError('ASSET_UNKNOWN', { assetId });
}

async function* lockedAmounts(ctx: MidlockContext, assetId: string) {
  for await (const { terms } of ctx.state.scan(prefixes.midAccounts())) {
    if (terms.fabric.assetId === assetId) yield terms.fabric;
  }
}
