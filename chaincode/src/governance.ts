import { createHash } from 'node:crypto';
import {
  FABRIC_SCHEMA,
  canonicalJson,
  toHex32,
  type ChaincodeConfigJson,
  type ConfigProposalJson,
  type Hex32,
} from '@midlock/protocol';
import { beginTransaction, loadConfig, parseConfig } from './config.ts';
import type { MidlockContext } from './context.ts';
import { keys } from './keys.ts';
import type { ProposalRecord } from './records.ts';
import { authorize } from './rights.ts';
import { requireRule } from './rules.ts';
import { requireStampInWindow } from './time-window.ts';

/** Writes the first configuration, once, by an administrator of one of its organisations. */
export async function initialize(ctx: MidlockContext, text: string): Promise<ChaincodeConfigJson> {
  const config = parseConfig(text, 1n);
  requireStampInWindow(ctx, config);
  authorize(ctx, 'config:initialize', { organizations: config.organizations });
  const current = await ctx.state.get(keys.config());
  requireRule('config-once', current === undefined, { rule: 'initialised already' });
  requireRule('config-channel', config.channel === ctx.stub.getChannelID(), {
    field: 'channel',
    expected: ctx.stub.getChannelID(),
  });
  await putInForce(ctx, config, 'initialized');
  return config;
}

/** Proposes the next configuration and approves it for the caller's organisation. */
export async function propose(ctx: MidlockContext, text: string): Promise<ConfigProposalJson> {
  const current = await beginTransaction(ctx);
  authorize(ctx, 'config:propose', { organizations: current.organizations });
  const config = parseConfig(text, BigInt(current.version) + 1n);
  for (const field of ['networkId', 'channel', 'chaincode'] as const) {
    requireRule('config-immutable', config[field] === current[field], { field });
  }
  const proposalId = toHex32(createHash('sha256').update(canonicalJson(config)).digest());
  await ctx.state.put(keys.proposal(proposalId), { schema: FABRIC_SCHEMA, config });
  return approveFor(ctx, current, proposalId, config);
}

/** Approves a proposal for the caller's organisation; a majority of the organisations in force puts it in force. */
export async function approve(ctx: MidlockContext, proposalId: Hex32): Promise<ConfigProposalJson> {
  const current = await beginTransaction(ctx);
  authorize(ctx, 'config:approve', { organizations: current.organizations });
  const { config } = await loadProposal(ctx, proposalId);
  requireRule('proposal-current', BigInt(config.version) === BigInt(current.version) + 1n, {
    proposed: config.version,
    inForce: current.version,
  });
  return approveFor(ctx, current, proposalId, config);
}

/** A proposal with the approvals it has; evaluate only. */
export async function describeProposal(
  ctx: MidlockContext,
  proposalId: Hex32,
): Promise<ConfigProposalJson> {
  const current = await loadConfig(ctx);
  const { config } = await loadProposal(ctx, proposalId);
  const approvals = await approvalsOf(ctx, current, proposalId);
  const inForce = canonicalJson(config) === canonicalJson(current);
  return { schema: FABRIC_SCHEMA, proposalId, config, approvals, inForce };
}

async function approveFor(
  ctx: MidlockContext,
  current: ChaincodeConfigJson,
  proposalId: Hex32,
  config: ChaincodeConfigJson,
): Promise<ConfigProposalJson> {
  const { mspId } = ctx.caller.account;
  await ctx.state.put(keys.approval(proposalId, mspId), { schema: FABRIC_SCHEMA, mspId });
  const before = await approvalsOf(ctx, current, proposalId);
  const approvals = [...new Set([...before, mspId])].sort();
  const inForce = 2 * approvals.length > current.organizations.length;
  if (inForce) await putInForce(ctx, config, 'changed');
  else ctx.emit(configEvent('approved', config, { proposalId, mspId }));
  return { schema: FABRIC_SCHEMA, proposalId, config, approvals, inForce };
}

/** Reads one key per organisation instead of a range: two approvals in one block then conflict, and neither is lost. */
async function approvalsOf(
  ctx: MidlockContext,
  current: ChaincodeConfigJson,
  proposalId: Hex32,
): Promise<readonly string[]> {
  const approvals: string[] = [];
  for (const mspId of current.organizations) {
    const record = await ctx.state.get(keys.approval(proposalId, mspId));
    if (record !== undefined) approvals.push(mspId);
  }
  return approvals;
}

async function loadProposal(ctx: MidlockContext, proposalId: Hex32): Promise<ProposalRecord> {
  const proposal = await ctx.state.get(keys.proposal(proposalId));
  requireRule('proposal-known', proposal !== undefined, { argument: 'proposalId', proposalId });
  return proposal;
}

async function putInForce(
  ctx: MidlockContext,
  config: ChaincodeConfigJson,
  action: string,
): Promise<void> {
  await ctx.state.put(keys.config(), config);
  ctx.emit(configEvent(action, config, {}));
}

function configEvent(
  action: string,
  config: ChaincodeConfigJson,
  fields: Readonly<Record<string, string>>,
) {
  return {
    type: 'asset',
    action: `config-${action}`,
    assetId: '*',
    version: config.version,
    ...fields,
  } as const;
}
