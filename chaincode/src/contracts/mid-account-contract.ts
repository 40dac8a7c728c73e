import { Returns, Transaction } from 'fabric-contract-api';
import { FABRIC_SCHEMA } from '@midlock/protocol';
import { hexArgument, nameArgument, pageSizeArgument } from '../arguments.ts';
import { loadConfig } from '../config.ts';
import { conservation } from '../conservation.ts';
import { MidlockContext } from '../context.ts';
import { prefixes } from '../keys.ts';
import { claim, decline, find, lock, refund, release } from '../mid-account.ts';
import { requireRule } from '../rules.ts';
import { MidlockContract, answer } from './midlock-contract.ts';

/** Mid-accounts: each holds the asset of one swap under a hash lock (docs/swap.md; README, Transactions). */
export class MidAccountContract extends MidlockContract {
  constructor() {
    super('mid-account');
  }

  @Transaction()
  @Returns('string')
  async lock(ctx: MidlockContext, terms: string, inputs: string): Promise<string> {
    return answer(await lock(ctx, terms, inputs));
  }

  @Transaction()
  @Returns('string')
  async claim(ctx: MidlockContext, swapId: string, secret: string): Promise<string> {
    return answer(await claim(ctx, hexArgument(swapId, 'swapId'), secret));
  }

  @Transaction()
  @Returns('string')
  async refund(ctx: MidlockContext, swapId: string): Promise<string> {
    return answer(await refund(ctx, hexArgument(swapId, 'swapId')));
  }

  @Transaction()
  @Returns('string')
  async release(ctx: MidlockContext, swapId: string): Promise<string> {
    return answer(await release(ctx, hexArgument(swapId, 'swapId')));
  }

  @Transaction()
  @Returns('string')
  async decline(ctx: MidlockContext, terms: string): Promise<string> {
    return answer(await decline(ctx, terms));
  }

  @Transaction(false)
  @Returns('string')
  async get(ctx: MidlockContext, swapId: string): Promise<string> {
    return answer(await find(ctx, hexArgument(swapId, 'swapId')));
  }

  @Transaction(false)
  @Returns('string')
  async list(
    ctx: MidlockContext,
    which: string,
    pageSize: string,
    bookmark: string,
  ): Promise<string> {
    requireRule('argument-form', which === 'open' || which === 'settled', {
      argument: 'which',
      expected: 'open or settled',
    });
    const prefix = which === 'open' ? prefixes.midAccounts() : prefixes.tombstones();
    return answer(await ctx.state.page(prefix, pageSizeArgument(pageSize), bookmark));
  }

  @Transaction(false)
  @Returns('string')
  async conservation(ctx: MidlockContext, assetId: string): Promise<string> {
    return answer(await conservation(ctx, nameArgument(assetId, 'assetId')));
  }

  /** The endorser's clock: differs between organisations, so that it can only be evaluated. */
  @Transaction(false)
  @Returns('string')
  async time(ctx: MidlockContext): Promise<string> {
    const { maxPastSec, maxFutureSec, gapSec } = await loadConfig(ctx);
    const { mspId, clock } = ctx.ports;
    const clockMs = String(clock.nowMs());
    return answer({ schema: FABRIC_SCHEMA, mspId, clockMs, maxPastSec, maxFutureSec, gapSec });
  }
}
