import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createProcessGroup,
  findFabricBinaries,
  freePorts,
  startChaincode,
  startNativeFabric,
  type ChaincodeProcess,
  type FabricDescription,
} from '@midlock/network';
import { DEVELOPMENT, type Hex32 } from '@midlock/protocol';
import { afterAll, describe, expect, test } from 'vitest';
import { deployChaincode, type DeployFabricOptions } from '../commands/deploy-fabric.ts';
import { DEVELOPMENT_ORGANIZATIONS } from './development.ts';
import { lockInEveryState } from './testing-locks.ts';

const binaries = await findFabricBinaries().catch((error: unknown) => {
  console.log(`deploy fabric not tested on native peers: ${String(error)}`);
  return undefined;
});
const dir = mkdtempSync(join(tmpdir(), 'midlock-deploy-'));
const processes = createProcessGroup();
afterAll(async () => {
  await processes.stopAll();
  rmSync(dir, { recursive: true, force: true });
});

const MSP_IDS = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;
const clockFile = join(dir, 'clock');
const moveClocks = (offsetMs: number): void => {
  writeFileSync(clockFile, String(offsetMs));
};

/** One server per organisation, under the ids that `deploy fabric --dry-run` says. */
function startServers(
  packageIds: Readonly<Record<string, string>>,
  ports: readonly number[],
): Promise<readonly ChaincodeProcess[]> {
  const server = createRequire(import.meta.url).resolve('@midlock/chaincode/test-server');
  return Promise.all(
    MSP_IDS.map((mspId, index) =>
      startChaincode({
        processes,
        command: {
          file: process.execPath,
          args: ['--conditions=source', '--disable-warning=ExperimentalWarning', server],
          env: { MIDLOCK_CLOCK_FILE: clockFile },
        },
        mspId,
        packageId: packageIds[mspId] ?? '',
        port: ports[index] ?? 0,
        logFile: join(dir, `${mspId}-${String(ports[index])}.log`),
      }),
    ),
  );
}

interface Deployed {
  readonly version: string;
  readonly sequence: number;
  readonly changes: readonly string[];
  readonly committed: boolean;
  readonly approvals: Readonly<Record<string, boolean>>;
  readonly packageIds: Readonly<Record<string, string>>;
  readonly done?: readonly { readonly kind: string }[];
  readonly wouldDo?: readonly { readonly kind: string }[];
  readonly waitingFor: readonly string[];
  readonly networkId?: Hex32;
}

describe.skipIf(binaries === undefined)('midlock deploy fabric on native peers', () => {
  test('from nothing, one organisation after the other, again, and upgraded under locks in every state', async () => {
    moveClocks(0);
    const native = await startNativeFabric({
      processes,
      workDir: join(dir, 'native'),
      consensus: 'raft',
      channel: 'swaps',
      organizations: DEVELOPMENT_ORGANIZATIONS,
      chaincodes: [],
      batchTimeoutMs: 50,
    });
    const fabric: FabricDescription = { ...native.description, chaincode: 'midlock' };
    const lines: string[] = [];
    const deploy = async (options: Omit<DeployFabricOptions, 'network'>): Promise<Deployed> => {
      lines.length = 0;
      const output = {
        json: false,
        result: () => undefined,
        progress: (line: string) => {
          lines.push(line);
        },
      };
      const all = { network: 'network.json', ...options };
      return (await deployChaincode(fabric, DEVELOPMENT, all, output))
        .result as unknown as Deployed;
    };
    const ports = await freePorts(9);
    const at = (from: number): readonly string[] =>
      MSP_IDS.map((mspId, index) => `${mspId}=127.0.0.1:${String(ports[from + index])}`);

    // A first version: each administrator alone, the last one commits.
    const planned = await deploy({ address: at(0), dryRun: true });
    expect(planned).toMatchObject({
      version: '1.0',
      sequence: 1,
      changes: ['new'],
      committed: false,
    });
    expect(planned.wouldDo?.map(({ kind }) => kind)).toEqual([
      ...['install', 'install', 'install', 'approve', 'approve', 'approve', 'commit'],
    ]);
    const old = await startServers(planned.packageIds, ports.slice(0, 3));
    for (const [index, mspId] of MSP_IDS.entries()) {
      const state = await deploy({ org: [mspId], address: at(0) });
      expect(state.packageIds[mspId]).toBe(planned.packageIds[mspId]);
      expect(state.committed).toBe(index === 2);
      expect(state.waitingFor).toEqual(MSP_IDS.slice(index + 1));
      expect(Object.values(state.approvals).filter(Boolean)).toHaveLength(index + 1);
    }
    const { networkId, done } = await deploy({ address: at(0) });
    expect(done).toEqual([]);
    expect(lines).toContain('Org1MSP: installed, approved, sequence 1');
    expect(lines).toContain('in force: version 1.0, sequence 1');

    // A user is no administrator, and an upgrade does not go to a server that is not there or is the old one.
    await expect(deploy({ org: ['Org1MSP'], admin: 'User1' })).rejects.toMatchObject({
      code: 'ADMIN_REFUSED',
    });
    await expect(deploy({ version: '1.1', address: at(3) })).rejects.toMatchObject({
      code: 'CHAINCODE_UNREACHABLE',
    });
    await expect(deploy({ version: '1.1', address: at(0) })).rejects.toMatchObject({
      code: 'PACKAGE_MISMATCH',
    });

    if (networkId === undefined) throw new Error('not initialised');
    const swaps = await lockInEveryState({ fabric, networkId, moveClocks });
    const upgrade = { version: '1.1', address: at(3) };
    const next = await deploy({ ...upgrade, dryRun: true });
    expect(next).toMatchObject({ sequence: 2, changes: ['version'] });
    await startServers(next.packageIds, ports.slice(3, 6));
    // As after a crash behind the first organisation's approval: the rest goes on from there.
    expect(await deploy({ ...upgrade, org: ['Org1MSP'] })).toMatchObject({ committed: false });
    const upgraded = await deploy(upgrade);
    expect(upgraded).toMatchObject({ version: '1.1', sequence: 2, committed: true });
    // The attempt that found no server had installed the packages already.
    expect(upgraded.done?.map(({ kind }) => kind)).toEqual(['approve', 'approve', 'commit']);
    await Promise.all(old.map((server) => server.stop()));
    await swaps.settle();

    // Without an address the package stays; a policy alone is a new sequence, a package alone is none.
    const policy = "OutOf(3, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')";
    const stricter = await deploy({ policy });
    expect(stricter).toMatchObject({ sequence: 3, changes: ['policy'], version: '1.1' });
    expect(stricter.packageIds).toEqual(next.packageIds);
    const moved = { org: ['Org3MSP'], address: [`Org3MSP=127.0.0.1:${String(ports[8])}`] };
    const { packageIds } = await deploy({ ...moved, dryRun: true });
    await startServers({ ...next.packageIds, ...packageIds }, ports.slice(6, 9));
    const relocated = await deploy(moved);
    expect(relocated).toMatchObject({ sequence: 3, changes: [], committed: true });
    expect(relocated.done?.map(({ kind }) => kind)).toEqual(['install', 'approve']);
    expect((await deploy({ address: [...at(3).slice(0, 2), ...moved.address] })).done).toEqual([]);
  }, 240_000);
});
