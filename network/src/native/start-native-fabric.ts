import { existsSync } from 'node:fs';
import type { OrganizationPaths } from '@midlock/devnode/msp';
import type { FabricDescription } from '../description.ts';
import type { ChaincodeCommand, ChaincodeProcess } from '../embedded/chaincode-process.ts';
import type { ChaincodeDefinition } from '../lifecycle/definition.ts';
import { connectPeer, readSigner } from '../lifecycle/peer-client.ts';
import { NetworkError } from '../network-error.ts';
import { createProcessGroup, type ProcessGroup } from '../processes.ts';
import { findFabricBinaries, type FabricBinaries } from './binaries.ts';
import { writeGenesisBlock } from './channel-configuration.ts';
import {
  awaitChaincode,
  awaitEndorsement,
  awaitOrdering,
  chaincodeAddressOf,
  deployChaincode,
  joinAll,
  type Administration,
} from './deploy.ts';
import type { FabricNode } from './fabric-node.ts';
import { folders, nodePaths, type Consensus, type NativeLayout } from './layout.ts';
import {
  createMaterial,
  findMaterial,
  planLayout,
  portsOf,
  readLayout,
  saveLayout,
  type Material,
  type NativeOrganization,
} from './network-folder.ts';
import { assertPortsFree } from './ports.ts';
import { startChaincodeProcesses, startNodes } from './start-nodes.ts';

/** A chaincode and how each organisation's process of it is started. */
export interface NativeChaincode extends Omit<ChaincodeDefinition, 'sequence'> {
  /** Default 1. */
  readonly sequence?: number;
  readonly command: ChaincodeCommand;
}

export interface NativeFabricOptions {
  /** Ledgers, material, logs. A folder with a finished network is started again as it is. */
  readonly workDir: string;
  /** Default: see {@link findFabricBinaries}. */
  readonly binDir?: string;
  readonly consensus: Consensus;
  readonly channel: string;
  readonly organizations: readonly NativeOrganization[];
  /** Default 1. */
  readonly peersPerOrganization?: number;
  readonly chaincodes: readonly NativeChaincode[];
  /** Default: a group of its own, ended by `stop`. */
  readonly processes?: ProcessGroup;
  /** How long an orderer waits for more transactions. Default 200. */
  readonly batchTimeoutMs?: number;
  /** Transactions in a block at most. Default 10. */
  readonly maxMessageCount?: number;
  /** The peers' check of proposal times (3.x). Default true there. */
  readonly timeWindow?: boolean;
  /** The peers' Gateway service, which Fabric has since 2.4. Default true; a new network without it is made with it and started anew. */
  readonly gateway?: boolean;
  /** Default 30 000, as in Fabric's sample. */
  readonly executeTimeoutMs?: number;
  /** Fabric's logging specification. Default `warning`. */
  readonly logLevel?: string;
}

/** How a peer's gateway is reached. */
export interface NativePeer {
  readonly gateway: string;
  readonly tlsServerName: string;
}

/** A running network of official binaries. */
export interface NativeFabric {
  /** `chaincode` is the first one of the options. */
  readonly description: FabricDescription;
  readonly binaries: FabricBinaries;
  /** Every organisation's peers in their order; the first is the description's gateway. */
  readonly peers: Readonly<Record<string, readonly NativePeer[]>>;
  /** Orderers by name (`orderer0`..), first peers by MSP id, others as `<MSP id>.peer1`. */
  readonly nodes: Readonly<Record<string, FabricNode>>;
  /** Chaincode processes by chaincode and MSP id. */
  readonly chaincodes: Readonly<Record<string, Readonly<Record<string, ChaincodeProcess>>>>;
  /** Stops every process. The folder can be started again. */
  stop(): Promise<void>;
}

/**
 * Runs a Fabric network as plain processes: one orderer (Raft) or four (BFT), one peer and one process per chaincode
 * for each organisation. Resolves when every organisation's gateway finds endorsers. No process outlives a failure,
 * `stop` or the death of this process.
 * @throws {NetworkError} TOOL_MISSING, TOOL_VERSION, PORT_IN_USE, PROCESS_FAILED, START_TIMED_OUT, DEPLOY_FAILED;
 * DESCRIPTION_INVALID when the folder holds another or a half-made network.
 */
