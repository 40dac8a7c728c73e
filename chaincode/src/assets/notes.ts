import {
  FABRIC_SCHEMA,
  MAX_AMOUNT,
  formatAccount,
  type FabricAccount,
  type FungibleAssetJson,
  type Hex32,
  type NoteJson,
} from '@midlock/protocol';
import { hexArgument } from '../arguments.ts';
import type { AssetLedger, AssetSupply } from '../asset-ledger.ts';
import type { MidlockContext } from '../context.ts';
import { keys, prefixes } from '../keys.ts';
import { requireRule } from '../rules.ts';
import { sumSupply } from './supply.ts';

/**
 * Fungible assets as notes: a payment consumes notes and makes new ones, so that no two payments of different notes
 * ever touch the same key. A note is read by its key before it is consumed; making one reads nothing.
 */

/** The definition of a fungible asset. Throws ASSET_UNKNOWN. */
export async function loadFungible(
  ctx: MidlockContext,
  assetId: string,
): Promise<FungibleAssetJson> {
  const asset = await ctx.state.get(keys.asset(assetId));
  requireRule('asset-known', asset !== undefined, { assetId });
  requireRule('asset-kind', asset.kind === 'fungible', { assetId, kind: asset.kind });
  return asset;
}

/** Makes a note of `amount` for `owner`. Throws AMOUNT_INVALID beyond 128 bits. */
export async function createNote(
  ctx: MidlockContext,
  assetId: string,
  owner: string,
  amount: bigint,
): Promise<NoteJson> {
  requireRule('note-amount', amount > 0n && amount <= MAX_AMOUNT, { assetId });
  const id = ctx.nextNoteId();
  const note: NoteJson = { schema: FABRIC_SCHEMA, id, assetId, owner, amount: String(amount) };
  await ctx.state.put(keys.note(assetId, owner, id), note);
  return note;
}

/** Consumes notes of `owner` and returns their sum. Throws ARGUMENT_INVALID, NOTE_UNKNOWN. */
export async function spendNotes(
  ctx: MidlockContext,
  assetId: string,
  owner: string,
  inputs: readonly string[],
): Promise<bigint> {
  const ids = inputs.map((id) => hexArgument(id, 'inputs'));
  requireRule('notes-distinct', new Set(ids).size === ids.length, { argument: 'inputs' });
  let sum = 0n;
  for (const id of ids) {
    const note = await ctx.state.get(keys.note(assetId, owner, id));
    requireRule('note-known', note !== undefined, { noteId: id, assetId });
    sum += BigInt(note.amount);
    await ctx.state.delete(keys.note(assetId, owner, id));
  }
  return sum;
}

/** Consumes notes that cover `amount` and gives the rest back to `owner`. Throws BALANCE_INSUFFICIENT beside {@link spendNotes}'s. */
export async function spendAmount(
  ctx: MidlockContext,
  assetId: string,
  owner: string,
  inputs: readonly string[],
  amount: bigint,
): Promise<{ readonly change: bigint }> {
  const sum = await spendNotes(ctx, assetId, owner, inputs);
  requireRule('notes-cover', sum >= amount, { assetId, has: sum, needs: amount });
  return { change: sum - amount };
}

/** Midlock's own fungible assets behind mid-accounts. */
export const noteLedger: AssetLedger = {
  keeps: (kind) => kind === 'fungible',

  async describe(ctx, assetId): Promise<AssetSupply | undefined> {
    const asset = await ctx.state.get(keys.asset(assetId));
    if (asset?.kind !== 'fungible') return undefined;
    const issued = await sumSupply(ctx.state.scan(prefixes.issued(assetId)));
    const burnt = await sumSupply(ctx.state.scan(prefixes.burnt(assetId)));
    const free = await sumSupply(ctx.state.scan(prefixes.notes(assetId)));
    return {
      issued: issued.sum,
      burnt: burnt.sum,
      free: free.sum,
      rows: free.rows,
      complete: issued.complete && burnt.complete && free.complete,
    };
  },

  async debit(ctx, leg, _swapId: Hex32, inputs: readonly string[]): Promise<void> {
    const owner = formatAccount(leg.owner);
    const { change } = await spendAmount(ctx, leg.assetId, owner, inputs, leg.amount);
    if (change > 0n) await createNote(ctx, leg.assetId, owner, change);
  },

  async credit(ctx, leg, _swapId: Hex32, to: FabricAccount): Promise<void> {
    await createNote(ctx, leg.assetId, formatAccount(to), leg.amount);
  },
};
