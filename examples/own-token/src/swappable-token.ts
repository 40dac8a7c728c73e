import { Transaction } from 'fabric-contract-api';
import { MidlockContext, controls, type AssetLedger, type AssetSupply } from '@midlock/chaincode';
import { MidlockError, formatAccount, parseAccount } from '@midlock/protocol';
import type { FabricAccount, FabricLeg, Hex32 } from '@midlock/protocol';
import { TokenContract } from './token.ts';

/** The token, swappable: a lock takes it by `debit`, a settlement gives it by `credit`. `token.ts` is as it was. */
export class SwappableToken extends TokenContract implements AssetLedger {
  override createContext(): MidlockContext {
    return new MidlockContext();
  }

  keeps(kind: string, assetId: string): boolean {
    return kind === 'fungible' && assetId === 'token';
  }

  // Midlock has checked that the caller speaks for `leg.owner`; the balance stands under the caller's client id.
  async debit(ctx: MidlockContext, { amount }: FabricLeg): Promise<void> {
    await this.move(ctx, ctx.clientIdentity.getID(), -amount);
  }

  // A new row, written blindly: whatever others do to balances meanwhile, a claim cannot become invalid.
  async credit(ctx: MidlockContext, leg: FabricLeg, id: Hex32, to: FabricAccount): Promise<void> {
    const key = ctx.stub.createCompositeKey('payout', [formatAccount(to), id]);
    await ctx.stub.putState(key, Buffer.from(String(leg.amount)));
  }

  /** Adds a swap's payout to the caller's balance; answers how much that was. */
  @Transaction()
  async Collect(ctx: MidlockContext, account: string, swapId: string): Promise<string> {
    const allowed = await controls(ctx, parseAccount(account, 'account'));
    if (!allowed) throw new MidlockError('NOT_OWNER', { account });
    const key = ctx.stub.createCompositeKey('payout', [account, swapId]);
    const amount = await this.number(ctx, key);
    await ctx.stub.deleteState(key);
    await this.move(ctx, ctx.clientIdentity.getID(), amount);
    return String(amount);
  }

  async describe(ctx: MidlockContext, assetId: string): Promise<AssetSupply | undefined> {
    if (!this.keeps('fungible', assetId)) return undefined;
    const rows = [...(await this.amounts(ctx, 'balance')), ...(await this.amounts(ctx, 'payout'))];
    const free = rows.reduce((sum, amount) => sum + amount, 0n);
    const issued = BigInt(await this.TotalSupply(ctx));
    return { issued, burnt: 0n, free, rows: BigInt(rows.length), complete: rows.length < 100_000 };
  }
}