export async function startNativeFabric(options: NativeFabricOptions): Promise<NativeFabric> {
  const { binDir } = options;
  const binaries = await findFabricBinaries(binDir === undefined ? {} : { binDir });
  if (options.consensus === 'bft' && binaries.major < 3) {
    const { version } = binaries;
    throw new NetworkError('TOOL_VERSION', 'BFT ordering needs Fabric 3.', { version });
  }
  const processes = options.processes ?? createProcessGroup();
  const running: { stop(): Promise<void> }[] = [];
  const stopNodes = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((process) => process.stop()));
  };
  const stop = async (): Promise<void> => {
    await stopNodes();
    if (options.processes === undefined) await processes.stopAll();
  };
  try {
    // Chaincode is deployed through the Gateway service.
    if (options.gateway === false && !existsSync(folders.layout(options.workDir))) {
      await assemble({ ...options, gateway: true, processes }, binaries, running);
      await stopNodes();
    }
    return { ...(await assemble({ ...options, processes }, binaries, running)), binaries, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function assemble(
  options: NativeFabricOptions & { readonly processes: ProcessGroup },
  binaries: FabricBinaries,
  running: { stop(): Promise<void> }[],
): Promise<Omit<NativeFabric, 'stop' | 'binaries'>> {
  const { workDir } = options;
  const plan = {
    ...options,
    version: binaries.version,
    peersPerOrganization: options.peersPerOrganization ?? 1,
    chaincodeNames: options.chaincodes.map(({ name }) => name),
  };
  const known = readLayout(plan);
  const layout = known ?? (await planLayout(plan));
  await assertPortsFree(portsOf(layout));
  const material = known ? findMaterial(plan, layout) : await createMaterial(plan, layout);
  if (!known) {
    const { batchTimeoutMs = 200, maxMessageCount = 10 } = options;
    const channel = { layout, ...material, batchTimeoutMs, maxMessageCount };
    await writeGenesisBlock(workDir, binaries, channel);
  }
  const settings = {
    workDir,
    processes: options.processes,
    timeWindow: options.timeWindow ?? true,
    gateway: options.gateway ?? true,
    executeTimeoutMs: options.executeTimeoutMs ?? 30_000,
    logLevel: options.logLevel ?? 'warning',
  };
  const starting = Promise.all(
    options.chaincodes.map(async (chaincode) => {
      const byOrganization = await startChaincodeProcesses(settings, layout, chaincode);
      running.push(...Object.values(byOrganization));
      return [chaincode.name, byOrganization] as const;
    }),
  );
  starting.catch(() => undefined);
  // Peers that know a chaincode dial it when they start, and wait before they dial again.
  if (known) await starting;
  const nodes = await startNodes(settings, binaries, layout, material);
  running.push(...Object.values(nodes));
  const peers = material.organizations.flatMap((paths) => administer(paths, layout));
  const bringUp = async (): Promise<void> => {
    if (!known) await joinAll(workDir, layout, peers);
    await Promise.all([awaitOrdering(layout), starting]);
    for (const chaincode of options.chaincodes) {
      const definition = { ...chaincode, sequence: chaincode.sequence ?? 1 };
      if (!known) await deployChaincode(layout, peers, definition);
      const untilServed = settings.gateway ? awaitEndorsement : awaitChaincode;
      await untilServed(layout.channel, chaincode.name, peers);
    }
    if (!known) await saveLayout(workDir, layout);
  };
  try {
    await Promise.race([bringUp(), ...Object.values(nodes).map(({ failure }) => failure)]);
  } finally {
    for (const { admin } of peers) admin.close();
    // A chaincode that is still starting must be known before everything is stopped.
    await starting.catch(() => undefined);
  }
  return {
    description: {
      ...describe(plan, material, layout),
      ...(settings.gateway ? {} : { client: 'legacy' }),
    },
    peers: Object.fromEntries(
      material.organizations.map((paths) => [paths.mspId, peersOf(layout, paths)]),
    ),
    nodes,
    chaincodes: Object.fromEntries(await starting),
  };
}

function peersOf(layout: NativeLayout, paths: OrganizationPaths): readonly NativePeer[] {
  return layout.peers
    .filter(({ mspId }) => mspId === paths.mspId)
    .map(({ name, port }) => ({
      gateway: `127.0.0.1:${port}`,
      tlsServerName: nodePaths(paths, name).host,
    }));
}

/** The administrator's connections to all peers of an organisation. */
function administer(paths: OrganizationPaths, layout: NativeLayout): readonly Administration[] {
  const admin = paths.users['Admin'];
  if (admin === undefined) throw new TypeError(`no administrator of ${paths.mspId}`);
  const signer = readSigner(paths.mspId, admin.certPath, admin.keyPath);
  return peersOf(layout, paths).map(({ gateway, tlsServerName }) => ({
    paths,
    admin: connectPeer(
      { address: gateway, tlsServerName, tlsCaCertPath: paths.tlsCaCertPath },
      signer,
    ),
  }));
}

function describe(
  plan: {
    readonly version: string;
    readonly channel: string;
    readonly chaincodeNames: readonly string[];
  },
  { orderer, organizations }: Material,
  layout: NativeLayout,
): FabricDescription {
  return {
    kind: `native-${layout.consensus}`,
    version: plan.version,
    channel: plan.channel,
    chaincode: plan.chaincodeNames[0] ?? '',
    organizations: Object.fromEntries(
      organizations.map((paths) => [
        paths.mspId,
        {
          ...(peersOf(layout, paths)[0] ?? { gateway: '', tlsServerName: '' }),
          tlsCaCertPath: paths.tlsCaCertPath,
          mspDir: paths.mspDir,
          ...plan.chaincodeNames.slice(0, 1).map((name) => ({
            chaincodeAddress: chaincodeAddressOf(layout, name, paths.mspId),
          }))[0],
          users: Object.fromEntries(
            Object.entries(paths.users).map(([name, { certPath, keyPath }]) => [
              name,
              { certPath, keyPath },
            ]),
          ),
        },
      ]),
    ),
    orderers: Object.fromEntries(
      layout.orderers.map(({ name, port }) => [
        name,
        {
          address: `127.0.0.1:${port}`,
          tlsServerName: nodePaths(orderer, name).host,
          tlsCaCertPath: orderer.tlsCaCertPath,
        },
      ]),
    ),
  };
}
