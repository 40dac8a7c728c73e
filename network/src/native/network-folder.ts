import { existsSync, readFileSync } from 'node:fs';
import { mkdir, rename, writeFile } from 'node:fs/promises';
import {
  createOrganization,
  locateMaterial,
  writeMaterial,
  type OrganizationPaths,
} from '@midlock/devnode/msp';
import { freePorts } from '../embedded/free-port.ts';
import { NetworkError } from '../network-error.ts';
import {
  folders,
  ORDERER_DOMAIN,
  ORDERER_MSP_ID,
  PEER_NAME,
  type Consensus,
  type NativeLayout,
} from './layout.ts';

/** What a network is made of. */
export interface NetworkPlan {
  readonly workDir: string;
  readonly version: string;
  readonly consensus: Consensus;
  readonly channel: string;
  readonly organizations: readonly NativeOrganization[];
  readonly chaincodeNames: readonly string[];
  readonly peersPerOrganization: number;
}

export interface NativeOrganization {
  readonly mspId: string;
  readonly domain: string;
  /** Beside `Admin`. */
  readonly users: readonly string[];
  /** Fabric attributes by user. */
  readonly attributes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Where all organisations' material stands. */
export interface Material {
  readonly orderer: OrganizationPaths;
  readonly organizations: readonly OrganizationPaths[];
}

/**
 * The layout of the finished network in the folder, or undefined when the folder has none.
 * @throws {NetworkError} DESCRIPTION_INVALID when it holds another network or one whose making was interrupted.
 */
export function readLayout(plan: NetworkPlan): NativeLayout | undefined {
  const file = folders.layout(plan.workDir);
  if (!existsSync(file)) {
    if (!existsSync(folders.genesisBlock(plan.workDir))) return undefined;
    throw invalid(plan.workDir, 'holds a network whose making was interrupted; remove the folder');
  }
  const layout = tryParse(readFileSync(file, 'utf8'));
  if (layout?.format !== 2)
    throw invalid(plan.workDir, 'has a layout.json that this version cannot read');
  for (const member of ['version', 'consensus', 'channel'] as const) {
    if (layout[member] !== plan[member]) {
      throw invalid(plan.workDir, `holds a network of ${member} ${layout[member]}`);
    }
  }
  const held = layout.peers
    .filter(({ name }) => name === PEER_NAME)
    .map(({ mspId }) => mspId)
    .join();
  if (held !== plan.organizations.map(({ mspId }) => mspId).join()) {
    throw invalid(plan.workDir, `holds a network of ${held}`);
  }
  if (layout.peers.length !== plan.organizations.length * plan.peersPerOrganization) {
    throw invalid(plan.workDir, `holds a network of ${layout.peers.length} peers`);
  }
  if (Object.keys(layout.chaincodePorts).join() !== plan.chaincodeNames.join()) {
    throw invalid(plan.workDir, `holds chaincodes ${Object.keys(layout.chaincodePorts).join()}`);
  }
  return layout;
}

/** Chooses ports for a new network. */
export async function planLayout(plan: NetworkPlan): Promise<NativeLayout> {
  const { version, consensus, channel, organizations, chaincodeNames } = plan;
  const { peersPerOrganization } = plan;
  const count = consensus === 'bft' ? 4 : 1;
  const perOrganization = 3 * peersPerOrganization + chaincodeNames.length;
  const ports = [...(await freePorts(count * 3 + organizations.length * perOrganization))];
  const take = (): number => ports.pop() ?? 0;
  return {
    format: 2,
    version,
    consensus,
    channel,
    ordererMspId: ORDERER_MSP_ID,
    orderers: Array.from({ length: count }, (_, index) => ({
      name: `orderer${index}`,
      port: take(),
      adminPort: take(),
      operationsPort: take(),
    })),
    peers: organizations.flatMap(({ mspId }) =>
      Array.from({ length: peersPerOrganization }, (_, index) => ({
        name: `peer${index}`,
        mspId,
        port: take(),
        chaincodePort: take(),
        operationsPort: take(),
      })),
    ),
    chaincodePorts: Object.fromEntries(
      chaincodeNames.map((name) => [
        name,
        Object.fromEntries(organizations.map(({ mspId }) => [mspId, take()])),
      ]),
    ),
  };
}

/** Keeps the layout of a network that is up, so that its folder can be started again. */
export async function saveLayout(workDir: string, layout: NativeLayout): Promise<void> {
  const file = folders.layout(workDir);
  await writeFile(`${file}.new`, JSON.stringify(layout, undefined, 1));
  await rename(`${file}.new`, file);
}

/** Every port that a process of the network listens on. */
export function portsOf(layout: NativeLayout): number[] {
  return [
    ...layout.orderers.flatMap((node) => [node.port, node.adminPort, node.operationsPort]),
    ...layout.peers.flatMap((node) => [node.port, node.chaincodePort, node.operationsPort]),
    ...Object.values(layout.chaincodePorts).flatMap((ports) => Object.values(ports)),
  ];
}

/** Makes and writes the material of a new network. */
export async function createMaterial(plan: NetworkPlan, layout: NativeLayout): Promise<Material> {
  await mkdir(plan.workDir, { recursive: true });
  const [orderer, ...organizations] = await writeMaterial(folders.crypto(plan.workDir), [
    createOrganization({
      mspId: ORDERER_MSP_ID,
      domain: ORDERER_DOMAIN,
      kind: 'orderer',
      peers: layout.orderers.map(({ name }) => name),
      users: [],
    }),
    ...plan.organizations.map(({ mspId, domain, users, attributes }) =>
      createOrganization({
        mspId,
        domain,
        peers: peerNamesOf(layout, mspId),
        users,
        ...(attributes === undefined ? {} : { attributes }),
      }),
    ),
  ]);
  if (orderer === undefined) throw new TypeError('no orderer organisation written');
  return { orderer, organizations };
}

/** Finds the material of a network that was made earlier. */
export function findMaterial(plan: NetworkPlan, layout: NativeLayout): Material {
  const locate = (
    kind: 'peer' | 'orderer',
    { mspId, domain, users }: NativeOrganization,
    peers: readonly string[],
  ): OrganizationPaths =>
    locateMaterial(folders.crypto(plan.workDir), {
      mspId,
      domain,
      kind,
      peers: peers.map((name) => ({ name, host: `${name}.${domain}` })),
      users: ['Admin', ...users].map((name) => ({ name, label: `${name}@${domain}` })),
    });
  const ordererOrganization = { mspId: ORDERER_MSP_ID, domain: ORDERER_DOMAIN, users: [] };
  return {
    orderer: locate(
      'orderer',
      ordererOrganization,
      layout.orderers.map(({ name }) => name),
    ),
    organizations: plan.organizations.map((entry) =>
      locate('peer', entry, peerNamesOf(layout, entry.mspId)),
    ),
  };
}

function peerNamesOf({ peers }: NativeLayout, mspId: string): string[] {
  return peers.filter((peer) => peer.mspId === mspId).map(({ name }) => name);
}

function tryParse(text: string): NativeLayout | undefined {
  try {
    return JSON.parse(text) as NativeLayout;
  } catch {
    return undefined;
  }
}

function invalid(workDir: string, reason: string): NetworkError {
  return new NetworkError('DESCRIPTION_INVALID', `The folder ${reason}.`, { workDir });
}
