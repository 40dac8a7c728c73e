import type { FabricNode } from '@midlock/network';
import type { DevelopmentNetworks } from '../../cli/src/networks/development.ts';
import { rpc } from './rpc.ts';

/** A part of a Fabric network that can be away for a while. */
export interface Breakable {
  readonly name: string;
  down(): Promise<void>;
  up(): Promise<void>;
}

/** The peers, one for each organisation, and the ordering service, in whole or by its nodes. */
export interface FabricFaults {
  readonly peers: readonly Breakable[];
  /** Raft: the one orderer. BFT: each of four. devnode: ordering as a whole. */
  readonly orderers: readonly Breakable[];
}

/** Native nodes die by SIGKILL and start again; devnode is told by its controls. */
export function createFabricFaults({ description, nodes }: DevelopmentNetworks): FabricFaults {
  const { organizations, admin } = description.fabric;
  const mspIds = Object.keys(organizations);
  if (admin === undefined) {
    const names = Object.keys(nodes).filter((name) => !mspIds.includes(name));
    return {
      peers: mspIds.map((mspId) => killable(nodes[mspId], mspId)),
      orderers: names.map((name) => killable(nodes[name], name)),
    };
  }
  const control = async (method: string, params: object): Promise<void> => {
    await rpc(admin, method, params);
  };
  return {
    peers: mspIds.map((mspId) => ({
      name: mspId,
      down: async () => {
        await control('setUp', { mspId, up: false });
        await control('dropStreams', { mspId });
      },
      up: () => control('setUp', { mspId, up: true }),
    })),
    orderers: [
      {
        name: 'ordering',
        down: () => control('pauseOrdering', {}),
        up: async () => {
          await control('resumeOrdering', {});
          await control('dropStreams', {});
        },
      },
    ],
  };
}

function killable(node: FabricNode | undefined, name: string): Breakable {
  if (node === undefined) throw new Error(`no node ${name}`);
  return {
    name,
    down: () => node.kill(),
    up: () => {
      node.start();
      return Promise.resolve();
    },
  };
}
