import { Returns, Transaction } from 'fabric-contract-api';
import {
  FABRIC_SCHEMA,
  formatAccount,
  parseAccount,
  parseAmount,
  type NoteJson,
} from '@midlock/protocol';
import {
  accountArgument,
  hexArgument,
  listArgument,
  nameArgument,
  pageSizeArgument,
} from '../arguments.ts';
import { createNote, loadFungible, spendAmount, spendNotes } from '../assets/notes.ts';
import { beginTransaction, requireKnownOrganization } from '../config.ts';
import { MidlockContext } from '../context.ts';
import { keys, prefixes } from '../keys.ts';
import { authorize, authorizeAccount } from '../rights.ts';
import { requireRule } from '../rules.ts';
import { MidlockContract, answer } from './midlock-contract.ts';

/** Fungible assets (README, Transactions). No transaction here shares a key with another one but the notes it consumes. */
export class NotesContract extends MidlockContract {
  constructor() {
    super('notes');
  }

  @Transaction()
  @Returns('string')
  async create(ctx: MidlockContext, assetId: string): Promise<string> {
    const config = await beginTransaction(ctx);
    authorize(ctx, 'notes:create', config);
    const id = nameArgument(assetId, 'assetId');
    const existing = await ctx.state.get(keys.asset(id));
    requireRule('asset-new', existing === undefined, { assetId: id });
    const issuer = formatAccount(ctx.caller.account);
    const asset = { schema: FABRIC_SCHEMA, kind: 'fungible', id, issuer } as const;
    await ctx.state.put(keys.asset(id), asset);
    ctx.emit({ type: 'asset', action: 'create', assetId: id, issuer });
    return answer(asset);
  }

  @Transaction(false)
  @Returns('string')
  async get(ctx: MidlockContext, assetId: string): Promise<string> {
    return answer(await loadFungible(ctx, nameArgument(assetId, 'assetId')));
  }

  @Transaction()
  @Returns('string')
  async mint(ctx: MidlockContext, assetId: string, to: string, amount: string): Promise<string> {
    const config = await beginTransaction(ctx);
    const asset = await loadFungible(ctx, nameArgument(assetId, 'assetId'));
    await authorizeAccount(ctx, 'notes:mint', parseAccount(asset.issuer, 'issuer'));
    const receiver = accountArgument(to, 'to');
    requireKnownOrganization(config, receiver, 'to');
    const note = await createNote(
      ctx,
      asset.id,
      formatAccount(receiver),
      parseAmount(amount, 'amount'),
    );
    await ctx.state.put(keys.issued(asset.id, ctx.stub.getTxID()), {
      schema: FABRIC_SCHEMA,
      amount,
    });
    ctx.emit({ type: 'asset', action: 'mint', assetId: asset.id, to, amount });
    return made([note]);
  }

  @Transaction()
  @Returns('string')
  async transfer(
    ctx: MidlockContext,
    assetId: string,
    owner: string,
    inputs: string,
    to: string,
    amount: string,
  ): Promise<string> {
    const config = await beginTransaction(ctx);
    const from = accountArgument(owner, 'owner');
    await authorizeAccount(ctx, 'notes:transfer', from);
    const receiver = accountArgument(to, 'to');
    requireKnownOrganization(config, receiver, 'to');
    const paid = parseAmount(amount, 'amount');
    const id = nameArgument(assetId, 'assetId');
    const { change } = await spendAmount(ctx, id, owner, listArgument(inputs, 'inputs'), paid);
    const payment = await createNote(ctx, id, to, paid);
    const rest = change > 0n ? [await createNote(ctx, id, owner, change)] : [];
    ctx.emit({ type: 'asset', action: 'transfer', assetId: id, from: owner, to, amount });
    return made([payment, ...rest]);
  }

  @Transaction()
  @Returns('string')
  async split(
    ctx: MidlockContext,
    assetId: string,
    owner: string,
    input: string,
    amounts: string,
  ): Promise<string> {
    await beginTransaction(ctx);
    await authorizeAccount(ctx, 'notes:split', accountArgument(owner, 'owner'));
    const id = nameArgument(assetId, 'assetId');
    const parts = listArgument(amounts, 'amounts').map((part) => parseAmount(part, 'amounts'));
    requireRule('notes-count', parts.length >= 2, { argument: 'amounts', least: 2 });
    const sum = await spendNotes(ctx, id, owner, [hexArgument(input, 'input')]);
    const wanted = parts.reduce((total, part) => total + part, 0n);
    requireRule('split-equal', wanted === sum, { argument: 'amounts', expected: sum });
    const notes: NoteJson[] = [];
    for (const part of parts) notes.push(await createNote(ctx, id, owner, part));
    ctx.emit({ type: 'asset', action: 'split', assetId: id, owner, parts: String(parts.length) });
    return made(notes);
  }

  @Transaction()
  @Returns('string')
  async merge(
    ctx: MidlockContext,
    assetId: string,
    owner: string,
    inputs: string,
  ): Promise<string> {
    await beginTransaction(ctx);
    await authorizeAccount(ctx, 'notes:merge', accountArgument(owner, 'owner'));
    const id = nameArgument(assetId, 'assetId');
    const spent = listArgument(inputs, 'inputs');
    requireRule('notes-count', spent.length >= 2, { argument: 'inputs', least: 2 });
    const note = await createNote(ctx, id, owner, await spendNotes(ctx, id, owner, spent));
    ctx.emit({ type: 'asset', action: 'merge', assetId: id, owner, parts: String(spent.length) });
    return made([note]);
  }

  @Transaction()
  @Returns('string')
  async burn(
    ctx: MidlockContext,
    assetId: string,
    owner: string,
    inputs: string,
    amount: string,
  ): Promise<string> {
    await beginTransaction(ctx);
    await authorizeAccount(ctx, 'notes:burn', accountArgument(owner, 'owner'));
    const id = nameArgument(assetId, 'assetId');
    const burnt = parseAmount(amount, 'amount');
    const { change } = await spendAmount(ctx, id, owner, listArgument(inputs, 'inputs'), burnt);
    const rest = change > 0n ? [await createNote(ctx, id, owner, change)] : [];
    await ctx.state.put(keys.burnt(id, ctx.stub.getTxID()), { schema: FABRIC_SCHEMA, amount });
    ctx.emit({ type: 'asset', action: 'burn', assetId: id, owner, amount });
    return made(rest);
  }

  @Transaction(false)
  @Returns('string')
  async notesOf(
    ctx: MidlockContext,
    owner: string,
    assetId: string,
    pageSize: string,
    bookmark: string,
  ): Promise<string> {
    const account = formatAccount(accountArgument(owner, 'owner'));
    const prefix = prefixes.notesOf(nameArgument(assetId, 'assetId'), account);
    return answer(await ctx.state.page(prefix, pageSizeArgument(pageSize), bookmark));
  }
}

function made(notes: readonly NoteJson[]): string {
  return answer({ schema: FABRIC_SCHEMA, notes });
}
