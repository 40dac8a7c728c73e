import { createPrivateKey } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { adminMethods, type Controls } from './admin/methods.ts';
import { startAdminServer } from './admin/server.ts';
import type { ChaincodeRuntime } from './chaincode/connection.ts';
import { ChaincodeLink } from './chaincode/link.ts';
import { chaincodeSupportService, RegisteredChaincode } from './chaincode/register.ts';
import { deliverService } from './deliver/service.ts';
import { DevnodeError } from './devnode-error.ts';
import { Endorser } from './endorser/endorser.ts';
import type { GatewayContext } from './gateway/context.ts';
import { gatewayService } from './gateway/service.ts';
import { genesisEnvelope } from './genesis.ts';
import { ChannelLedger } from './ledger/channel.ts';
import { loadMaterial } from './material.ts';
import {
  createMspRegistry,
  writeMaterial,
  type OrganizationMaterial,
  type OrganizationPaths,
} from './msp/index.ts';
import { readDefinitions, type DevnodeOptions } from './options.ts';
import { Batcher } from './orderer/batcher.ts';
import { PeerClocks } from './peer-clock.ts';
import { BlockFile } from './store/block-file.ts';

export interface DevnodeOrganization {
  readonly gateway: string;
  readonly tlsServerName: string;
  readonly tlsCaCertPath: string;
  readonly mspDir: string;
  readonly users: Readonly<Record<string, { readonly certPath: string; readonly keyPath: string }>>;
}

/** A running embedded Fabric. */
export interface Devnode extends Controls {
  readonly channel: string;
  /** The profile: `2.5` or `3.x`. */
  readonly version: string;
  readonly organizations: Readonly<Record<string, DevnodeOrganization>>;
  /** URL of the JSON-RPC controls, where they were asked for. */
  readonly admin?: string;
  close(): Promise<void>;
}

const TIME_WINDOW_MS = 15 * 60 * 1000;
const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;
const DEFAULT_BATCH = { timeoutMs: 100, maxMessages: 500, preferredMaxBytes: 2 * 1024 * 1024 };

/**
 * Starts an embedded Fabric: one TLS listener per organisation, ready in well below a second.
 * @throws {DevnodeError} CONFIG_INVALID, PORT_IN_USE.
 */
