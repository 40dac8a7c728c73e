import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProcessGroup, startEmbeddedFabric } from '@midlock/network';
import { DEVELOPMENT } from '@midlock/protocol';
import { afterAll, describe, expect, test } from 'vitest';
import { perOrganization } from '../commands/deploy-fabric.ts';
import { readCollections } from './collections-file.ts';
import { deployFabric } from './deploy-fabric.ts';
import { DEVELOPMENT_ORGANIZATIONS, DEVELOPMENT_POLICY } from './development.ts';
import { createDeployBench } from './testing-deploy.ts';
import { lockInEveryState } from './testing-locks.ts';

const dir = mkdtempSync(join(tmpdir(), 'midlock-deploy-devnode-'));
const processes = createProcessGroup();
afterAll(async () => {
  await processes.stopAll();
  rmSync(dir, { recursive: true, force: true });
});

test('on devnode: an upgrade under locks in every state, another policy, another address', async () => {
  const bench = await createDeployBench(processes, dir, 6);
  const { command, moveClocks, at, lines } = bench;
  const { description: fabric, chaincodes } = await startEmbeddedFabric({
    processes,
    workDir: dir,
    channel: 'swaps',
    organizations: DEVELOPMENT_ORGANIZATIONS,
    chaincode: { name: 'midlock', version: '1', endorsementPolicy: DEVELOPMENT_POLICY, command },
    batchTimeoutMs: 10,
  });
  const deploy = (options: Parameters<typeof bench.deploy>[1]) => bench.deploy(fabric, options);
  const networkId = await deployFabric(fabric, DEVELOPMENT);
  const standing = await deploy({});
  expect(standing).toMatchObject({ version: '1', sequence: 1, changes: [], done: [], networkId });
  expect(lines).toContain('in force: version 1, sequence 1');
  await expect(deploy({ version: '1.1', address: at(0) })).rejects.toMatchObject({
    code: 'CHAINCODE_UNREACHABLE',
  });
  await expect(deploy({ version: '1.1', org: ['Org1MSP'] })).rejects.toThrow('one administrator');

  const typo = "AND('Org1MSP.peer', 'Org9MSP.peer')";
  await expect(deploy({ policy: typo })).rejects.toThrow('cannot meet the policy');

  const swaps = await lockInEveryState({ fabric, networkId, moveClocks });
  const upgrade = { version: '1.1', address: at(0) };
  const planned = await deploy({ ...upgrade, dryRun: true });
  expect(planned).toMatchObject({ sequence: 2, changes: ['version'], committed: false });
  expect(planned.wouldDo?.map(({ kind }) => kind)).toEqual([
    ...['approve', 'approve', 'approve', 'commit'],
  ]);
  await bench.startServers(planned.packageIds, 0);
  expect(await deploy(upgrade)).toMatchObject({ version: '1.1', sequence: 2, committed: true });
  await Promise.all(Object.values(chaincodes).map((server) => server.stop()));
  await swaps.settle();

  const policy = "OutOf(3, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')";
  const stricter = await deploy({ policy });
  expect(stricter).toMatchObject({ version: '1.1', sequence: 3, changes: ['policy'], policy });
  expect(stricter.packageIds).toEqual(planned.packageIds);
  const moved = { address: [...at(0).slice(0, 2), ...at(3).slice(2)] };
  const { packageIds } = await deploy({ ...moved, dryRun: true });
  await bench.startServers(packageIds, 3);
  const relocated = await deploy(moved);
  expect(relocated).toMatchObject({ sequence: 3, changes: [] });
  expect(relocated.done).toHaveLength(1);
  expect((await deploy(moved)).done).toEqual([]);
}, 120_000);

describe('values for organisations', () => {
  const network = { organizations: { A: {}, B: {} } } as unknown as Parameters<
    typeof perOrganization
  >[0];

  test.each([
    [undefined, {}],
    [['h:1'], { A: 'h:1', B: 'h:1' }],
    [['B=h:2', 'h:1'], { A: 'h:1', B: 'h:2' }],
    [['A=h:1'], { A: 'h:1' }],
    [['A=file=with=signs'], { A: 'file=with=signs' }],
  ])('%j', (values, expected) => {
    expect(perOrganization(network, '--address', values)).toEqual(expected);
  });

  test.each([[['h:1', 'h:2']], [['C=h:1']]])('%j is refused', (values) => {
    expect(() => perOrganization(network, '--address', values)).toThrow('ARGUMENT_INVALID');
  });
});

describe("collections as Fabric's --collections-config", () => {
  const write = (value: unknown): string => {
    const file = join(dir, 'collections.json');
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    return file;
  };

  test('are read with their endorsement policy', () => {
    const collection = {
      name: 'secret',
      policy: "OR('A.member')",
      requiredPeerCount: 1,
      maxPeerCount: 2,
      blockToLive: 3,
      memberOnlyRead: true,
      endorsementPolicy: { signaturePolicy: "OR('A.peer')" },
    };
    expect(readCollections(write([collection]))).toEqual([
      { ...collection, memberOnlyWrite: false, endorsementPolicy: "OR('A.peer')" },
    ]);
  });

  test.each([['{'], [[{ name: 'x' }]], [[{ name: 'x', policy: 'p', blocksToLive: 3 }]]])(
    '%j is refused',
    (value) => {
      expect(() => readCollections(write(value))).toThrow('CONFIG_INVALID');
    },
  );
});
