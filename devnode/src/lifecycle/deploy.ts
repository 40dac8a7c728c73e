import { peer as protos } from '@hyperledger/fabric-protos';
import { DevnodeError } from '../devnode-error.ts';
import type { Endorser } from '../endorser/endorser.ts';
import type { ChannelLedger, CommittedBlock } from '../ledger/channel.ts';
import { policyText, type OrganizationMaterial } from '../msp/index.ts';
import {
  FIRST_PEER,
  readDefinitions,
  type ChaincodeDefinition,
  type ChaincodeEndpoint,
  type DevnodeOptions,
} from '../options.ts';
import type { Batcher } from '../orderer/batcher.ts';
import type { PeerNode } from '../peer-node.ts';
import { definitionTransaction } from './commit-definition.ts';
import { LIFECYCLE } from './definition-state.ts';

export interface DeployParts {
  readonly options: DevnodeOptions;
  readonly channel: ChannelLedger;
  readonly batcher: Batcher;
  readonly material: readonly OrganizationMaterial[];
  readonly peers: readonly PeerNode[];
  readonly isUp: (endorser: Endorser) => boolean;
  readonly nowMs: () => number;
}

/** Where a definition was committed. */
export interface DeployedChaincode {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  readonly txId: string;
  /** Number of the block. */
  readonly block: string;
}

/**
 * Puts a new chaincode, or another definition of one, in force: as after all organisations installed and approved it,
 * by a transaction of its own that peers endorse and validate. Peers take the new endpoints with its block; what was
 * endorsed under the definition before is then MVCC_READ_CONFLICT.
 * @throws {DevnodeError} CONFIG_INVALID for a malformed definition, for a sequence that is not the next one, while fewer
 * than a majority of organisations is up, and when another definition was committed meanwhile.
 */
export async function deployChaincode(
  { options, channel, batcher, material, peers, isUp, nowMs }: DeployParts,
  chaincode: ChaincodeDefinition,
): Promise<DeployedChaincode> {
  const definition = readDefinitions({ ...options, chaincodes: [chaincode] }).get(chaincode.name);
  if (definition === undefined || !/^[A-Za-z0-9]+([-_][A-Za-z0-9]+)*$/.test(chaincode.name))
    throw refused(`invalid chaincode name '${chaincode.name}'`);
  const { name, version, sequence } = definition;
  const next = (channel.definitions.get(name)?.sequence ?? 0) + 1;
  if (sequence !== next)
    throw refused(`requested sequence is ${sequence}, but new definition must be sequence ${next}`);
  const endorsers = oneOfEach(peers, isUp);
  if (endorsers.length * 2 <= material.length)
    throw refused('a majority of the organisations must be up to endorse a definition');
  const [first] = material.filter(({ mspId }) =>
    endorsers.some(({ options: endorser }) => endorser.mspId === mspId),
  );
  if (first === undefined) throw refused('there is no organisation');
  const { txId, envelope } = definitionTransaction(channel, definition, first, endorsers, nowMs());
  const committed = blockOf(channel, txId, () => {
    for (const node of peers) {
      const endpoint = chaincode.endpoints[node.endorser.options.mspId];
      if (endpoint === undefined) node.removeEndpoint(name);
      else node.setEndpoint(name, endpoint);
    }
  });
  batcher.add(envelope);
  const { block, code } = await committed;
  if (code !== protos.TxValidationCode.VALID)
    throw refused(`another definition of ${name} was committed meanwhile (code ${code})`);
  return { name, version, sequence, txId, block: String(block) };
}

/** A definition in force and where each organisation's `peer0` reaches it. */
export interface ChaincodeInForce {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  /** Fabric's language, every gate as OutOf. */
  readonly endorsementPolicy: string;
  /** Names of its private data collections. */
  readonly collections: readonly string[];
  readonly endpoints: Readonly<Record<string, ChaincodeEndpoint>>;
}

/** What stands under a chaincode's name; undefined when nothing does. */
export function chaincodeInForce(
  { channel, peers }: Pick<DeployParts, 'channel' | 'peers'>,
  name: string,
): ChaincodeInForce | undefined {
  const found = name === LIFECYCLE ? undefined : channel.definitions.get(name);
  if (found === undefined) return undefined;
  const endpoints = peers.flatMap((node): (readonly [string, ChaincodeEndpoint])[] => {
    const { mspId, name: peer } = node.endorser.options;
    const endpoint = peer === FIRST_PEER ? node.endpointOf(name) : undefined;
    return endpoint === undefined ? [] : [[mspId, endpoint]];
  });
  return {
    name,
    version: found.version,
    sequence: found.sequence,
    endorsementPolicy: policyText(found.policy),
    collections: [...found.collections.keys()],
    endpoints: Object.fromEntries(endpoints),
  };
}

function oneOfEach(
  peers: readonly PeerNode[],
  isUp: (endorser: Endorser) => boolean,
): readonly Endorser[] {
  const byOrganization = new Map<string, Endorser>();
  for (const { endorser } of peers)
    if (isUp(endorser) && !byOrganization.has(endorser.options.mspId))
      byOrganization.set(endorser.options.mspId, endorser);
  return [...byOrganization.values()];
}

/** Waits for the block; `onValid` runs in the same turn as its commit, before anybody can ask the new definition. */
function blockOf(
  channel: ChannelLedger,
  txId: string,
  onValid: () => void,
): Promise<{ readonly block: bigint; readonly code: number }> {
  return new Promise((resolve) => {
    const look = (committed: CommittedBlock): void => {
      const found = committed.transactions.find((transaction) => transaction.txId === txId);
      if (found === undefined) return;
      channel.off('block', look);
      if (found.code === protos.TxValidationCode.VALID) onValid();
      resolve(found);
    };
    channel.prependListener('block', look);
  });
}

function refused(sentence: string): DevnodeError {
  return new DevnodeError('CONFIG_INVALID', sentence);
}
