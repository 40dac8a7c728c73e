import { Context, Contract, Transaction } from 'fabric-contract-api';

/** Rows of the world state: `balance <holder>`, `allowance <owner> <spender>` and the single keys below. */
const BALANCE = 'balance';
const ALLOWANCE = 'allowance';
const TOTAL_SUPPLY = 'totalSupply';
const SYMBOL = 'symbol';
const ISSUER = 'Org1MSP';

/**
 * A token as many networks have one: balances under client ids, allowances, an organisation that mints.
 * It knows nothing of swaps; `swappable-token.ts` adds them.
 */
export class TokenContract extends Contract {
  constructor() {
    super('token');
  }

  /** Names the token, once. */
  @Transaction()
  async Initialize(ctx: Context, symbol: string): Promise<void> {
    requireIssuer(ctx);
    if ((await this.read(ctx, SYMBOL)) !== '') throw new Error('the token is initialised already');
    await this.write(ctx, SYMBOL, symbol);
    await this.write(ctx, TOTAL_SUPPLY, '0');
  }

  @Transaction(false)
  Symbol(ctx: Context): Promise<string> {
    return this.read(ctx, SYMBOL);
  }

  @Transaction(false)
  async TotalSupply(ctx: Context): Promise<string> {
    return String(await this.number(ctx, TOTAL_SUPPLY));
  }

  @Transaction(false)
  ClientAccountID(ctx: Context): string {
    return ctx.clientIdentity.getID();
  }

  @Transaction(false)
  async BalanceOf(ctx: Context, holder: string): Promise<string> {
    return String(await this.number(ctx, balanceKey(ctx, holder)));
  }

  @Transaction()
  async Mint(ctx: Context, amount: string): Promise<void> {
    requireIssuer(ctx);
    const minted = amountOf(amount);
    await this.move(ctx, ctx.clientIdentity.getID(), minted);
    const supply = await this.number(ctx, TOTAL_SUPPLY);
    await this.write(ctx, TOTAL_SUPPLY, String(supply + minted));
  }

  @Transaction()
  async Transfer(ctx: Context, to: string, amount: string): Promise<void> {
    await this.pay(ctx, ctx.clientIdentity.getID(), to, amountOf(amount));
  }

  @Transaction()
  async Approve(ctx: Context, spender: string, amount: string): Promise<void> {
    const key = allowanceKey(ctx, ctx.clientIdentity.getID(), spender);
    await this.write(ctx, key, String(amountOf(amount)));
  }

  @Transaction(false)
  async Allowance(ctx: Context, owner: string, spender: string): Promise<string> {
    return String(await this.number(ctx, allowanceKey(ctx, owner, spender)));
  }

  @Transaction()
  async TransferFrom(ctx: Context, from: string, to: string, amount: string): Promise<void> {
    const key = allowanceKey(ctx, from, ctx.clientIdentity.getID());
    const left = (await this.number(ctx, key)) - amountOf(amount);
    if (left < 0n) throw new Error('the allowance is too small');
    await this.write(ctx, key, String(left));
    await this.pay(ctx, from, to, amountOf(amount));
  }

  /** Changes one balance; at most once per holder and transaction, since reads do not see own writes. */
  protected async move(ctx: Context, holder: string, by: bigint): Promise<void> {
    const key = balanceKey(ctx, holder);
    const balance = (await this.number(ctx, key)) + by;
    if (balance < 0n) throw new Error(`${holder} has not enough`);
    await this.write(ctx, key, String(balance));
  }

  protected async number(ctx: Context, key: string): Promise<bigint> {
    return BigInt((await this.read(ctx, key)) || '0');
  }

  /** Every amount under keys of a type; for queries only. */
  protected async amounts(ctx: Context, type: string): Promise<bigint[]> {
    const amounts: bigint[] = [];
    for await (const { value } of ctx.stub.getStateByPartialCompositeKey(type, []))
      amounts.push(BigInt(Buffer.from(value).toString()));
    return amounts;
  }

  private async pay(ctx: Context, from: string, to: string, amount: bigint): Promise<void> {
    if (from === to) throw new Error('sender and receiver are the same');
    await this.move(ctx, from, -amount);
    await this.move(ctx, to, amount);
    ctx.stub.setEvent('Transfer', Buffer.from(JSON.stringify({ from, to, value: String(amount) })));
  }

  private async read(ctx: Context, key: string): Promise<string> {
    return Buffer.from(await ctx.stub.getState(key)).toString();
  }

  private async write(ctx: Context, key: string, value: string): Promise<void> {
    await ctx.stub.putState(key, Buffer.from(value));
  }
}

function balanceKey(ctx: Context, holder: string): string {
  return ctx.stub.createCompositeKey(BALANCE, [holder]);
}

function allowanceKey(ctx: Context, owner: string, spender: string): string {
  return ctx.stub.createCompositeKey(ALLOWANCE, [owner, spender]);
}

function requireIssuer(ctx: Context): void {
  if (ctx.clientIdentity.getMSPID() !== ISSUER) throw new Error(`only ${ISSUER} may do this`);
}

function amountOf(text: string): bigint {
  if (!/^[1-9][0-9]{0,38}$/.test(text)) throw new Error('amounts are positive whole numbers');
  return BigInt(text);
}
