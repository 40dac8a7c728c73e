import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { common } from '@hyperledger/fabric-protos';
import { adminMethods, type Controls } from './admin/methods.ts';
import { startAdminServer } from './admin/server.ts';
import { controlsOf } from './controls.ts';
import type { Endorser } from './endorser/endorser.ts';
import type { GatewayContext } from './gateway/context.ts';
import { genesisEnvelope } from './genesis/envelope.ts';
import { ChannelLedger } from './ledger/channel.ts';
import { loadMaterial, loadOrderers } from './material.ts';
import { createMspRegistry, writeMaterial, type OrganizationPaths } from './msp/index.ts';
import { FIRST_PEER, portOf, readDefinitions, type DevnodeOptions } from './options.ts';
import { Batcher } from './orderer/batcher.ts';
import { createBlockSigner } from './orderer/block-signer.ts';
import { PeerClocks } from './peer-clock.ts';
import { PeerNode } from './peer-node.ts';
import { openBlockFile } from './store/open-block-file.ts';

/** How to reach one peer's gateway. */
export interface DevnodePeer {
  readonly gateway: string;
  readonly tlsServerName: string;
}

export interface DevnodeOrganization extends DevnodePeer {
  readonly tlsCaCertPath: string;
  readonly mspDir: string;
  readonly users: Readonly<Record<string, { readonly certPath: string; readonly keyPath: string }>>;
  /** Every peer by its name; `gateway` and `tlsServerName` above are those of `peer0`. */
  readonly peers: Readonly<Record<string, DevnodePeer>>;
}

/** A running embedded Fabric. */
export interface Devnode extends Controls {
  readonly channel: string;
  /** The profile: `2.5` or `3.x`. */
  readonly version: string;
  readonly organizations: Readonly<Record<string, DevnodeOrganization>>;
  /** URL of the JSON-RPC controls, where they were asked for. */
  readonly admin?: string;
  /** What a start had to mend, in plain sentences. */
  readonly notices: readonly string[];
  close(): Promise<void>;
}

/** Number and octets as in fabric-samples' test network. */
const DEFAULT_BATCH = { timeoutMs: 100, maxMessages: 10, preferredMaxBytes: 512 * 1024 };
const DEFAULT_EXECUTE_TIMEOUT_MS = 30_000;

/**
 * Starts an embedded Fabric: one TLS listener per peer, ready in well below a second. When it fails, nothing is left
 * listening.
 * @throws {DevnodeError} CONFIG_INVALID, PORT_IN_USE, DATA_MISMATCH, LEDGER_DAMAGED.
 */
export async function createDevnode(options: DevnodeOptions): Promise<Devnode> {
  const definitions = readDefinitions(options);
  const profile = options.profile ?? '3.x';
  const clocks = new PeerClocks(options.clock ?? (() => Date.now()));
  const batch = { ...DEFAULT_BATCH, ...options.batch };
  const consensus = options.consensus ?? 'raft';
  const material = loadMaterial(options);
  const allOrderers = loadOrderers(options);
  const orderers =
    consensus === 'raft' ? { ...allOrderers, peers: allOrderers.peers.slice(0, 1) } : allOrderers;
  const closers: (() => Promise<void> | void)[] = [];
  const close = async () => {
    for (const end of closers.splice(0).toReversed()) await end();
  };
  try {
    const { dir, remove } = materialFolder(options);
    closers.push(remove);
    const [, ...paths] = await writeMaterial(dir, [orderers, ...material]);
    const registry = createMspRegistry(material, { ed25519: profile === '3.x' });
    const channel = new ChannelLedger({
      name: options.channel,
      genesis: genesisEnvelope(
        { channel: options.channel, profile, consensus, orderers, organizations: material, batch },
        clocks.nowMs(),
      ),
      signBlock: createBlockSigner(consensus, orderers),
      registry,
      definitions,
    });
    const stored =
      options.dataDir === undefined ? undefined : openBlockFile(options.dataDir, channel);
    closers.push(() => stored?.file.close());
    const batcher = new Batcher(batch, txIdOf, (envelopes) => channel.commit(envelopes));
    closers.push(() => {
      batcher.close();
    });
    const peers = material.flatMap(({ mspId, peers: all }) =>
      all.map((peer) => {
        const node = new PeerNode({
          mspId,
          material: peer,
          channel,
          registry,
          chaincodes: options.chaincodes,
          executeTimeoutMs: options.executeTimeoutMs ?? DEFAULT_EXECUTE_TIMEOUT_MS,
          profile,
          nowMs: () => clocks.peerNowMs(peer.host),
        });
        closers.push(() => {
          node.close();
        });
        return node;
      }),
    );
    const down = new Set<Endorser>();
    const streams: GatewayContext['streams'] = new Set();
    const shared = {
      channel,
      registry,
      batcher,
      endorsers: peers.map(({ endorser }) => endorser),
      isUp: (peer: Endorser) => !down.has(peer),
      streams,
    };
    const organizations: Record<string, DevnodeOrganization> = {};
    for (const organization of paths) {
      const reached: Record<string, DevnodePeer> = {};
      for (const node of peers) {
        const { mspId, name, address, nowMs } = node.endorser.options;
        if (mspId !== organization.mspId) continue;
        const context = { ...shared, peer: node.endorser, mspId, nowMs };
        const port = await node.listen(context, portOf(options, mspId, name));
        reached[name] = { gateway: `127.0.0.1:${port}`, tlsServerName: address };
      }
      organizations[organization.mspId] = describe(organization, reached);
    }
    const controls = controlsOf({
      ...{ clocks, batcher, channel, peers, down, streams, options, material },
      blockFile: stored?.file,
    });
    const admin =
      options.admin === true
        ? await startAdminServer(adminMethods(controls), options.ports?.['admin'] ?? 0)
        : undefined;
    if (admin !== undefined) closers.push(() => admin.close());
    return {
      ...controls,
      channel: options.channel,
      version: profile,
      organizations,
      ...(admin === undefined ? {} : { admin: admin.url }),
      notices: stored?.notices ?? [],
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Where certificates and keys go, and how they are removed in the end where nobody asked to keep them. */
function materialFolder({ materialDir, dataDir }: DevnodeOptions): {
  dir: string;
  remove: () => void;
} {
  const keep = () => undefined;
  if (materialDir !== undefined) return { dir: materialDir, remove: keep };
  if (dataDir !== undefined) {
    mkdirSync(dataDir, { recursive: true });
    return { dir: join(dataDir, 'organizations'), remove: keep };
  }
  const dir = mkdtempSync(join(tmpdir(), 'devnode-'));
  return {
    dir,
    remove: () => {
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

function txIdOf(envelope: Uint8Array): string {
  const payload = common.Payload.deserializeBinary(
    common.Envelope.deserializeBinary(envelope).getPayload_asU8(),
  );
  return common.ChannelHeader.deserializeBinary(
    payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(),
  ).getTxId();
}

function describe(
  paths: OrganizationPaths,
  peers: Readonly<Record<string, DevnodePeer>>,
): DevnodeOrganization {
  const first = peers[FIRST_PEER] ?? { gateway: '', tlsServerName: '' };
  const users = Object.entries(paths.users).map(([name, { certPath, keyPath }]) => [
    name,
    { certPath, keyPath },
  ]);
  return {
    ...first,
    tlsCaCertPath: paths.tlsCaCertPath,
    mspDir: paths.mspDir,
    users: Object.fromEntries(users) as DevnodeOrganization['users'],
    peers,
  };
}
