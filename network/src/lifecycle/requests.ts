import { peer } from '@hyperledger/fabric-protos';
import { NetworkError } from '../network-error.ts';
import type { EncodedDefinition } from './definition.ts';
import type { PeerClient } from './peer-client.ts';
import { reasonOf } from '../retry.ts';

const { lifecycle } = peer;

/** A definition that stands on the channel, with who approved it. */
export interface CommittedDefinition extends EncodedDefinition {
  readonly approvals: Readonly<Record<string, boolean>>;
}

/** What one organisation approved for a sequence; `packageId` is empty where it approved without a package. */
export interface ApprovedDefinition extends EncodedDefinition {
  readonly packageId: string;
}

/** Lets one peer join the channel. */
export async function joinChannel(client: PeerClient, genesisBlock: Uint8Array): Promise<void> {
  await client.process({ channel: '', chaincode: 'cscc', args: ['JoinChain', genesisBlock] });
}

/** Installs a package on one peer, which may have it already. Returns the id that the peer gave it. */
export async function installChaincode(
  client: PeerClient,
  chaincode: { readonly id: string; readonly bytes: Uint8Array },
): Promise<string> {
  const args = new lifecycle.InstallChaincodeArgs();
  args.setChaincodeInstallPackage(chaincode.bytes);
  try {
    const answer = await ask(client, '', 'InstallChaincode', args);
    return lifecycle.InstallChaincodeResult.deserializeBinary(answer).getPackageId();
  } catch (error) {
    if (/chaincode already successfully installed/.test(reasonOf(error))) return chaincode.id;
    throw error;
  }
}

/** Ids of the packages that one peer has. Needs its administrator. */
export async function queryInstalled(client: PeerClient): Promise<readonly string[]> {
  const args = new lifecycle.QueryInstalledChaincodesArgs();
  const answer = await ask(client, '', 'QueryInstalledChaincodes', args);
  return lifecycle.QueryInstalledChaincodesResult.deserializeBinary(answer)
    .getInstalledChaincodesList()
    .map((chaincode) => chaincode.getPackageId());
}

/** The definition in force, or undefined when the channel has none of this name. */
export async function queryCommitted(
  client: PeerClient,
  channel: string,
  name: string,
): Promise<CommittedDefinition | undefined> {
  const args = new lifecycle.QueryChaincodeDefinitionArgs();
  args.setName(name);
  const answer = await unlessUndefined(ask(client, channel, 'QueryChaincodeDefinition', args));
  if (answer === undefined) return undefined;
  const result = lifecycle.QueryChaincodeDefinitionResult.deserializeBinary(answer);
  return { ...decode(name, result), approvals: recordOf(result.getApprovalsMap()) };
}

/** What the peer's own organisation approved for a sequence, or undefined. */
export async function queryApproved(
  client: PeerClient,
  channel: string,
  name: string,
  sequence: number,
): Promise<ApprovedDefinition | undefined> {
  const args = new lifecycle.QueryApprovedChaincodeDefinitionArgs();
  args.setName(name);
  args.setSequence(sequence);
  const asking = ask(client, channel, 'QueryApprovedChaincodeDefinition', args);
  const answer = await unlessUndefined(asking);
  if (answer === undefined) return undefined;
  const result = lifecycle.QueryApprovedChaincodeDefinitionResult.deserializeBinary(answer);
  const packageId = result.getSource()?.getLocalPackage()?.getPackageId() ?? '';
  return { ...decode(name, result), packageId };
}

/** Which of the channel's organisations approved exactly this definition, which must be the next one. */
export async function checkReadiness(
  client: PeerClient,
  channel: string,
  definition: EncodedDefinition,
): Promise<Readonly<Record<string, boolean>>> {
  const args = fill(new lifecycle.CheckCommitReadinessArgs(), definition);
  const answer = await ask(client, channel, 'CheckCommitReadiness', args);
  return recordOf(lifecycle.CheckCommitReadinessResult.deserializeBinary(answer).getApprovalsMap());
}

/** Approves a definition for one organisation and waits for the commit. @throws {NetworkError} DEPLOY_FAILED. */
export async function approveChaincode(
  client: PeerClient,
  mspId: string,
  channel: string,
  definition: EncodedDefinition,
  packageId: string,
): Promise<void> {
  const local = new lifecycle.ChaincodeSource.Local();
  local.setPackageId(packageId);
  const source = new lifecycle.ChaincodeSource();
  source.setLocalPackage(local);
  const args = new lifecycle.ApproveChaincodeDefinitionForMyOrgArgs();
  args.setSource(source);
  fill(args, definition);
  await write(client, [mspId], channel, 'ApproveChaincodeDefinitionForMyOrg', args);
}

/** Commits a definition that the endorsing organisations approved. @throws {NetworkError} DEPLOY_FAILED. */
export async function commitChaincode(
  client: PeerClient,
  mspIds: readonly string[],
  channel: string,
  definition: EncodedDefinition,
): Promise<void> {
  const args = fill(new lifecycle.CommitChaincodeDefinitionArgs(), definition);
  await write(client, mspIds, channel, 'CommitChaincodeDefinition', args);
}

interface Serializable {
  serializeBinary(): Uint8Array;
}

interface DefinitionFields {
  setName(value: string): unknown;
  setVersion(value: string): unknown;
  setSequence(value: number): unknown;
  setValidationParameter(value: Uint8Array): unknown;
  setCollections(value: peer.CollectionConfigPackage): unknown;
}

function fill<Args extends DefinitionFields>(args: Args, definition: EncodedDefinition): Args {
  const { name, version, sequence, policy, collections } = definition;
  args.setName(name);
  args.setVersion(version);
  args.setSequence(sequence);
  args.setValidationParameter(policy);
  if (collections.length > 0)
    args.setCollections(peer.CollectionConfigPackage.deserializeBinary(collections));
  return args;
}

function decode(
  name: string,
  result: {
    getVersion(): string;
    getSequence(): number;
    getValidationParameter_asU8(): Uint8Array;
    getCollections(): peer.CollectionConfigPackage | undefined;
  },
): EncodedDefinition {
  return {
    name,
    version: result.getVersion(),
    sequence: result.getSequence(),
    policy: result.getValidationParameter_asU8(),
    collections: result.getCollections()?.serializeBinary() ?? new Uint8Array(),
  };
}

function recordOf(map: {
  forEach(visit: (value: boolean, key: string) => void): void;
}): Readonly<Record<string, boolean>> {
  const entries: [string, boolean][] = [];
  map.forEach((value, key) => entries.push([key, value]));
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

function ask(
  client: PeerClient,
  channel: string,
  operation: string,
  args: Serializable,
): Promise<Uint8Array> {
  const invocation = { channel, chaincode: '_lifecycle' };
  return client.process({ ...invocation, args: [operation, args.serializeBinary()] });
}

/** A peer says "not defined" of a name and "could not fetch approved chaincode definition" of an approval that is not there. */
async function unlessUndefined(asking: Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  try {
    return await asking;
  } catch (error) {
    if (/is not defined|could not fetch approved chaincode definition/.test(reasonOf(error)))
      return undefined;
    throw error;
  }
}

async function write(
  client: PeerClient,
  mspIds: readonly string[],
  channel: string,
  operation: string,
  args: Serializable,
): Promise<void> {
  const invocation = { channel, chaincode: '_lifecycle' };
  const code = await client.submit(
    { ...invocation, args: [operation, args.serializeBinary()] },
    mspIds,
  );
  if (code !== 0) {
    throw new NetworkError('DEPLOY_FAILED', `${operation} was committed as invalid.`, {
      validationCode: code,
    });
  }
}
