import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { findFabricBinaries } from './binaries.ts';
import { connectPeer, readSigner, type PeerClient } from '../lifecycle/peer-client.ts';
import {
  startNativeFabric,
  type NativeFabric,
  type NativeFabricOptions,
} from './start-native-fabric.ts';

const binaries = await findFabricBinaries().catch((error: unknown) => {
  console.log(
    `native Fabric not tested: ${error instanceof Error ? error.message : String(error)}`,
  );
  return undefined;
});
const root = mkdtempSync(join(tmpdir(), 'midlock-native-'));
const running: NativeFabric[] = [];

afterEach(async () => {
  for (const network of running.splice(0)) await network.stop();
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const CHAINCODE = new URL('./testdata/register.cjs', import.meta.url).pathname;

function optionsFor(workDir: string, rest: Partial<NativeFabricOptions> = {}): NativeFabricOptions {
  return {
    workDir: join(root, workDir),
    consensus: 'raft',
    channel: 'ch1',
    organizations: [1, 2, 3].map((number) => ({
      mspId: `Org${number}MSP`,
      domain: `org${number}.example.com`,
      users: ['User1'],
    })),
    chaincodes: [
      {
        name: 'register',
        version: '1.0',
        endorsementPolicy: "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
        command: { file: process.execPath, args: [CHAINCODE] },
      },
    ],
    ...rest,
  };
}

async function start(options: NativeFabricOptions): Promise<NativeFabric> {
  const network = await startNativeFabric(options);
  running.push(network);
  return network;
}

async function withUser<T>(
  { description }: NativeFabric,
  mspId: string,
  use: (client: PeerClient) => Promise<T>,
): Promise<T> {
  const organization = description.organizations[mspId]!;
  const { certPath, keyPath } = organization.users['User1']!;
  const target = { ...organization, address: organization.gateway };
  const client = connectPeer(target, readSigner(mspId, certPath, keyPath));
  try {
    return await use(client);
  } finally {
    client.close();
  }
}

function put(network: NativeFabric, mspId: string, key: string, value: string): Promise<number> {
  const invocation = { channel: 'ch1', chaincode: 'register', args: ['put', key, value] };
  return withUser(network, mspId, (client) => client.submit(invocation, []));
}

async function get(network: NativeFabric, mspId: string, key: string): Promise<string> {
  const invocation = { channel: 'ch1', chaincode: 'register', args: ['get', key] };
  return Buffer.from(
    await withUser(network, mspId, (client) => client.process(invocation)),
  ).toString();
}

/** Programs of the network that still run: their arguments or environment name its folder. */
function listeners(folder: string): string[] {
  return readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'latin1').includes(
          `FABRIC_CFG_PATH=${folder}/`,
        );
      } catch {
        return false;
      }
    });
}

describe.skipIf(binaries === undefined)('startNativeFabric', () => {
  test('Raft: commits, survives a stopped peer and starts again from its folder', async () => {
    const network = await start(optionsFor('raft'));
    expect(await put(network, 'Org1MSP', 'a', '1')).toBe(0);
    expect(await get(network, 'Org1MSP', 'a')).toBe('1');
    await network.nodes['Org3MSP']!.stop();
    expect(await put(network, 'Org2MSP', 'a', '2')).toBe(0);
    await network.stop();
    const again = await start(optionsFor('raft'));
    expect(await get(again, 'Org2MSP', 'a')).toBe('2');
    expect(await put(again, 'Org3MSP', 'a', '3')).toBe(0);
  });

  test('a copy of the folder is a network of its own', async () => {
    const network = await start(optionsFor('original'));
    expect(await put(network, 'Org1MSP', 'a', '1')).toBe(0);
    await network.stop();
    cpSync(join(root, 'original'), join(root, 'copy'), { recursive: true });
    const copy = await start(optionsFor('copy'));
    expect(await put(copy, 'Org1MSP', 'a', '2')).toBe(0);
  });

  test.skipIf(binaries?.major === 2)('BFT: commits with one orderer of four down', async () => {
    const network = await start(optionsFor('bft', { consensus: 'bft' }));
    expect(await put(network, 'Org1MSP', 'a', '1')).toBe(0);
    await network.nodes['orderer3']!.kill();
    expect(await put(network, 'Org2MSP', 'a', '2')).toBe(0);
  });

  test('no process outlives a parent that was killed with SIGKILL', async () => {
    const workDir = join(root, 'orphans');
    const script = `
      import { startNativeFabric } from ${JSON.stringify(new URL('./start-native-fabric.ts', import.meta.url).href)};
      await startNativeFabric(${JSON.stringify(optionsFor('orphans'))});
      console.log('up');
      setInterval(() => undefined, 1000);`;
    const parent = spawn(
      process.execPath,
      ['--conditions=source', '--input-type=module', '-e', script],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await new Promise((resolve) => parent.stdout.once('data', resolve));
    expect(listeners(workDir).length).toBeGreaterThan(0);
    parent.kill('SIGKILL');
    while (listeners(workDir).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  });

  test('a chaincode that cannot start stops everything', async () => {
    const failing = optionsFor('failing', {
      chaincodes: [
        {
          name: 'none',
          version: '1',
          command: { file: process.execPath, args: ['-e', 'process.exit(3)'] },
        },
      ],
    });
    await expect(startNativeFabric(failing)).rejects.toMatchObject({ code: 'PROCESS_FAILED' });
    expect(listeners(failing.workDir)).toEqual([]);
    await expect(startNativeFabric(failing)).rejects.toThrow('interrupted');
  });

  test('a port in use and a missing key are refused with a code', async () => {
    const network = await start(optionsFor('damaged'));
    const port = Number(network.description.organizations['Org1MSP']!.gateway.split(':')[1]);
    await network.stop();
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    expect((server.address() as AddressInfo).port).toBe(port);
    await expect(startNativeFabric(optionsFor('damaged'))).rejects.toMatchObject({
      code: 'PORT_IN_USE',
      data: { port },
    });
    await new Promise((resolve) => server.close(resolve));
    const { mspDir } = network.description.organizations['Org1MSP']!;
    rmSync(join(mspDir, '../peers/peer0.org1.example.com/msp/keystore'), { recursive: true });
    await expect(startNativeFabric(optionsFor('damaged'))).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
    });
    expect(listeners(join(root, 'damaged'))).toEqual([]);
  });

  test('a folder with another network is refused', async () => {
    const network = await start(optionsFor('taken'));
    await network.stop();
    const other = optionsFor('taken', { channel: 'ch2' });
    await expect(startNativeFabric(other)).rejects.toMatchObject({ code: 'DESCRIPTION_INVALID' });
    writeFileSync(join(root, 'taken/layout.json'), '{"format":');
    await expect(startNativeFabric(optionsFor('taken'))).rejects.toMatchObject({
      code: 'DESCRIPTION_INVALID',
    });
  });
});
