import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, credentials } from '@grpc/grpc-js';
import { connect, signers } from '@hyperledger/fabric-gateway';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProcessGroup, type ProcessGroup } from '../processes.ts';
import type { ChaincodeCommand } from './chaincode-process.ts';
import { startEmbeddedFabric, type EmbeddedFabric } from './embedded-fabric.ts';

const GREETER: ChaincodeCommand = {
  file: process.execPath,
  args: [fileURLToPath(new URL('testdata/greeter-chaincode.cjs', import.meta.url))],
};
const ORGANIZATIONS = ['Org1', 'Org2'].map((name) => ({
  mspId: `${name}MSP`,
  domain: `${name.toLowerCase()}.example.com`,
  users: ['User1'],
}));

const workDir = mkdtempSync(join(tmpdir(), 'midlock-embedded-'));
let processes: ProcessGroup;
let fabric: EmbeddedFabric;

const start = (command: ChaincodeCommand, folder: string): Promise<EmbeddedFabric> =>
  startEmbeddedFabric({
    processes,
    workDir: join(workDir, folder),
    channel: 'greetings',
    organizations: ORGANIZATIONS,
    chaincode: {
      name: 'greeter',
      version: '1',
      endorsementPolicy: "AND('Org1MSP.peer', 'Org2MSP.peer')",
      command,
    },
  });

beforeAll(async () => {
  processes = createProcessGroup();
  fabric = await start(GREETER, 'running');
});
afterAll(async () => {
  await processes.stopAll();
  rmSync(workDir, { recursive: true, force: true });
});

/** Asks one organisation's chaincode, through that organisation's gateway, over TLS. */
async function who(mspId: string): Promise<{ mspId: string; pid: number }> {
  const organization = fabric.description.organizations[mspId]!;
  const user = organization.users['User1']!;
  const client = new Client(
    organization.gateway,
    credentials.createSsl(readFileSync(organization.tlsCaCertPath)),
    {
      'grpc.ssl_target_name_override': organization.tlsServerName,
    },
  );
  const gateway = connect({
    client,
    identity: { mspId, credentials: readFileSync(user.certPath) },
    signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(user.keyPath))),
    evaluateOptions: () => ({ deadline: Date.now() + 5_000 }),
  });
  try {
    const contract = gateway.getNetwork('greetings').getContract('greeter', 'greeter');
    const answer = await contract.evaluate('who', { endorsingOrganizations: [mspId] });
    const [name, pid] = new TextDecoder().decode(answer).replaceAll('"', '').split(' ');
    return { mspId: name ?? '', pid: Number(pid) };
  } finally {
    gateway.close();
    client.close();
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('an embedded Fabric', () => {
  it('runs every organisation behind its own TLS listener with its own chaincode process', async () => {
    const [one, two] = [await who('Org1MSP'), await who('Org2MSP')];
    expect([one.mspId, two.mspId]).toEqual(['Org1MSP', 'Org2MSP']);
    expect(one.pid).not.toBe(two.pid);
    expect(fabric.description).toMatchObject({
      kind: 'devnode',
      channel: 'greetings',
      chaincode: 'greeter',
    });
  });

  it('starts a chaincode again that was killed', async () => {
    const before = await who('Org1MSP');
    fabric.chaincodes['Org1MSP']!.kill();
    await expect
      .poll(
        () =>
          who('Org1MSP').then(
            ({ pid }) => pid,
            () => before.pid,
          ),
        { timeout: 15_000, interval: 100 },
      )
      .not.toBe(before.pid);
    expect(isAlive(before.pid)).toBe(false);
  });

  it('says which chaincode did not start, and where its log is', async () => {
    const broken = { file: process.execPath, args: ['-e', 'process.exit(7)'] };
    await expect(start(broken, 'broken')).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      data: { log: expect.stringContaining('chaincode-Org') as string },
    });
  });

  it('leaves no process behind', async () => {
    const pids = [(await who('Org1MSP')).pid, (await who('Org2MSP')).pid];
    await fabric.stop();
    expect(pids.filter(isAlive)).toEqual([]);
  });
});
