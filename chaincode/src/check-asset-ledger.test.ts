import './testing/silence.ts';
import { Contract } from 'fabric-contract-api';
import { formatAccount, type FabricAccount, type FabricLeg, type Hex32 } from '@midlock/protocol';
import { describe, expect, it } from 'vitest';
import type { AssetSupply } from './asset-ledger.ts';
import { noteLedger } from './assets/notes.ts';
import { MidlockContext } from './context.ts';
import {
  checkAssetLedger,
  requireAssetLedger,
  type LedgerUnderTest,
  type PromiseId,
} from './testing/index.ts';
import { TokenContract } from './testing/token-ledger.ts';

/** A token under test: its class and how people use it. */
function tested(Token: new () => TokenContract): LedgerUnderTest {
  return {
    ledger: new Token(),
    contracts: [Token],
    assetId: 'TOK',
    fund: (network, holder, amount) =>
      network.send(network.people.carol, 'token:issue', holder.id, String(amount)),
    balance: async (network, holder) =>
      BigInt(await network.query(holder, 'token:balanceOf', holder.id)),
    collect: (network, holder, swapId) => network.send(holder, 'token:collect', swapId),
  };
}

async function brokenBy(underTest: LedgerUnderTest): Promise<readonly PromiseId[]> {
  const reports = await checkAssetLedger(underTest);
  return reports.filter(({ kept }) => !kept).map(({ promise }) => promise);
}

const write = (ctx: MidlockContext, type: string, attributes: string[], value: string) =>
  ctx.stub.putState(ctx.stub.createCompositeKey(type, attributes), Buffer.from(value));

/** One mistake each, with every promise that it breaks: no more and no fewer. */
class SharedBalance extends TokenContract {
  override async credit(ctx: MidlockContext, leg: FabricLeg, _id: Hex32, to: FabricAccount) {
    await this.change(ctx, 'balance', formatAccount(to), leg.amount);
  }
}

class OneIncomingRow extends TokenContract {
  override async credit(ctx: MidlockContext, leg: FabricLeg, _id: Hex32, to: FabricAccount) {
    await super.credit(ctx, leg, 'all' as Hex32, to);
  }
  override async collect(ctx: MidlockContext): Promise<string> {
    return super.collect(ctx, 'all');
  }
}

class BlindDebit extends TokenContract {
  override async debit(ctx: MidlockContext, leg: FabricLeg) {
    await write(ctx, 'spent', [formatAccount(leg.owner), ctx.stub.getTxID()], String(leg.amount));
  }
}

class Unchecked extends TokenContract {
  protected override async change(ctx: MidlockContext, row: string, holder: string, by: bigint) {
    await super.change(ctx, row, holder, by).catch(() => undefined);
  }
}

class FeeOnPayout extends TokenContract {
  override async credit(ctx: MidlockContext, leg: FabricLeg, id: Hex32, to: FabricAccount) {
    await super.credit(ctx, { ...leg, amount: leg.amount - 1n }, id, to);
  }
}

class FeeOnLock extends TokenContract {
  override async debit(ctx: MidlockContext, leg: FabricLeg) {
    await super.debit(ctx, leg);
    const holder = formatAccount(leg.owner);
    const has = BigInt(await this.balanceOf(ctx, holder));
    if (has > leg.amount) await super.debit(ctx, { ...leg, amount: leg.amount + 1n });
  }
}

class PaysBeneficiaryAlways extends TokenContract {
  override async credit(ctx: MidlockContext, leg: FabricLeg, id: Hex32) {
    await super.credit(ctx, leg, id, leg.beneficiary);
  }
}

class Endless extends TokenContract {
  override async collect(ctx: MidlockContext, swapId: string): Promise<string> {
    const deleteState = ctx.stub.deleteState.bind(ctx.stub);
    ctx.stub.deleteState = () => Promise.resolve();
    const amount = await super.collect(ctx, swapId);
    ctx.stub.deleteState = deleteState;
    return amount;
  }
}

