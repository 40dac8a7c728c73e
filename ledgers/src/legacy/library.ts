import type { Duplex } from 'node:stream';
import type { GatewayOptions } from 'fabric-network';
import { tlsCaOf, type FabricNodeAddress } from '../fabric/transport.ts';

/** A node that must be connected before it is used. */
export interface LegacyNode {
  /** True once the node answers; tries for {@link CONNECT_MS}. Never throws. */
  checkConnection(): Promise<boolean>;
  disconnect(): void;
}

/** What a peer answers to a proposal; the proto's names. */
export interface ProposalAnswer {
  readonly response: {
    readonly status: number;
    readonly message: string;
    readonly payload: Uint8Array;
  };
  /** Serialized ProposalResponsePayload; what was endorsed. */
  readonly payload: Uint8Array;
  readonly endorsement?: { readonly endorser: Uint8Array; readonly signature: Uint8Array } | null;
}

export interface LegacyEndorser extends LegacyNode {
  sendProposal(
    proposal: { readonly proposal_bytes: Uint8Array; readonly signature: Uint8Array },
    timeoutMs: number,
  ): Promise<ProposalAnswer>;
}

/** A message with its signature, as orderers and the Deliver service take it. */
export interface SignedMessage {
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

export interface LegacyOrderer extends LegacyNode {
  /** `status` is a name, SUCCESS or another. */
  sendBroadcast(
    envelope: SignedMessage,
    timeoutMs: number,
  ): Promise<{ readonly status: string; readonly info?: string }>;
}

export interface LegacyEventer extends LegacyNode {
  /** Opens the Deliver stream of full blocks; `disconnect` ends it. */
  setStreamByType(type: 'full'): { readonly stream: Duplex };
}

/** Makes nodes; connects none. */
export interface LegacyClient {
  endorser(node: FabricNodeAddress): LegacyEndorser;
  eventer(node: FabricNodeAddress): LegacyEventer;
  orderer(node: FabricNodeAddress): LegacyOrderer;
  close(): void;
}

/** How long a node may take to be connected. */
const CONNECT_MS = 2_000;

/** What is used of fabric-common's client, for whose classes fabric-network is the door. */
interface CommonClient {
  newEndpoint(options: Readonly<Record<string, unknown>>): unknown;
  newEndorser(name: string): Configurable<LegacyEndorser>;
  newEventer(name: string): Configurable<LegacyEventer>;
  newCommitter(name: string): Configurable<LegacyOrderer>;
}

type Configurable<T> = T & { setEndpoint(endpoint: unknown): void };

/**
 * Loads fabric-network and opens its client for a channel, without discovery: who is asked is our own decision. It never
 * sees a private key; everything is signed outside. About half a second and 40 MB of modules.
 */
export async function openLegacyClient(channel: string, mspId: string): Promise<LegacyClient> {
  silenceLibrary();
  const { Gateway } = await import('fabric-network');
  const session = new Gateway();
  await session.connect({}, sessionOptions(mspId));
  const network = await session.getNetwork(channel);
  const client = network.getChannel().client as unknown as CommonClient;
  const configured = <T>(
    node: Configurable<T>,
    address: FabricNodeAddress,
    member: string,
  ): Configurable<T> => {
    node.setEndpoint(client.newEndpoint(endpointOptions(address, member)));
    return node;
  };
  const peers = 'fabric.organizations.tlsCaCert';
  return {
    endorser: (node) => configured(client.newEndorser(node.address), node, peers),
    eventer: (node) => configured(client.newEventer(node.address), node, peers),
    orderer: (node) =>
      configured(client.newCommitter(node.address), node, 'fabric.orderers.tlsCaCert'),
    close: () => {
      session.disconnect();
    },
  };
}

/** The library prints every failed call to the console, peers' texts included; ours report through errors. */
function silenceLibrary(): void {
  const silent = (): void => undefined;
  const root = globalThis as { hfc?: { logger: unknown } };
  root.hfc ??= { logger: { debug: silent, info: silent, warn: silent, error: silent } };
}

function sessionOptions(mspId: string): GatewayOptions {
  const provider: Pick<NonNullable<GatewayOptions['identityProvider']>, 'type'> & {
    getUserContext(): Promise<unknown>;
  } = {
    type: 'external',
    getUserContext: () => Promise.resolve({ getName: () => 'external', getMspid: () => mspId }),
  };
  return {
    identity: { type: provider.type, mspId },
    identityProvider: provider as unknown as NonNullable<GatewayOptions['identityProvider']>,
    discovery: { enabled: false },
  };
}

function endpointOptions(node: FabricNodeAddress, member: string): Record<string, unknown> {
  const pem = tlsCaOf(node, member);
  return {
    url: `${pem === undefined ? 'grpc' : 'grpcs'}://${node.address}`,
    ...(pem === undefined ? {} : { pem }),
    ...(node.tlsServerName === undefined ? {} : { 'ssl-target-name-override': node.tlsServerName }),
    'grpc-wait-for-ready-timeout': CONNECT_MS,
    'grpc.initial_reconnect_backoff_ms': 200,
    'grpc.max_reconnect_backoff_ms': 3_000,
    'grpc.keepalive_time_ms': 60_000,
  };
}
