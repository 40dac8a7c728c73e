import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createProcessGroup,
  findFabricBinaries,
  startNativeFabric,
  type FabricDescription,
  type NativeFabric,
} from '@midlock/network';
import { afterAll, describe, expect, test } from 'vitest';
import { DEVELOPMENT_ORGANIZATIONS } from './development.ts';
import { createDeployBench, MSP_IDS, type Deployed } from './testing-deploy.ts';
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

const kinds = (steps: Deployed['done']): readonly string[] => (steps ?? []).map(({ kind }) => kind);

/** Peers that have joined a channel, without any chaincode. */
async function startBare(
  folder: string,
): Promise<{ readonly fabric: FabricDescription; readonly nodes: NativeFabric['nodes'] }> {
  const { description, nodes } = await startNativeFabric({
    processes,
    workDir: join(dir, folder),
    consensus: 'raft',
    channel: 'swaps',
    organizations: DEVELOPMENT_ORGANIZATIONS,
    chaincodes: [],
    batchTimeoutMs: 50,
  });
  return { fabric: { ...description, chaincode: 'midlock' }, nodes };
}

describe.skipIf(binaries === undefined)('midlock deploy fabric on native peers', () => {
  test('from nothing, one organisation after the other, again, and upgraded under locks in every state', async () => {
    const { fabric } = await startBare('native');
    const bench = await createDeployBench(processes, dir, 9);
    const { at, startServers, moveClocks, lines } = bench;
    const deploy = (options: Parameters<typeof bench.deploy>[1]) => bench.deploy(fabric, options);

    // A first version: each administrator alone, the last one commits.
    await expect(deploy({})).rejects.toMatchObject({ code: 'DESCRIPTION_INVALID' });
    const planned = await deploy({ address: at(0), dryRun: true });
    expect(planned).toMatchObject({ version: '1.0', sequence: 1, changes: ['new'] });
    expect(planned.committed).toBe(false);
    expect(kinds(planned.wouldDo)).toEqual([
      ...['install', 'install', 'install', 'approve', 'approve', 'approve', 'commit'],
    ]);
    const old = await startServers(planned.packageIds, 0);
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

    const typo = "AND('Org1MSP.peer', 'Org9MSP.peer')";
    await expect(deploy({ policy: typo })).rejects.toThrow('cannot meet the policy');

    if (networkId === undefined) throw new Error('not initialised');
    const swaps = await lockInEveryState({ fabric, networkId, moveClocks });
    const upgrade = { version: '1.1', address: at(3) };
    const next = await deploy({ ...upgrade, dryRun: true });
    expect(next).toMatchObject({ sequence: 2, changes: ['version'] });
    await startServers(next.packageIds, 3);
    // As after a crash behind the first organisation's approval: the rest goes on from there.
    expect(await deploy({ ...upgrade, org: ['Org1MSP'] })).toMatchObject({ committed: false });
    const upgraded = await deploy(upgrade);
    expect(upgraded).toMatchObject({ version: '1.1', sequence: 2, committed: true });
    // The attempt that found no server had installed the packages already.
    expect(kinds(upgraded.done)).toEqual(['approve', 'approve', 'commit']);
    await Promise.all(old.map((server) => server.stop()));
    await swaps.settle();

    // Without an address the package stays; a policy alone is a new sequence, a package alone is none.
    const policy = "OutOf(3, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')";
    const stricter = await deploy({ policy });
    expect(stricter).toMatchObject({ sequence: 3, changes: ['policy'], version: '1.1', policy });
    expect(stricter.packageIds).toEqual(next.packageIds);
    const moved = { org: ['Org3MSP'], address: at(6).slice(2) };
    const { packageIds } = await deploy({ ...moved, dryRun: true });
    await startServers({ ...next.packageIds, ...packageIds }, 6);
    const relocated = await deploy(moved);
    expect(relocated).toMatchObject({ sequence: 3, changes: [], committed: true });
    expect(kinds(relocated.done)).toEqual(['install', 'approve']);
    expect((await deploy({ address: [...at(3).slice(0, 2), ...moved.address] })).done).toEqual([]);
  }, 240_000);

  test('a majority commits while an organisation is away; it comes in later', async () => {
    const { fabric, nodes } = await startBare('majority');
    const bench = await createDeployBench(processes, dir, 3);
    const address = bench.at(0);
    const { packageIds } = await bench.deploy(fabric, { address, dryRun: true });
    await bench.startServers(packageIds, 0);
    await nodes['Org3MSP']?.stop();
    const present = { address, org: ['Org1MSP', 'Org2MSP'] };
    expect(await bench.deploy(fabric, present)).toMatchObject({
      committed: false,
      waitingFor: ['Org3MSP'],
    });
    expect(await bench.deploy(fabric, { ...present, commitBy: 'majority' })).toMatchObject({
      committed: true,
      approvals: { Org1MSP: true, Org2MSP: true, Org3MSP: false },
    });
    await expect(bench.deploy(fabric, { address })).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      data: { organization: 'Org3MSP' },
    });
    nodes['Org3MSP']?.start();
    await expect
      .poll(
        () =>
          bench
            .deploy(fabric, { address, dryRun: true })
            .then(({ wouldDo }) => kinds(wouldDo), String),
        {
          timeout: 30_000,
        },
      )
      .toEqual(['install', 'approve']);
    const late = await bench.deploy(fabric, { address, org: ['Org3MSP'] });
    expect(kinds(late.done)).toEqual(['install', 'approve']);
    expect(late.approvals).toEqual({ Org1MSP: true, Org2MSP: true, Org3MSP: true });
  }, 180_000);
});