class Scanning extends TokenContract {
  override async credit(ctx: MidlockContext, leg: FabricLeg, id: Hex32, to: FabricAccount) {
    for await (const _ of ctx.stub.getStateByPartialCompositeKey('incoming', [formatAccount(to)]));
    await super.credit(ctx, leg, id, to);
  }
}

class ByTheClock extends TokenContract {
  override async credit(ctx: MidlockContext, leg: FabricLeg, id: Hex32, to: FabricAccount) {
    await write(ctx, 'paid', [id], String(performance.now()));
    await super.credit(ctx, leg, id, to);
  }
}

class Intruder extends TokenContract {
  override async credit(ctx: MidlockContext, leg: FabricLeg, id: Hex32, to: FabricAccount) {
    await write(ctx, 'tomb', [`0x${'00'.repeat(32)}`], '{"schema":1}');
    await super.credit(ctx, leg, id, to);
  }
}

class Mute extends TokenContract {
  override describe(): Promise<AssetSupply | undefined> {
    return Promise.resolve(undefined);
  }
}

class Rounding extends TokenContract {
  override async credit(ctx: MidlockContext, leg: FabricLeg, id: Hex32, to: FabricAccount) {
    await super.credit(ctx, { ...leg, amount: BigInt(Number(leg.amount)) }, id, to);
  }
}

class Whimsical extends TokenContract {
  #asked = 0;
  override keeps(kind: string, assetId: string): boolean {
    this.#asked += 1;
    return super.keeps(kind, assetId) && this.#asked !== 2;
  }
}

class Silent extends TokenContract {
  override async debit(ctx: MidlockContext, leg: FabricLeg) {
    ctx.flushEvents = () => {
      ctx.stub.setEvent('Transfer', Buffer.from(String(leg.amount)));
    };
    await super.debit(ctx, leg);
  }
}

class Pausable extends TokenContract {
  override async debit(ctx: MidlockContext, leg: FabricLeg) {
    await this.requireRunning(ctx);
    await super.debit(ctx, leg);
  }
  protected async requireRunning(ctx: MidlockContext): Promise<void> {
    const paused = await ctx.stub.getState('paused');
    if (paused.length > 0) throw new Error('paused');
  }
}

class PausingClaims extends Pausable {
  override async credit(ctx: MidlockContext, leg: FabricLeg, id: Hex32, to: FabricAccount) {
    await this.requireRunning(ctx);
    await super.credit(ctx, leg, id, to);
  }
}

/** As chaincode in JavaScript often is: without decorators, every method is a transaction. */
class Bare extends Contract {
  readonly #token = new TokenContract();
  constructor() {
    super('token');
  }
  override createContext(): MidlockContext {
    return new MidlockContext();
  }
  issue(ctx: MidlockContext, to: string, amount: string) {
    return this.#token.issue(ctx, to, amount);
  }
  collect(ctx: MidlockContext, swapId: string) {
    return this.#token.collect(ctx, swapId);
  }
  balanceOf(ctx: MidlockContext, holder: string) {
    return this.#token.balanceOf(ctx, holder);
  }
  debit(ctx: MidlockContext, leg: FabricLeg) {
    return this.#token.debit(ctx, leg);
  }
  credit(ctx: MidlockContext, leg: FabricLeg, id: Hex32, to: FabricAccount) {
    return this.#token.credit(ctx, leg, id, to);
  }
}

class Pauses extends Contract {
  constructor() {
    super('pauses');
  }
  async pause(ctx: MidlockContext) {
    await ctx.stub.putState('paused', Buffer.from('yes'));
  }
}

const pausable = (Token: new () => TokenContract): LedgerUnderTest => ({
  ...tested(Token),
  contracts: [Token, Pauses],
  obstacles: { pause: (network) => network.send(network.people.admin1, 'pauses:pause') },
});

