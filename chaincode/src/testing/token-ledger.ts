import { Transaction } from 'fabric-contract-api';
import {
  formatAccount,
  parseAmount,
  type FabricAccount,
  type FabricLeg,
  type Hex32,
} from '@midlock/protocol';
import type { AssetLedger, AssetSupply } from '../asset-ledger.ts';
import { MidlockContext } from '../context.ts';
import { MidlockContract } from '../contracts/midlock-contract.ts';

// readme:begin
/** An operator's account-based token, swappable without a line changed in Midlock. */
export class TokenContract extends MidlockContract implements AssetLedger {
  constructor() {
    super('token');
  }
  @Transaction()
  async issue(ctx: MidlockContext, to: string, amount: string): Promise<void> {
    await this.change(ctx, to, parseAmount(amount, 'amount'));
  }

  @Transaction()
  async collect(ctx: MidlockContext, swapId: string): Promise<string> {
    const caller = formatAccount(ctx.caller.account);
    const key = ctx.stub.createCompositeKey('incoming', [caller, swapId]);
    const amount = BigInt((await ctx.stub.getState(key)).toString() || '0');
    await ctx.stub.deleteState(key);
    await this.change(ctx, caller, amount);
    return String(amount);
  }

  keeps(_kind: string, assetId: string): boolean {
    return assetId === 'TOK';
  }

  async debit(ctx: MidlockContext, leg: FabricLeg): Promise<void> {
    await this.change(ctx, formatAccount(leg.owner), -leg.amount);
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

  describe(): Promise<AssetSupply | undefined> {
    return Promise.resolve(undefined);
  }

  private async change(ctx: MidlockContext, account: string, by: bigint): Promise<void> {
    const balance = BigInt((await ctx.stub.getState(account)).toString() || '0') + by;
    if (balance < 0n) throw new Error('not enough TOK');
    await ctx.stub.putState(account, Buffer.from(String(balance)));
  }
}
// readme:end
