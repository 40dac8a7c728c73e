import {
  FABRIC_SCHEMA,
  formatAccount,
  parseAccount,
  sameAccount,
  type AccountJson,
  type FabricAccount,
} from '@midlock/protocol';
import { beginTransaction } from './config.ts';
import type { MidlockContext } from './context.ts';
import { keys } from './keys.ts';
import type { RotationRecord } from './records.ts';
import { requireRule } from './rules.ts';

/**
 * The account whose key moves what is recorded under `account`: the end of its chain of rotations.
 * Nothing that is recorded changes when a key is rotated, open mid-accounts included.
 */
async function controllerOf(ctx: MidlockContext, account: FabricAccount): Promise<FabricAccount> {
  let current = account;
  // No cycle: an account that was rotated away is never a target again.
  for (;;) {
    const alias = await ctx.state.get(keys.alias(current));
    if (alias === undefined) return current;
    current = parseAccount(alias.to, 'alias');
  }
}

/** True iff the caller's key moves what is recorded under `account`. */
export async function controls(ctx: MidlockContext, account: FabricAccount): Promise<boolean> {
  return sameAccount(ctx.caller.account, await controllerOf(ctx, account));
}

/** An account with its controller and the rotation that waits, if any. */
export async function describeAccount(
  ctx: MidlockContext,
  account: FabricAccount,
): Promise<AccountJson> {
  const pending = await ctx.state.get(keys.rotation(account));
  const controller = await controllerOf(ctx, account);
  return accountJson(account, controller, pending);
}

/**
 * One call for all three steps, told apart by the caller. The old key proposes (and takes back, with `to` equal to
 * `account`); the organisation's admin proposes for a lost key, which then waits for rotateDelay; the new key consents.
 * The old key's proposal is never overruled by the admin.
 * @throws {MidlockError} ARGUMENT_INVALID, NOT_AUTHORIZED (with `notBeforeSec` while an admin's proposal waits).
 */
export async function rotate(
  ctx: MidlockContext,
  account: FabricAccount,
  to: FabricAccount,
): Promise<AccountJson> {
  const config = await beginTransaction(ctx);
  requireRule('rotate-same-organization', account.mspId === to.mspId, { argument: 'to' });
  const rotated = await ctx.state.get(keys.alias(account));
  requireRule('rotate-once', rotated === undefined, { rule: 'rotated already' });
  const target = await ctx.state.get(keys.alias(to));
  requireRule('rotate-target-active', target === undefined, { argument: 'to' });
  const pending = await ctx.state.get(keys.rotation(account));
  const caller = ctx.caller.account;
  if (sameAccount(caller, account)) return proposeByOwner(ctx, account, to);
  if (sameAccount(caller, to) && pending?.to === formatAccount(to))
    return consent(ctx, account, to, pending);
  const isAdmin = ctx.caller.isAdmin && caller.mspId === account.mspId;
  requireRule('rotate-right', isAdmin, { right: 'rotation' });
  requireRule('rotate-owner-first', pending?.by !== 'owner', { rule: 'the owner has proposed' });
  const notBeforeSec = String(ctx.stampSec + BigInt(config.rotateDelaySec));
  return putPending(ctx, account, {
    schema: FABRIC_SCHEMA,
    to: formatAccount(to),
    by: 'admin',
    notBeforeSec,
  });
}

async function proposeByOwner(
  ctx: MidlockContext,
  account: FabricAccount,
  to: FabricAccount,
): Promise<AccountJson> {
  if (sameAccount(account, to)) {
    await ctx.state.delete(keys.rotation(account));
    emit(ctx, 'withdrawn', account, to);
    return accountJson(account, account, undefined);
  }
  const notBeforeSec = String(ctx.stampSec);
  return putPending(ctx, account, {
    schema: FABRIC_SCHEMA,
    to: formatAccount(to),
    by: 'owner',
    notBeforeSec,
  });
}

async function consent(
  ctx: MidlockContext,
  account: FabricAccount,
  to: FabricAccount,
  { notBeforeSec }: RotationRecord,
): Promise<AccountJson> {
  requireRule('rotate-delay', ctx.stampSec >= BigInt(notBeforeSec), { notBeforeSec });
  await ctx.state.put(keys.alias(account), { schema: FABRIC_SCHEMA, to: formatAccount(to) });
  await ctx.state.delete(keys.rotation(account));
  emit(ctx, 'rotated', account, to);
  return accountJson(account, to, undefined);
}

async function putPending(
  ctx: MidlockContext,
  account: FabricAccount,
  pending: RotationRecord,
): Promise<AccountJson> {
  await ctx.state.put(keys.rotation(account), pending);
  emit(ctx, 'proposed', account, parseAccount(pending.to, 'to'));
  return accountJson(account, account, pending);
}

function emit(ctx: MidlockContext, action: string, account: FabricAccount, to: FabricAccount) {
  ctx.emit({
    type: 'asset',
    action: `account-${action}`,
    assetId: '*',
    account: formatAccount(account),
    to: formatAccount(to),
  });
}

function accountJson(
  account: FabricAccount,
  controller: FabricAccount,
  pending: RotationRecord | undefined,
): AccountJson {
  return {
    schema: FABRIC_SCHEMA,
    account: formatAccount(account),
    controller: formatAccount(controller),
    ...(pending === undefined
      ? {}
      : { pending: { to: pending.to, by: pending.by, notBeforeSec: pending.notBeforeSec } }),
  };
}
