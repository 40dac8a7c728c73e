import { Returns, Transaction } from 'fabric-contract-api';
import {
  FABRIC_SCHEMA,
  formatAccount,
  parseAccount,
  type Page,
  type UniqueAssetJson,
} from '@midlock/protocol';
import { accountArgument, hexArgument, nameArgument, pageSizeArgument } from '../arguments.ts';
import { giveTo, loadFreeUnique, loadUnique } from '../assets/unique.ts';
import { beginTransaction, requireKnownOrganization } from '../config.ts';
import { MidlockContext } from '../context.ts';
import { keys, prefixes } from '../keys.ts';
import { authorize, authorizeAccount } from '../rights.ts';
import { requireRule } from '../rules.ts';
import { MidlockContract, answer } from './midlock-contract.ts';

/** Unique assets, and evidence: unique assets whose content only grows (README, Transactions). */
export class AssetsContract extends MidlockContract {
  constructor() {
    super('assets');
  }

  @Transaction()
  @Returns('string')
  async issue(
    ctx: MidlockContext,
    assetId: string,
    to: string,
    contentHash: string,
  ): Promise<string> {
    const base = await issueTo(ctx, 'assets:issue', assetId, to);
    return written(ctx, 'issue', {
      ...base,
      kind: 'unique',
      contentHash: hexArgument(contentHash, 'contentHash'),
    });
  }

  @Transaction()
  @Returns('string')
  async issueEvidence(
    ctx: MidlockContext,
    assetId: string,
    to: string,
    contentHash: string,
    schemaId: string,
  ): Promise<string> {
    const base = await issueTo(ctx, 'assets:issueEvidence', assetId, to);
    const entry = evidenceEntry(ctx, contentHash, schemaId);
    return written(ctx, 'issue', {
      ...base,
      kind: 'evidence',
      contentHash: entry.hash,
      content: [entry],
    });
  }

  @Transaction()
  @Returns('string')
  async append(
    ctx: MidlockContext,
    assetId: string,
    contentHash: string,
    schemaId: string,
  ): Promise<string> {
    const asset = await changeable(ctx, assetId);
    await authorizeAccount(ctx, 'assets:append', parseAccount(asset.holder, 'holder'));
    requireRule('asset-kind', asset.kind === 'evidence', { assetId, kind: asset.kind });
    const entry = evidenceEntry(ctx, contentHash, schemaId);
    const content = [...(asset.content ?? []), entry];
    return written(ctx, 'append', { ...asset, contentHash: entry.hash, content });
  }

  @Transaction()
  @Returns('string')
  async update(ctx: MidlockContext, assetId: string, contentHash: string): Promise<string> {
    const asset = await changeable(ctx, assetId);
    await authorizeAccount(ctx, 'assets:update', parseAccount(asset.issuer, 'issuer'));
    requireRule('asset-kind', asset.kind === 'unique', { assetId, kind: asset.kind });
    return written(ctx, 'update', {
      ...asset,
      contentHash: hexArgument(contentHash, 'contentHash'),
    });
  }

  @Transaction()
  @Returns('string')
  async transfer(ctx: MidlockContext, assetId: string, to: string): Promise<string> {
    const config = await beginTransaction(ctx);
    const asset = await loadFreeUnique(ctx, nameArgument(assetId, 'assetId'));
    await authorizeAccount(ctx, 'assets:transfer', parseAccount(asset.holder, 'holder'));
    requireKnownOrganization(config, accountArgument(to, 'to'), 'to');
    const given = await giveTo(ctx, asset, to);
    ctx.emit({ type: 'asset', action: 'transfer', assetId, from: asset.holder, to });
    return answer(given);
  }

  @Transaction()
  @Returns('string')
  async burn(ctx: MidlockContext, assetId: string): Promise<string> {
    const asset = await changeable(ctx, assetId);
    await authorizeAccount(ctx, 'assets:burn', parseAccount(asset.holder, 'holder'));
    await ctx.state.put(keys.asset(asset.id), {
      schema: FABRIC_SCHEMA,
      kind: 'burnt',
      id: asset.id,
    });
    await ctx.state.delete(keys.held(asset.holder, asset.id));
    ctx.emit({ type: 'asset', action: 'burn', assetId: asset.id, holder: asset.holder });
    return answer(asset);
  }

  @Transaction(false)
  @Returns('string')
  async get(ctx: MidlockContext, assetId: string): Promise<string> {
    return answer(await loadUnique(ctx, nameArgument(assetId, 'assetId')));
  }

  @Transaction(false)
  @Returns('string')
  async assetsOf(
    ctx: MidlockContext,
    holder: string,
    pageSize: string,
    bookmark: string,
  ): Promise<string> {
    const account = formatAccount(accountArgument(holder, 'holder'));
    const prefix = prefixes.heldBy(account);
    const held = await ctx.state.page(prefix, pageSizeArgument(pageSize), bookmark);
    const items: UniqueAssetJson[] = [];
    for (const { assetId } of held.items) items.push(await loadUnique(ctx, assetId));
    const page: Page<UniqueAssetJson> = { ...held, items };
    return answer(page);
  }
}

async function issueTo(
  ctx: MidlockContext,
  transaction: 'assets:issue' | 'assets:issueEvidence',
  assetId: string,
  to: string,
) {
  const config = await beginTransaction(ctx);
  authorize(ctx, transaction, config);
  const id = nameArgument(assetId, 'assetId');
  const existing = await ctx.state.get(keys.asset(id));
  requireRule('asset-new', existing === undefined, { assetId: id });
  requireKnownOrganization(config, accountArgument(to, 'to'), 'to');
  const issuer = formatAccount(ctx.caller.account);
  await ctx.state.put(keys.held(to, id), { schema: FABRIC_SCHEMA, assetId: id });
  return { schema: FABRIC_SCHEMA, id, issuer, holder: to } as const;
}

async function changeable(ctx: MidlockContext, assetId: string): Promise<UniqueAssetJson> {
  await beginTransaction(ctx);
  return loadFreeUnique(ctx, nameArgument(assetId, 'assetId'));
}

function evidenceEntry(ctx: MidlockContext, contentHash: string, schemaId: string) {
  return {
    hash: hexArgument(contentHash, 'contentHash'),
    schemaId: nameArgument(schemaId, 'schemaId'),
    issuer: formatAccount(ctx.caller.account),
    timeSec: String(ctx.stampSec),
  };
}

async function written(
  ctx: MidlockContext,
  action: string,
  asset: UniqueAssetJson,
): Promise<string> {
  await ctx.state.put(keys.asset(asset.id), asset);
  const { id: assetId, holder, contentHash } = asset;
  ctx.emit({ type: 'asset', action, assetId, holder, contentHash });
  return answer(asset);
}
