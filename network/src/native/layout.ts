import { join } from 'node:path';
import type { OrganizationPaths } from '@midlock/devnode/msp';

/** Raft with one orderer or BFT with four. */
export type Consensus = 'raft' | 'bft';

/** Ports of one orderer: consensus and clients, channel participation, operations. */
export interface OrdererNode {
  readonly name: string;
  readonly port: number;
  readonly adminPort: number;
  readonly operationsPort: number;
}

/** Ports of one peer: clients and gossip, chaincode that dials in, operations. */
export interface PeerNode {
  readonly name: string;
  readonly mspId: string;
  readonly port: number;
  readonly chaincodePort: number;
  readonly operationsPort: number;
}

/** Everything about a native network that stays the same over restarts; kept as layout.json in its folder. */
export interface NativeLayout {
  readonly format: 2;
  readonly version: string;
  readonly consensus: Consensus;
  readonly channel: string;
  readonly ordererMspId: string;
  readonly orderers: readonly OrdererNode[];
  readonly peers: readonly PeerNode[];
  /** Port of each chaincode's process, by chaincode name and MSP id. */
  readonly chaincodePorts: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** The first peer of each organisation, which administration and chaincode processes go by. */
export const PEER_NAME = 'peer0';

/** What a peer's process, folder and log are called: the organisation, with the peer's name for all but the first. */
export function nameOfPeer({ mspId, name }: Pick<PeerNode, 'mspId' | 'name'>): string {
  return name === PEER_NAME ? mspId : `${mspId}.${name}`;
}

/** The ordering organisation; a name that no application organisation may take. */
export const ORDERER_MSP_ID = 'OrdererMSP';
export const ORDERER_DOMAIN = 'orderer.example.com';

/** Where things stand in a network's folder. */
export const folders = {
  crypto: (workDir: string) => join(workDir, 'organizations'),
  node: (workDir: string, name: string) => join(workDir, 'nodes', name),
  log: (workDir: string, name: string) => join(workDir, 'logs', `${name}.log`),
  builder: (workDir: string) => join(workDir, 'builder'),
  genesisBlock: (workDir: string) => join(workDir, 'genesis.block'),
  layout: (workDir: string) => join(workDir, 'layout.json'),
} as const;

/** Material of one of the organisation's nodes by its name. Throws TypeError when there is none. */
export function nodePaths(paths: OrganizationPaths, name: string) {
  const node = paths.peers[name];
  if (node === undefined) throw new TypeError(`no material for ${name} of ${paths.mspId}`);
  return node;
}
