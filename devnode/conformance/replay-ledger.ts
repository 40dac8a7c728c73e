import { common } from '@hyperledger/fabric-protos';
import { ChannelLedger } from '../src/ledger/channel.ts';
import type { Collection, Definitions } from '../src/ledger/definition.ts';
import { createMspRegistry } from '../src/msp/index.ts';
import { readDefinitions, type ChaincodeDefinition } from '../src/options.ts';

export interface ReplayOptions {
  readonly channel: string;
  readonly mspIds: readonly string[];
  readonly chaincodes: readonly Omit<ChaincodeDefinition, 'endpoints'>[];
}

/**
 * Commits a network's blocks, from number 0 on, in a ledger of devnode's and reckons each commit hash anew.
 * @throws {DevnodeError} LEDGER_DAMAGED at the first block whose commit hash is another one.
 */
export function replayLedger(blocks: readonly Uint8Array[], options: ReplayOptions): ChannelLedger {
  const ledger = new ChannelLedger({
    name: options.channel,
    genesis: new Uint8Array(),
    signBlock: () => new Uint8Array(),
    registry: createMspRegistry([]),
    definitions: definitionsOf(options),
  });
  for (const bytes of blocks) ledger.replay(common.Block.deserializeBinary(bytes), []);
  return ledger;
}

/** The chaincodes', and the lifecycle's, where each organisation keeps its approvals in a collection of its own. */
function definitionsOf({ channel, mspIds, chaincodes }: ReplayOptions): Definitions {
  const definitions = readDefinitions({
    channel,
    organizations: mspIds.map((mspId) => ({ mspId })),
    chaincodes: chaincodes.map((chaincode) => ({ ...chaincode, endpoints: {} })),
  });
  const implicit = mspIds.map((mspId): [string, Collection] => {
    const name = `_implicit_org_${mspId}`;
    const collection = {
      ...{ name, memberOrgs: new Set<string>(), endorsementPolicy: undefined, blockToLive: 0 },
      ...{ memberOnlyRead: false, memberOnlyWrite: false },
    };
    return [name, collection];
  });
  const policy = { rule: { kind: 'out-of', n: 0, rules: [] }, principals: [] } as const;
  const name = '_lifecycle';
  return new Map([
    ...definitions,
    [name, { name, version: '', sequence: 1, policy, collections: new Map(implicit) }],
  ]);
}