const payouts = ['exact-claim', 'exact-refund', 'exact-release', 'side-by-side'] as const;

describe('checkAssetLedger', () => {
  it('finds nothing wrong with a ledger that keeps its promises', async () => {
    await requireAssetLedger(tested(TokenContract));
    await requireAssetLedger(pausable(Pausable));
  });

  it.each<[string, new () => TokenContract, readonly PromiseId[]]>([
    [
      'a shared balance',
      SharedBalance,
      ['claim-not-hindered', 'refund-not-hindered', 'side-by-side'],
    ],
    ['one row for all payouts', OneIncomingRow, ['side-by-side']],
    [
      'a debit that reads nothing',
      BlindDebit,
      ['exact-debit', 'no-overdraft', 'no-double-spend', 'conserved'],
    ],
    ['an unchecked balance', Unchecked, ['no-overdraft']],
    ['a fee taken from payouts', FeeOnPayout, [...payouts, 'conserved', 'large-amounts']],
    ['a fee taken from locks', FeeOnLock, ['exact-debit', 'conserved']],
    ['a refund paid to the beneficiary', PaysBeneficiaryAlways, ['exact-refund', 'exact-release']],
    [
      'a payout that can be collected twice',
      Endless,
      ['exact-claim', 'exact-refund', 'exact-release', 'conserved'],
    ],
    ['a settlement that scans', Scanning, ['side-by-side', 'no-phantoms']],
    ['a result that follows the clock', ByTheClock, ['deterministic']],
    ["a write under Midlock's keys", Intruder, ['own-keys']],
    ['a ledger that does not count', Mute, ['conserved']],
    ['floating-point amounts', Rounding, ['large-amounts']],
    ['an asset kept now and then', Whimsical, ['keeps-pure']],
    ['an event in place of the swap', Silent, ['events']],
  ])('names what %s breaks', async (_, Token, promises) => {
    expect(await brokenBy(tested(Token))).toEqual(promises);
  });

  it('names a pause that stops settlements', async () => {
    expect(await brokenBy(pausable(PausingClaims))).toEqual(['no-obstacles']);
  });

  it('names port functions that anybody can send', async () => {
    const bare = { ...tested(TokenContract), contracts: [Bare] };
    expect(await brokenBy(bare)).toEqual(['not-callable']);
  });

  it('says what could not be tried', async () => {
    const moneyless = {
      ...tested(TokenContract),
      fund: () => Promise.reject(new Error('no money')),
    };
    await expect(requireAssetLedger(moneyless)).rejects.toThrow(
      /exact-claim: .*; but it could not be tried: no money/,
    );
  });

  it("holds for Midlock's own notes", async () => {
    const minted = new Map<string, string[]>();
    await requireAssetLedger({
      ledger: noteLedger,
      contracts: [],
      assetId: 'EUR',
      fund: async (network, holder, amount) => {
        const made = await network.send(
          network.people.carol,
          'notes:mint',
          'EUR',
          holder.id,
          String(amount),
        );
        const { notes } = JSON.parse(made) as { notes: { id: string }[] };
        minted.set(holder.id, [...(minted.get(holder.id) ?? []), ...notes.map(({ id }) => id)]);
      },
      balance: async (network, holder) => (await notesOf(network, holder)).sum,
      inputs: async (network, holder) => (await notesOf(network, holder)).ids,
    });
  });
});

async function notesOf(
  network: Parameters<LedgerUnderTest['balance']>[0],
  holder: Parameters<LedgerUnderTest['balance']>[1],
): Promise<{ readonly sum: bigint; readonly ids: readonly string[] }> {
  const page = await network.query(holder, 'notes:notesOf', holder.id, 'EUR', '100', '');
  const { items } = JSON.parse(page) as { items: { id: string; amount: string }[] };
  const sum = items.reduce((total, { amount }) => total + BigInt(amount), 0n);
  return { sum, ids: items.map(({ id }) => id) };
}
