import { createHash, createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { ChaincodeLink } from './chaincode/link.ts';
import { deliverService } from './deliver/service.ts';
import { DevnodeError } from './devnode-error.ts';
import { Endorser } from './gateway/endorser.ts';
import { gatewayService } from './gateway/service.ts';
import { ChannelLedger } from './ledger/channel.ts';
import { createMspRegistry, createOrganization, parsePolicy, writeMaterial, type OrganizationPaths } from './msp/index.ts';
import { Batcher } from './orderer/batcher.ts';

/** Where one organisation's chaincode server listens. */
export interface ChaincodeEndpoint {
  readonly address: string;
  readonly packageId: string;
  /** PEM; absent for a plain connection. */
  readonly tlsRootCert?: string;
}

export interface ChaincodeDefinition {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  readonly endpoints: Readonly<Record<string, ChaincodeEndpoint>>;
  /** Fabric's policy language: AND, OR, OutOf. */
  readonly endorsementPolicy: string;
}

export interface DevnodeOptions {
  readonly channel: string;
  readonly organizations: readonly { readonly mspId: string; readonly domain?: string; readonly users?: readonly string[] }[];
  readonly chaincodes: readonly ChaincodeDefinition[];
  readonly batch?: { readonly timeoutMs?: number; readonly maxMessages?: number };
  /** 2.5: a proposal's stamp is not looked at. 3.x (default): it must lie within 15 minutes of the peer's clock. */
  readonly profile?: '2.5' | '3.x';
  /** Where certificates and keys are written; default: a temporary folder that is removed on close. */
  readonly materialDir?: string;
  /** Listening port per organisation; 0 or absent: any. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Milliseconds since 1970 of every peer's clock; default: the system clock. */
  readonly clock?: () => number;
  readonly executeTimeoutMs?: number;
}

export interface DevnodeOrganization {
  readonly gateway: string;
  readonly tlsServerName: string;
  readonly tlsCaCertPath: string;
  readonly mspDir: string;
  readonly users: Readonly<Record<string, { readonly certPath: string; readonly keyPath: string }>>;
}

/** A running embedded Fabric. */
export interface Devnode {
  readonly channel: string;
  readonly version: string;
  readonly organizations: Readonly<Record<string, DevnodeOrganization>>;
  /** Moves one organisation's peer clock against the clock given at start. */
  skewClock(mspId: string, skewMs: number): void;
  /** Takes an organisation's peer down or brings it back: it endorses nothing while it is down. */
  setUp(mspId: string, up: boolean): void;
  cutBlock(): void;
  pauseOrdering(): void;
  resumeOrdering(): void;
  close(): Promise<void>;
}

const TIME_WINDOW_MS = 15 * 60 * 1000;
const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;

/**
 * Starts an embedded Fabric: one TLS listener per organisation, ready in well below a second.
 * @throws {DevnodeError} CONFIG_INVALID, PORT_IN_USE.
 */
export async function createDevnode(options: DevnodeOptions): Promise<Devnode> {
  checkOptions(options);
  const nowMs = options.clock ?? (() => Date.now());
  const ownDir = options.materialDir === undefined ? mkdtempSync(join(tmpdir(), 'devnode-')) : undefined;
  const material = await Promise.all(
    options.organizations.map(({ mspId, domain, users }) => createOrganization({ mspId, domain: domain ?? `${mspId.toLowerCase()}.example.com`, peers: ['peer0'], users: [...(users ?? ['User1'])] })),
  );
  const paths = await writeMaterial(options.materialDir ?? ownDir ?? '', material);
  const registry = createMspRegistry(material);
  const policies = new Map(options.chaincodes.map(({ name, endorsementPolicy }) => [name, parsePolicy(endorsementPolicy)]));
  const policyOf = (name: string) => policies.get(name);
  const channel = new ChannelLedger(options.channel, genesisEnvelope(options), registry, policyOf);
  const batcher = new Batcher({ timeoutMs: options.batch?.timeoutMs ?? 100, maxMessages: options.batch?.maxMessages ?? 500 }, (envelopes) => {
    channel.commit(envelopes, nowMs());
  });
  const skews = new Map<string, number>();
  const down = new Set<string>();
  const links: ChaincodeLink[] = [];
  const endorsers = new Map<string, Endorser>();
  for (const organization of material) {
    const { mspId } = organization;
    const peer0 = organization.peers[0];
    if (peer0 === undefined) continue;
    const chaincodes = new Map(
      options.chaincodes.flatMap(({ name, version, endpoints }) => {
        const endpoint = endpoints[mspId];
        if (endpoint === undefined) return [];
        const tls = endpoint.tlsRootCert === undefined ? {} : { tlsRootCert: Buffer.from(endpoint.tlsRootCert) };
        const link = new ChaincodeLink({ address: endpoint.address, ...tls, namespace: name, history: channel.history, executeTimeoutMs: options.executeTimeoutMs ?? 30_000 });
        links.push(link);
        return [[name, { version, link }] as const];
      }),
    );
    endorsers.set(
      mspId,
      new Endorser({
        mspId,
        address: peer0.host,
        signCertPem: peer0.sign.certificatePem,
        signKey: createPrivateKey(peer0.sign.privateKeyPem),
        channel,
        registry,
        chaincodes,
        nowMs: () => nowMs() + (skews.get(mspId) ?? 0),
        timeWindowMs: options.profile === '2.5' ? undefined : TIME_WINDOW_MS,
      }),
    );
  }
  const servers: grpc.Server[] = [];
  const organizations: Record<string, DevnodeOrganization> = {};
  for (const organization of material) {
    const { mspId } = organization;
    const tls = organization.peers[0]?.tls;
    const described = paths.find((path) => path.mspId === mspId);
    if (tls === undefined || described === undefined) continue;
    const server = new grpc.Server({ 'grpc.max_receive_message_length': MAX_MESSAGE_BYTES, 'grpc.max_send_message_length': MAX_MESSAGE_BYTES });
    server.addService(gateway.GatewayService, gatewayService({ mspId, channel, registry, batcher, endorsers, isUp: (name) => !down.has(name), policyOf, nowMs }));
    server.addService(peer.DeliverService, deliverService(channel, registry, nowMs));
    const credentials = grpc.ServerCredentials.createSsl(null, [{ private_key: Buffer.from(tls.privateKeyPem), cert_chain: Buffer.from(tls.certificatePem) }]);
    const port = await bind(server, options.ports?.[mspId] ?? 0, credentials);
    servers.push(server);
    organizations[mspId] = describe(described, organization.peers[0]?.host ?? '', port);
  }
  return {
    channel: options.channel,
    version: options.profile ?? '3.x',
    organizations,
    skewClock: (mspId, skewMs) => skews.set(mspId, skewMs),
    setUp: (mspId, up) => (up ? down.delete(mspId) : down.add(mspId)),
    cutBlock: () => {
      batcher.cutNow();
    },
    pauseOrdering: () => {
      batcher.pause();
    },
    resumeOrdering: () => {
      batcher.resume();
    },
    close() {
      batcher.close();
      for (const link of links) link.close();
      for (const server of servers) server.forceShutdown();
      if (ownDir !== undefined) rmSync(ownDir, { recursive: true, force: true });
      return Promise.resolve();
    },
  };
}

function describe(paths: OrganizationPaths, host: string, port: number): DevnodeOrganization {
  const users = Object.fromEntries(Object.entries(paths.users).map(([name, { certPath, keyPath }]) => [name, { certPath, keyPath }]));
  return { gateway: `127.0.0.1:${String(port)}`, tlsServerName: host, tlsCaCertPath: paths.tlsCaCertPath, mspDir: paths.mspDir, users };
}

function bind(server: grpc.Server, port: number, credentials: grpc.ServerCredentials): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${String(port)}`, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else reject(new DevnodeError('PORT_IN_USE', `Port ${String(port)} cannot be listened on: ${error.message}`));
    });
  });
}

/** The first block's one envelope: a configuration header that names the channel and is unique to this network. */
function genesisEnvelope({ channel, organizations }: DevnodeOptions): Uint8Array {
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.CONFIG);
  channelHeader.setChannelId(channel);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  const names = organizations.map(({ mspId }) => mspId).join(',');
  payload.setData(createHash('sha256').update(`${channel}\u0000${names}\u0000${String(process.pid)}\u0000${String(process.hrtime.bigint())}`).digest());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope.serializeBinary();
}

function checkOptions({ channel, organizations, chaincodes }: DevnodeOptions): void {
  if (!/^[a-z][a-z0-9.-]*$/.test(channel)) throw new DevnodeError('CONFIG_INVALID', `channel: "${channel}" is no channel name (lower-case letters, digits, dots, dashes)`);
  if (organizations.length === 0) throw new DevnodeError('CONFIG_INVALID', 'organizations: at least one is needed');
  const known = new Set(organizations.map(({ mspId }) => mspId));
  if (known.size < organizations.length) throw new DevnodeError('CONFIG_INVALID', 'organizations: an MSP id stands twice');
  for (const { name, endpoints } of chaincodes) {
    for (const mspId of Object.keys(endpoints)) if (!known.has(mspId)) throw new DevnodeError('CONFIG_INVALID', `chaincodes.${name}.endpoints: unknown organisation ${mspId}`);
  }
}