export async function createDevnode(options: DevnodeOptions): Promise<Devnode> {
  const definitions = readDefinitions(options);
  const clocks = new PeerClocks(options.clock ?? (() => Date.now()));
  const tempDir =
    options.materialDir === undefined && options.dataDir === undefined
      ? mkdtempSync(join(tmpdir(), 'devnode-'))
      : undefined;
  const material = loadMaterial(options);
  const paths = await writeMaterial(
    options.materialDir ?? tempDir ?? join(options.dataDir ?? '', 'organizations'),
    material,
  );
  const registry = createMspRegistry(material);
  const mspIds = material.map(({ mspId }) => mspId);
  const channel = new ChannelLedger({
    name: options.channel,
    genesis: genesisEnvelope(options.channel, mspIds),
    registry,
    definitions,
  });
  const blockFile =
    options.dataDir === undefined ? undefined : openBlocks(options.dataDir, channel);
  const batcher = new Batcher({ ...DEFAULT_BATCH, ...options.batch }, txIdOf, (envelopes) =>
    channel.commit(envelopes),
  );
  const down = new Set<string>();
  const streams: GatewayContext['streams'] = new Set();
  const runtimes: ChaincodeRuntime[] = [];
  const endorsers = new Map<string, Endorser>();
  const registered = new Map<string, RegisteredChaincode[]>();
  for (const organization of material) {
    const chaincodes = runtimesOf(options, organization.mspId);
    runtimes.push(...chaincodes.values());
    registered.set(
      organization.mspId,
      [...chaincodes.values()].filter((runtime) => runtime instanceof RegisteredChaincode),
    );
    const peer0 = firstPeer(organization);
    endorsers.set(
      organization.mspId,
      new Endorser({
        mspId: organization.mspId,
        address: peer0.host,
        signCertPem: peer0.sign.certificatePem,
        signKey: createPrivateKey(peer0.sign.privateKeyPem),
        channel,
        registry,
        chaincodes,
        nowMs: () => clocks.peerNowMs(organization.mspId),
        timeWindowMs: options.profile === '2.5' ? undefined : TIME_WINDOW_MS,
      }),
    );
  }
  const servers: grpc.Server[] = [];
  const organizations: Record<string, DevnodeOrganization> = {};
  const closers: (() => Promise<void> | void)[] = [
    () => {
      batcher.close();
      for (const runtime of runtimes) runtime.close();
      for (const server of servers) server.forceShutdown();
      blockFile?.close();
      if (tempDir !== undefined) rmSync(tempDir, { recursive: true, force: true });
    },
  ];
  const close = async () => {
    for (const end of closers.splice(0).toReversed()) await end();
  };
  const controls = controlsOf({ clocks, batcher, channel, down, streams, blockFile, mspIds });
  try {
    for (const organization of material) {
      const { mspId } = organization;
      const context: GatewayContext = {
        mspId,
        channel,
        registry,
        batcher,
        endorsers,
        isUp: (name) => !down.has(name),
        nowMs: () => clocks.peerNowMs(mspId),
        streams,
      };
      const server = new grpc.Server({
        'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
        'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
      });
      server.addService(gateway.GatewayService, gatewayService(context));
      server.addService(peer.DeliverService, deliverService(context));
      server.addService(
        peer.ChaincodeSupportService,
        chaincodeSupportService(
          registered.get(mspId) ?? [],
          options.executeTimeoutMs ?? DEFAULT_EXECUTE_TIMEOUT_MS,
        ),
      );
      servers.push(server);
      const { tls, host } = firstPeer(organization);
      const credentials = grpc.ServerCredentials.createSsl(null, [
        {
          private_key: Buffer.from(tls.privateKeyPem),
          cert_chain: Buffer.from(tls.certificatePem),
        },
      ]);
      const port = await bind(server, options.ports?.[mspId] ?? 0, credentials);
      const described = paths.find((path) => path.mspId === mspId);
      if (described !== undefined) organizations[mspId] = describe(described, host, port);
    }
    const admin =
      options.admin === true
        ? await startAdminServer(adminMethods(controls), options.ports?.['admin'] ?? 0)
        : undefined;
    if (admin !== undefined) closers.push(() => admin.close());
    return {
      ...controls,
      channel: options.channel,
      version: options.profile ?? '3.x',
      organizations,
      ...(admin === undefined ? {} : { admin: admin.url }),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const DEFAULT_EXECUTE_TIMEOUT_MS = 30_000;

interface Parts {
  readonly clocks: PeerClocks;
  readonly batcher: Batcher;
  readonly channel: ChannelLedger;
  readonly down: Set<string>;
  readonly streams: GatewayContext['streams'];
  readonly blockFile: BlockFile | undefined;
  readonly mspIds: readonly string[];
}

function controlsOf({
  clocks,
  batcher,
  channel,
  down,
  streams,
  blockFile,
  mspIds,
}: Parts): Controls {
  const known = (mspId: string): string => {
    if (!mspIds.includes(mspId))
      throw new DevnodeError('CONFIG_INVALID', `unknown organisation ${mspId}`);
    return mspId;
  };
  const dropStreams = (mspId?: string): number => {
    const chosen = [...streams].filter((stream) => mspId === undefined || stream.mspId === mspId);
    for (const stream of chosen) stream.drop();
    return chosen.length;
  };
  return {
    setClock: (nowMs) => {
      clocks.set(nowMs);
    },
    skewClock: (mspId, skewMs) => {
      clocks.skew(known(mspId), skewMs);
    },
    setUp(mspId, up) {
      if (up) down.delete(known(mspId));
      else {
        down.add(known(mspId));
        dropStreams(mspId);
      }
    },
    cutBlock: () => {
      batcher.cutNow();
    },
    pauseOrdering: () => {
      batcher.pause();
    },
    resumeOrdering: () => {
      batcher.resume();
    },
    pending: () => batcher.pending,
    reorder: (txIds) => {
      batcher.reorder(txIds);
    },
    withhold: (txId) => {
      batcher.withhold(txId);
    },
    release: (txId) => {
      batcher.release(txId);
    },
    snapshot: () =>
      `${String(channel.height)}-${Buffer.from(channel.blocks.at(-1)?.hash ?? []).toString('hex')}`,
    revert(mark) {
      const [height = '', hash] = mark.split('-');
      const block = /^[1-9]\d{0,15}$/.test(height) ? channel.blocks[Number(height) - 1] : undefined;
      if (block === undefined || Buffer.from(block.hash).toString('hex') !== hash)
        throw new DevnodeError('CONFIG_INVALID', `no snapshot ${mark} on this ledger`);
      batcher.clear();
      blockFile?.truncate(BigInt(height));
      channel.truncate(BigInt(height));
      dropStreams();
    },
    dropStreams,
    height: () => String(channel.height),
  };
}

/** Continues a stored ledger, or starts one with the channel's first block; later blocks are appended. */
function openBlocks(dataDir: string, channel: ChannelLedger): BlockFile {
  mkdirSync(dataDir, { recursive: true });
  const file = new BlockFile(join(dataDir, 'blocks'));
  const [genesis] = channel.blocks;
  for (const { block, privateData } of file.blocks) channel.replay(block, privateData);
  if (file.blocks.length === 0 && genesis !== undefined) file.append(genesis);
  channel.onCommit = (block) => {
    file.append(block);
  };
  return file;
}

function runtimesOf(
  { chaincodes, executeTimeoutMs = DEFAULT_EXECUTE_TIMEOUT_MS }: DevnodeOptions,
  mspId: string,
): Map<string, ChaincodeRuntime> {
  const runtimes = new Map<string, ChaincodeRuntime>();
  for (const { name, endpoints } of chaincodes) {
    const endpoint = endpoints[mspId];
    if (endpoint === undefined) continue;
    if (endpoint === 'register') {
      runtimes.set(name, new RegisteredChaincode(name));
      continue;
    }
    const tls =
      endpoint.tlsRootCert === undefined ? {} : { tlsRootCert: Buffer.from(endpoint.tlsRootCert) };
    runtimes.set(
      name,
      new ChaincodeLink({ address: endpoint.address, ...tls, name, executeTimeoutMs }),
    );
  }
  return runtimes;
}

function firstPeer({ mspId, peers }: OrganizationMaterial): OrganizationMaterial['peers'][number] {
  const [first] = peers;
  if (first === undefined) throw new DevnodeError('CONFIG_INVALID', `${mspId} has no peer`);
  return first;
}

function txIdOf(envelope: Uint8Array): string {
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelope).getPayload_asU8(),
  );
  return common.ChannelHeader.deserializeBinary(
    payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(),
  ).getTxId();
}

function describe(paths: OrganizationPaths, host: string, port: number): DevnodeOrganization {
  const users = Object.fromEntries(
    Object.entries(paths.users).map(([name, { certPath, keyPath }]) => [
      name,
      { certPath, keyPath },
    ]),
  );
  return {
    gateway: `127.0.0.1:${String(port)}`,
    tlsServerName: host,
    tlsCaCertPath: paths.tlsCaCertPath,
    mspDir: paths.mspDir,
    users,
  };
}

function bind(
  server: grpc.Server,
  port: number,
  credentials: grpc.ServerCredentials,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${String(port)}`, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else
        reject(
          new DevnodeError(
            'PORT_IN_USE',
            `port ${String(port)} cannot be listened on: ${error.message}`,
          ),
        );
    });
  });
}
