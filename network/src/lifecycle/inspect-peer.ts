import { status, type ServiceError } from '@grpc/grpc-js';
import { peer as protos } from '@hyperledger/fabric-protos';
import { layoutsSatisfying, policyFromBytes, type SignaturePolicy } from '@midlock/devnode/msp';
import { connectPeer, readSigner, type Invocation, type PeerClient } from './peer-client.ts';
import { reasonOf } from '../retry.ts';

/** What a peer says of itself and of a chaincode. */
export interface PeerInspection {
  /** Whether it refuses a proposal that is an hour old. Undefined where it has no Endorser service, as devnode. */
  readonly filtersStamps?: boolean;
  /** Undefined where the peer does not tell. */
  readonly definition?: {
    readonly version: string;
    readonly sequence: number;
    /** Organisations without which the policy cannot be met; empty where the policy is the channel's own. */
    readonly indispensable: readonly string[];
    /** How few organisations meet the policy; undefined where it is the channel's own. */
    readonly fewest?: number;
  };
}

const HOUR_MS = 3_600_000;

/**
 * Asks one peer; writes nothing.
 * @throws gRPC's `ServiceError` when it does not answer or does not serve the channel to this user.
 */
export async function inspectPeer(
  target: {
    readonly gateway: string;
    readonly tlsServerName?: string | undefined;
    readonly tlsCaCertPath?: string | undefined;
  },
  user: { readonly mspId: string; readonly certPath: string; readonly keyPath: string },
  { channel, chaincode }: { readonly channel: string; readonly chaincode: string },
): Promise<PeerInspection> {
  const address = {
    address: target.gateway,
    tlsServerName: target.tlsServerName ?? target.gateway.split(':')[0] ?? '',
    ...(target.tlsCaCertPath === undefined ? {} : { tlsCaCertPath: target.tlsCaCertPath }),
  };
  const client = connectPeer(address, readSigner(user.mspId, user.certPath, user.keyPath), 5_000);
  try {
    const height = { channel, chaincode: 'qscc', args: ['GetChainInfo', channel] };
    if (!(await servesProposals(client, height))) return {};
    const filtersStamps = await refuses(client, { ...height, stampMs: Date.now() - HOUR_MS });
    const definition = await definitionOf(client, channel, chaincode);
    return { filtersStamps, ...(definition === undefined ? {} : { definition }) };
  } finally {
    client.close();
  }
}

async function servesProposals(client: PeerClient, invocation: Invocation): Promise<boolean> {
  try {
    await client.process(invocation);
    return true;
  } catch (error) {
    if ((error as Partial<ServiceError>).code === status.UNIMPLEMENTED) return false;
    throw error;
  }
}

async function refuses(client: PeerClient, invocation: Invocation): Promise<boolean> {
  try {
    await client.process(invocation);
    return false;
  } catch (error) {
    if (/incorrect timestamp/.test(reasonOf(error))) return true;
    throw error;
  }
}

async function definitionOf(
  client: PeerClient,
  channel: string,
  chaincode: string,
): Promise<PeerInspection['definition']> {
  const args = new protos.lifecycle.QueryChaincodeDefinitionArgs();
  args.setName(chaincode);
  const query = ['QueryChaincodeDefinition', args.serializeBinary()];
  let answer: Uint8Array;
  try {
    answer = await client.process({ channel, chaincode: '_lifecycle', args: query });
  } catch {
    return undefined;
  }
  const result = protos.lifecycle.QueryChaincodeDefinitionResult.deserializeBinary(answer);
  const policy = protos.ApplicationPolicy.deserializeBinary(result.getValidationParameter_asU8());
  const signatures = policy.getSignaturePolicy();
  const definition = { version: result.getVersion(), sequence: result.getSequence() };
  if (signatures === undefined) return { ...definition, indispensable: [] };
  const rule = policyFromBytes(signatures.serializeBinary());
  const fewest = Math.min(...layoutsSatisfying(rule).map((layout) => layout.size));
  return { ...definition, indispensable: indispensableOf(rule), fewest };
}

/** Organisations that are in every set of endorsers that meets the policy. */
export function indispensableOf(policy: SignaturePolicy): readonly string[] {
  const [first, ...others] = layoutsSatisfying(policy);
  return [...(first?.keys() ?? [])].filter((mspId) => others.every((layout) => layout.has(mspId)));
}
