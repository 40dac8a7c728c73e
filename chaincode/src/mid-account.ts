import {
  FABRIC_SCHEMA,
  parseSecret,
  parseTerms,
  parseTermsText,
  swapIdOf,
  termsToJson,
  toHex,
  verifySecret,
  type ChaincodeConfigJson,
  type FabricAccount,
  type FabricLeg,
  type Hex32,
  type LockRules,
  type MidAccountJson,
  type SwapTerms,
} from '@midlock/protocol';
import { listArgument } from './arguments.ts';
import type { AssetLedger } from './asset-ledger.ts';
import { beginTransaction, requireKnownOrganization } from './config.ts';
import type { MidlockContext } from './context.ts';
import { keys } from './keys.ts';
import { authorizeAccount } from './rights.ts';
import { requireRule } from './rules.ts';
import { requireStampInWindow } from './time-window.ts';

/**
 * Locks the Fabric leg of a swap: takes the asset from its owner into a mid-account that holds nothing else.
 * Reads configuration, alias, the two keys of the swap id and the inputs; claim and refund read none of what others write.
 */
export async function lock(
  ctx: MidlockContext,
  termsText: string,
  inputs: string,
): Promise<MidAccountJson> {
  const config = await beginTransaction(ctx);
  const terms = parseTermsText(termsText);
  requireThisNetwork(ctx, config, terms.fabric);
  await authorizeAccount(ctx, 'mid-account:lock', terms.fabric.owner);
  requireKnownOrganization(config, terms.fabric.beneficiary, 'fabric.beneficiary');
  requireDeadlines(ctx, config, terms);
  const swapId = await requireUnused(ctx, terms);
  await ledgerOf(ctx, terms.fabric).debit(
    ctx,
    terms.fabric,
    swapId,
    listArgument(inputs, 'inputs'),
  );
  const account = midAccount(ctx, config, terms, 'locked');
  await ctx.state.put(keys.midAccount(swapId), account);
  ctx.emit({ type: 'locked', swapId, terms: account.terms, rules: account.rules });
  return account;
}

/** Pays the recorded beneficiary; the secret is the only right that is needed. Claim iff stamp < T. */
export async function claim(
  ctx: MidlockContext,
  swapId: Hex32,
  secretText: string,
): Promise<MidAccountJson> {
  const { account, terms } = await beginSettlement(ctx, swapId);
  const secret = parseSecret(secretText);
  requireRule('claim-secret', verifySecret(secret, terms.hashLock));
  const { expiresAtSec } = terms.fabric;
  requireRule('claim-in-time', ctx.stampMs < expiresAtSec * 1000n, {
    expiresAtSec,
    stampMs: ctx.stampMs,
  });
  return settle(ctx, account, terms.fabric.beneficiary, {
    state: 'claimed',
    secret: toHex(secret),
  });
}

/** Pays the owner back once nobody can claim any more. Refund iff stamp >= T + gap. */
export async function refund(ctx: MidlockContext, swapId: Hex32): Promise<MidAccountJson> {
  const { account, terms } = await beginSettlement(ctx, swapId);
  const refundFromSec = terms.fabric.expiresAtSec + BigInt(account.rules.gapSec);
  requireRule('refund-after-gap', ctx.stampMs >= refundFromSec * 1000n, {
    refundFromSec,
    stampMs: ctx.stampMs,
  });
  return settle(ctx, account, terms.fabric.owner, { state: 'refunded' });
}

/** Pays the owner back early because the beneficiary says so. */
export async function release(ctx: MidlockContext, swapId: Hex32): Promise<MidAccountJson> {
  const { account, terms } = await beginSettlement(ctx, swapId);
  await authorizeAccount(ctx, 'mid-account:release', terms.fabric.beneficiary);
  return settle(ctx, account, terms.fabric.owner, { state: 'released' });
}

/** The owner of the Fabric leg makes this swap's lock impossible for ever. */
export async function decline(ctx: MidlockContext, termsText: string): Promise<MidAccountJson> {
  const config = await beginTransaction(ctx);
  const terms = parseTermsText(termsText);
  requireThisNetwork(ctx, config, terms.fabric);
  await authorizeAccount(ctx, 'mid-account:decline', terms.fabric.owner);
  const swapId = await requireUnused(ctx, terms);
  const account = midAccount(ctx, config, terms, 'declined');
  await ctx.state.put(keys.tombstone(swapId), account);
  ctx.emit({ type: 'declined', swapId, terms: account.terms });
  return account;
}

/** The mid-account, or its tombstone. Throws LOCK_UNKNOWN. */
export async function find(ctx: MidlockContext, swapId: Hex32): Promise<MidAccountJson> {
  const account =
    (await ctx.state.get(keys.midAccount(swapId))) ?? (await ctx.state.get(keys.tombstone(swapId)));
  requireRule('mid-account-known', account !== undefined, { swapId });
  return account;
}

