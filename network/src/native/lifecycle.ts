import { common, peer } from '@hyperledger/fabric-protos';
import { parsePolicy, policyToBytes } from '@midlock/devnode/msp';
import { NetworkError } from '../network-error.ts';
import type { PeerClient } from './peer-client.ts';

const { lifecycle } = peer;

/** A private data collection as `--collections-config` has it. Policies in Fabric's language. */
export interface CollectionDefinition {
  readonly name: string;
  readonly policy: string;
  readonly requiredPeerCount?: number;
  readonly maxPeerCount?: number;
  readonly blockToLive?: number;
  readonly memberOnlyRead?: boolean;
  readonly memberOnlyWrite?: boolean;
  /** Default: the chaincode's own policy. */
  readonly endorsementPolicy?: string;
}

/** What organisations agree on about a chaincode. */
export interface ChaincodeDefinition {
  readonly name: string;
  readonly version: string;
  /** 1 for a new chaincode, one more for each change. */
  readonly sequence: number;
  /** Default: the channel's MAJORITY Endorsement. */
  readonly endorsementPolicy?: string;
  readonly collections?: readonly CollectionDefinition[];
}

/** Lets one peer join the channel. */
export async function joinChannel(client: PeerClient, genesisBlock: Uint8Array): Promise<void> {
  await client.process({ channel: '', chaincode: 'cscc', args: ['JoinChain', genesisBlock] });
}

/** Installs a package on one peer. */
export async function installChaincode(client: PeerClient, bytes: Uint8Array): Promise<void> {
  const args = new lifecycle.InstallChaincodeArgs();
  args.setChaincodeInstallPackage(bytes);
  await client.process({
    channel: '',
    chaincode: '_lifecycle',
    args: ['InstallChaincode', args.serializeBinary()],
  });
}

/** Approves a definition for one organisation and waits for the commit. @throws {NetworkError} DEPLOY_FAILED. */
export async function approveChaincode(
  client: PeerClient,
  mspId: string,
  channel: string,
  definition: ChaincodeDefinition,
  packageId: string,
): Promise<void> {
  const local = new lifecycle.ChaincodeSource.Local();
  local.setPackageId(packageId);
  const source = new lifecycle.ChaincodeSource();
  source.setLocalPackage(local);
  const args = new lifecycle.ApproveChaincodeDefinitionForMyOrgArgs();
  args.setSource(source);
  await commit(
    client,
    [mspId],
    channel,
    'ApproveChaincodeDefinitionForMyOrg',
    fill(args, definition),
  );
}

/** Commits a definition that enough organisations approved. @throws {NetworkError} DEPLOY_FAILED. */
export async function commitChaincode(
  client: PeerClient,
  mspIds: readonly string[],
  channel: string,
  definition: ChaincodeDefinition,
): Promise<void> {
  const args = fill(new lifecycle.CommitChaincodeDefinitionArgs(), definition);
  await commit(client, mspIds, channel, 'CommitChaincodeDefinition', args);
}

type DefinitionArgs = InstanceType<
  | typeof lifecycle.ApproveChaincodeDefinitionForMyOrgArgs
  | typeof lifecycle.CommitChaincodeDefinitionArgs
>;

function fill(args: DefinitionArgs, definition: ChaincodeDefinition): Uint8Array {
  args.setName(definition.name);
  args.setVersion(definition.version);
  args.setSequence(definition.sequence);
  args.setValidationParameter(applicationPolicy(definition.endorsementPolicy).serializeBinary());
  const collections = definition.collections ?? [];
  if (collections.length > 0) {
    const configs = new peer.CollectionConfigPackage();
    configs.setConfigList(collections.map(collectionConfig));
    args.setCollections(configs);
  }
  return args.serializeBinary();
}

function applicationPolicy(dsl: string | undefined): peer.ApplicationPolicy {
  const policy = new peer.ApplicationPolicy();
  if (dsl === undefined) policy.setChannelConfigPolicyReference('/Channel/Application/Endorsement');
  else policy.setSignaturePolicy(signaturePolicy(dsl));
  return policy;
}

function signaturePolicy(dsl: string): common.SignaturePolicyEnvelope {
  return common.SignaturePolicyEnvelope.deserializeBinary(policyToBytes(parsePolicy(dsl)));
}

function collectionConfig(definition: CollectionDefinition): peer.CollectionConfig {
  const members = new peer.CollectionPolicyConfig();
  members.setSignaturePolicy(signaturePolicy(definition.policy));
  const config = new peer.StaticCollectionConfig();
  config.setName(definition.name);
  config.setMemberOrgsPolicy(members);
  config.setRequiredPeerCount(definition.requiredPeerCount ?? 0);
  config.setMaximumPeerCount(definition.maxPeerCount ?? 1);
  config.setBlockToLive(definition.blockToLive ?? 0);
  config.setMemberOnlyRead(definition.memberOnlyRead ?? false);
  config.setMemberOnlyWrite(definition.memberOnlyWrite ?? false);
  if (definition.endorsementPolicy !== undefined) {
    config.setEndorsementPolicy(applicationPolicy(definition.endorsementPolicy));
  }
  const wrapper = new peer.CollectionConfig();
  wrapper.setStaticCollectionConfig(config);
  return wrapper;
}

async function commit(
  client: PeerClient,
  mspIds: readonly string[],
  channel: string,
  operation: string,
  args: Uint8Array,
): Promise<void> {
  const invocation = { channel, chaincode: '_lifecycle', args: [operation, args] };
  const code = await client.submit(invocation, mspIds);
  if (code !== 0) {
    throw new NetworkError('DEPLOY_FAILED', `${operation} was committed as invalid.`, {
      validationCode: code,
    });
  }
}
