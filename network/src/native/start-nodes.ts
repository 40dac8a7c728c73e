import { join } from 'node:path';
import {
  startChaincode,
  type ChaincodeCommand,
  type ChaincodeProcess,
} from '../embedded/chaincode-process.ts';
import type { ProcessGroup } from '../processes.ts';
import { settleAll } from '../settle-all.ts';
import type { FabricBinaries } from './binaries.ts';
import { packageFor } from './deploy.ts';
import { writeExternalBuilder } from './external-builder.ts';
import { startFabricNode, type FabricNode } from './fabric-node.ts';
import { folders, nameOfPeer, nodePaths, PEER_NAME, type NativeLayout } from './layout.ts';
import type { Material } from './network-folder.ts';
import { ordererConfiguration, peerConfiguration } from './node-configuration.ts';

export interface NodeSettings {
  readonly workDir: string;
  readonly processes: ProcessGroup;
  readonly timeWindow: boolean;
  readonly gateway: boolean;
  readonly executeTimeoutMs: number;
  readonly logLevel: string;
}

/** Starts all orderers and peers at once. Orderers are named as in the layout, peers as {@link nameOfPeer} says. */
export async function startNodes(
  settings: NodeSettings,
  binaries: FabricBinaries,
  layout: NativeLayout,
  material: Material,
): Promise<Record<string, FabricNode>> {
  const { workDir } = settings;
  const builderDir = await writeExternalBuilder(folders.builder(workDir));
  const placeOf = (name: string) => ({
    processes: settings.processes,
    name,
    configDir: folders.node(workDir, name),
    logFile: folders.log(workDir, name),
    logLevel: settings.logLevel,
  });
  const dataDirOf = (name: string): string => join(folders.node(workDir, name), 'data');
  const orderers = layout.orderers.map((node) =>
    startFabricNode({
      ...placeOf(node.name),
      file: binaries.path('orderer'),
      args: [],
      configFile: 'orderer.yaml',
      configuration: ordererConfiguration({
        node,
        mspId: layout.ordererMspId,
        paths: nodePaths(material.orderer, node.name),
        dataDir: dataDirOf(node.name),
        major: binaries.major,
      }),
    }),
  );
  const peers = layout.peers.map((node) => {
    const paths = material.organizations.find(({ mspId }) => mspId === node.mspId);
    const first = layout.peers.find(({ mspId }) => mspId === node.mspId);
    if (paths === undefined || first === undefined)
      throw new TypeError(`no material of ${node.mspId}`);
    return startFabricNode({
      ...placeOf(nameOfPeer(node)),
      file: binaries.path('peer'),
      args: ['node', 'start'],
      configFile: 'core.yaml',
      configuration: peerConfiguration({
        node,
        bootstrapPort: first.port,
        paths: nodePaths(paths, node.name),
        dataDir: dataDirOf(nameOfPeer(node)),
        builderDir,
        timeWindow: settings.timeWindow && binaries.major >= 3,
        gateway: settings.gateway,
        executeTimeoutMs: settings.executeTimeoutMs,
      }),
    });
  });
  const nodes = await settleAll([...orderers, ...peers]);
  return Object.fromEntries(nodes.map((node) => [node.name, node]));
}

/** Starts one process of a chaincode for each organisation; resolves when all accept connections. */
export async function startChaincodeProcesses(
  { workDir, processes }: NodeSettings,
  layout: NativeLayout,
  chaincode: {
    readonly name: string;
    readonly version: string;
    readonly command: ChaincodeCommand;
  },
): Promise<Record<string, ChaincodeProcess>> {
  const firstPeers = layout.peers.filter(({ name }) => name === PEER_NAME);
  const started = firstPeers.map(({ mspId }) =>
    startChaincode({
      processes,
      command: chaincode.command,
      mspId,
      packageId: packageFor(layout, chaincode, mspId).id,
      port: layout.chaincodePorts[chaincode.name]?.[mspId] ?? 0,
      logFile: folders.log(workDir, `${chaincode.name}-${mspId}`),
    }),
  );
  const all = await settleAll(started);
  return Object.fromEntries(all.map((process) => [process.mspId, process]));
}
