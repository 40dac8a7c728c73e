import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDevnode } from '@midlock/devnode';
import { afterAll, expect, test } from 'vitest';
import { packageChaincode } from '../src/lifecycle/chaincode-package.ts';
import { findFabricBinaries } from '../src/native/binaries.ts';
import { startNativeFabric, type NativeFabric } from '../src/native/start-native-fabric.ts';
import {
  askSeveralPeers,
  POLICIES,
  SEVERAL_PEERS_CHANNEL,
  type SeveralPeersTarget,
} from './several-peers.ts';

const binaries = await findFabricBinaries().catch((error: unknown) => {
  console.log(
    `several peers not compared: ${error instanceof Error ? error.message : String(error)}`,
  );
  return undefined;
});
const REGISTER = new URL('../src/native/testdata/register.cjs', import.meta.url).pathname;
const ORGANIZATIONS = [1, 2].map((number) => ({
  mspId: `Org${number}MSP`,
  domain: `org${number}.example.com`,
  users: ['User1'],
}));
const DEFINITIONS = Object.entries(POLICIES).map(([name, endorsementPolicy]) => ({
  name,
  version: '1.0',
  sequence: 1,
  endorsementPolicy,
}));

const workDir = mkdtempSync(join(tmpdir(), 'midlock-several-peers-'));
const running: { stop(): Promise<void> }[] = [];
afterAll(async () => {
  for (const network of running.splice(0)) await network.stop();
  rmSync(workDir, { recursive: true, force: true });
}, 30_000);

test.skipIf(binaries === undefined)(
  'two peers in each organisation answer on devnode as on Fabric',
  async () => {
    const native = await startNativeFabric({
      workDir,
      consensus: 'raft',
      channel: SEVERAL_PEERS_CHANNEL,
      organizations: ORGANIZATIONS,
      peersPerOrganization: 2,
      chaincodes: DEFINITIONS.map((definition) => ({
        ...definition,
        command: { file: process.execPath, args: [REGISTER] },
      })),
      batchTimeoutMs: 50,
    });
    running.push(native);
    const devnode = await startDevnode(native);
    const onFabric = await askSeveralPeers(nativeTarget(native));
    expect(onFabric).toMatchObject({
      'each gateway endorses by its own peer': [
        ['peer0.org1'],
        ['peer1.org1'],
        ['peer0.org2'],
        ['peer1.org2'],
      ],
      'a policy of two peers of one organisation takes both': ['peer0.org1', 'peer1.org1'],
      'the status of a transaction is told by the other peer': 0,
      'two of one organisation cannot be had of one peer': 'code 9',
      'with one peer down, its organisation endorses by the other': ['peer0.org1', 'peer1.org2'],
    });
    expect(await askSeveralPeers(devnode)).toEqual(onFabric);
  },
  180_000,
);

function nativeTarget({ description, peers, nodes }: NativeFabric): SeveralPeersTarget {
  return {
    peers,
    organizations: description.organizations,
    setUp: async (mspId, index, up) => {
      const node = nodes[index === 0 ? mspId : `${mspId}.peer${index}`];
      if (node === undefined) throw new TypeError(`no peer ${index} of ${mspId}`);
      if (up) node.start();
      else await node.kill();
    },
  };
}

/** devnode dials the very chaincode processes of the native network. */
async function startDevnode({ chaincodes }: NativeFabric): Promise<SeveralPeersTarget> {
  const node = await createDevnode({
    channel: SEVERAL_PEERS_CHANNEL,
    organizations: ORGANIZATIONS.map((organization) => ({ ...organization, peers: 2 })),
    chaincodes: DEFINITIONS.map((definition) => ({
      ...definition,
      endpoints: Object.fromEntries(
        Object.values(chaincodes[definition.name] ?? {}).map(({ mspId, address }) => [
          mspId,
          { address, packageId: packageChaincode(`${definition.name}_1.0`, address).id },
        ]),
      ),
    })),
    batch: { timeoutMs: 50 },
  });
  running.push({ stop: () => node.close() });
  const { organizations } = node;
  return {
    organizations,
    peers: Object.fromEntries(
      Object.entries(organizations).map(([mspId, { peers }]) => [mspId, Object.values(peers)]),
    ),
    setUp: (mspId, index, up) => {
      node.setUp(mspId, up, `peer${index}`);
      return Promise.resolve();
    },
  };
}