/** The open mid-account, its stamp window checked by the rules under which it was locked. */
async function beginSettlement(
  ctx: MidlockContext,
  swapId: Hex32,
): Promise<{ readonly account: MidAccountJson; readonly terms: SwapTerms }> {
  const account = await ctx.state.get(keys.midAccount(swapId));
  if (account === undefined) {
    const { state } = await find(ctx, swapId);
    requireRule('mid-account-settled', false, { swapId, state });
  }
  requireStampInWindow(ctx, account.rules);
  return { account, terms: parseTerms(account.terms) };
}

async function settle(
  ctx: MidlockContext,
  account: MidAccountJson,
  to: FabricAccount,
  outcome:
    | { readonly state: 'claimed'; readonly secret: string }
    | { readonly state: 'refunded' | 'released' },
): Promise<MidAccountJson> {
  const { swapId } = account;
  const { fabric } = parseTerms(account.terms);
  await ledgerOf(ctx, fabric).credit(ctx, fabric, swapId, to);
  const tombstone: MidAccountJson = {
    ...account,
    ...outcome,
    settledAtSec: String(ctx.stampSec),
    settleTxId: ctx.stub.getTxID(),
  };
  await ctx.state.delete(keys.midAccount(swapId));
  await ctx.state.put(keys.tombstone(swapId), tombstone);
  if (outcome.state === 'claimed') ctx.emit({ type: 'claimed', swapId, secret: outcome.secret });
  else ctx.emit({ type: outcome.state, swapId });
  return tombstone;
}

function midAccount(
  ctx: MidlockContext,
  config: ChaincodeConfigJson,
  terms: SwapTerms,
  state: 'locked' | 'declined',
): MidAccountJson {
  const { maxPastSec, maxFutureSec, gapSec, version: configVersion } = config;
  const rules: LockRules = { maxPastSec, maxFutureSec, gapSec, configVersion };
  return {
    schema: FABRIC_SCHEMA,
    swapId: swapIdOf(terms),
    state,
    terms: termsToJson(terms),
    rules,
    lockedAtSec: String(ctx.stampSec),
    lockTxId: ctx.stub.getTxID(),
  };
}

function requireThisNetwork(
  ctx: MidlockContext,
  config: ChaincodeConfigJson,
  leg: FabricLeg,
): void {
  const here = {
    networkId: config.networkId,
    channel: ctx.stub.getChannelID(),
    chaincode: config.chaincode,
  };
  requireRule('lock-network', leg.networkId === here.networkId, {
    field: 'fabric.networkId',
    expected: here.networkId,
  });
  requireRule('lock-channel', leg.channel === here.channel, {
    field: 'fabric.channel',
    expected: here.channel,
  });
  requireRule('lock-chaincode', leg.chaincode === here.chaincode, {
    field: 'fabric.chaincode',
    expected: here.chaincode,
  });
}

function requireDeadlines(
  ctx: MidlockContext,
  config: ChaincodeConfigJson,
  { direction, fabric, ethereum }: SwapTerms,
): void {
  const leftMs = fabric.expiresAtSec * 1000n - ctx.stampMs;
  const { minDurationSec, maxDurationSec } = config;
  const data = { expiresAtSec: fabric.expiresAtSec, stampMs: ctx.stampMs };
  requireRule('lock-min-duration', leftMs >= BigInt(minDurationSec) * 1000n, {
    ...data,
    minDurationSec,
  });
  requireRule('lock-max-duration', leftMs <= BigInt(maxDurationSec) * 1000n, {
    ...data,
    maxDurationSec,
  });
  const [longSec, shortSec, marginSec] =
    direction === 'fabric-first'
      ? [fabric.expiresAtSec, ethereum.expiresAtSec, config.fabricFirstMarginSec]
      : [ethereum.expiresAtSec, fabric.expiresAtSec, config.ethereumFirstMarginSec];
  requireRule('lock-margin', longSec - shortSec >= BigInt(marginSec), {
    direction,
    longSec,
    shortSec,
    marginSec,
  });
}

/** The swap's id, recomputed from the terms; refused when it was locked or declined before. */
async function requireUnused(ctx: MidlockContext, terms: SwapTerms): Promise<Hex32> {
  const swapId = swapIdOf(terms);
  const open = await ctx.state.get(keys.midAccount(swapId));
  requireRule('lock-not-open', open === undefined, { swapId, state: open?.state });
  const used = await ctx.state.get(keys.tombstone(swapId));
  requireRule('lock-not-used', used === undefined, { swapId, state: used?.state });
  return swapId;
}

function ledgerOf(ctx: MidlockContext, leg: FabricLeg): AssetLedger {
  const ledger = ctx.ports.ledgers.find((one) => one.keeps(leg.assetKind, leg.assetId));
  requireRule('lock-ledger', ledger !== undefined, { assetId: leg.assetId, kind: leg.assetKind });
  return ledger;
}
