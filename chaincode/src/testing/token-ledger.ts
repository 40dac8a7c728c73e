import { Transaction } from 'fabric-contract-api';
import {
  MidlockError,
  formatAccount,
  parseAmount,
  type FabricAccount,
  type FabricLeg,
  type Hex32,
} from '@midlock/protocol';
import type { AssetLedger, AssetSupply } from '../asset-ledger.ts';
import { MidlockContext } from '../context.ts';
import { MidlockContract } from '../contracts/midlock-contract.ts';

/** The smallest account-based token that keeps every promise; its subclasses in tests each break one. */
export class TokenContract extends MidlockContract implements AssetLedger {
  constructor() {
    super('token');
  }

  @Transaction()
  async issue(ctx: MidlockContext, to: string, amount: string): Promise<void> {
    const issued = parseAmount(amount, 'amount');
    await this.change(ctx, 'balance', to, issued);
    await this.change(ctx, 'issued', to, issued);
  }

  @Transaction()
  async collect(ctx: MidlockContext, swapId: string): Promise<string> {
    const caller = formatAccount(ctx.caller.account);
    const key = ctx.stub.createCompositeKey('incoming', [caller, swapId]);
    const amount = await read(ctx, key);
    await ctx.stub.deleteState(key);
    await this.change(ctx, 'balance', caller, amount);
    return String(amount);
  }

  @Transaction(false)
  async balanceOf(ctx: MidlockContext, holder: string): Promise<string> {
    return String(await read(ctx, ctx.stub.createCompositeKey('balance', [holder])));
  }

  keeps(_kind: string, assetId: string): boolean {
    return assetId === 'TOK';
  }

  async debit(ctx: MidlockContext, leg: FabricLeg): Promise<void> {
    await this.change(ctx, 'balance', formatAccount(leg.owner), -leg.amount);
  }

  // A blind write of a row of its own: nobody's transfers can hinder a claim.
  async credit(
    ctx: MidlockContext,
    leg: FabricLeg,
    swapId: Hex32,
    to: FabricAccount,
  ): Promise<void> {
    const key = ctx.stub.createCompositeKey('incoming', [formatAccount(to), swapId]);
    await ctx.stub.putState(key, Buffer.from(String(leg.amount)));
  }

  async describe(ctx: MidlockContext, assetId: string): Promise<AssetSupply | undefined> {
    if (!this.keeps('fungible', assetId)) return undefined;
    const issued = await sum(ctx, 'issued');
    const free = (await sum(ctx, 'balance')) + (await sum(ctx, 'incoming'));
    return { issued, burnt: 0n, free, rows: 0n, complete: true };
  }

  protected async change(
    ctx: MidlockContext,
    row: string,
    holder: string,
    by: bigint,
  ): Promise<void> {
    const key = ctx.stub.createCompositeKey(row, [holder]);
    const has = await read(ctx, key);
    if (has + by < 0n) throw new MidlockError('BALANCE_INSUFFICIENT', { has, needs: -by });
    await ctx.stub.putState(key, Buffer.from(String(has + by)));
  }
}

async function read(ctx: MidlockContext, key: string): Promise<bigint> {
  return BigInt(Buffer.from(await ctx.stub.getState(key)).toString() || '0');
}

async function sum(ctx: MidlockContext, row: string): Promise<bigint> {
  let total = 0n;
  for await (const { value } of ctx.stub.getStateByPartialCompositeKey(row, []))
    total += BigInt(Buffer.from(value).toString());
  return total;
}
