import { type ChildProcess, spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect as dial, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as grpc from '@grpc/grpc-js';
import { connect, signers, type Gateway } from '@hyperledger/fabric-gateway';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createDevnode, type Devnode, type DevnodeOptions } from '../src/index.ts';

const ORGANIZATIONS = ['Org1MSP', 'Org2MSP', 'Org3MSP'];
const processes: ChildProcess[] = [];
const endpoints: Record<string, { address: string; packageId: string }> = {};
const dataDir = mkdtempSync(join(tmpdir(), 'devnode-test-'));
const opened: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  const cli = new URL('./cli.js', import.meta.resolve('fabric-shim')).pathname;
  const module = new URL('../test-fixtures', import.meta.url).pathname;
  for (const mspId of ORGANIZATIONS) {
    const port = await freePort();
    const address = `127.0.0.1:${String(port)}`;
    endpoints[mspId] = { address, packageId: 'shelf_1:test' };
    const args = [
      cli,
      'server',
      '--module-path',
      module,
      '--chaincode-address',
      address,
      '--chaincode-id',
      'shelf_1:test',
    ];
    processes.push(
      spawn(process.execPath, args, {
        env: { ...process.env, CORE_PEER_LOCALMSPID: mspId },
        stdio: 'ignore',
      }),
    );
    await untilListening(port);
  }
});

afterEach(async () => {
  for (const close of opened.splice(0).toReversed()) await close();
});

afterAll(() => {
  for (const child of processes) child.kill('SIGKILL');
  rmSync(dataDir, { recursive: true, force: true });
});

test('a value written through one organisation is read through another', async () => {
  const node = await start();
  await contract(node, 'Org1MSP').submitTransaction('put', 'k', 'v');
  expect(text(await contract(node, 'Org2MSP').evaluateTransaction('get', 'k'))).toBe('v');
});

test('each organisation endorses on its own chaincode process', async () => {
  const node = await start();
  const transaction = contract(node, 'Org1MSP').submit('organization', {
    endorsingOrganizations: ['Org1MSP', 'Org2MSP'],
  });
  await expect(transaction).rejects.toMatchObject({ code: grpc.status.ABORTED });
});

test('of conflicting transactions in one block one is valid', async () => {
  const node = await start();
  node.pauseOrdering();
  const shelf = contract(node, 'Org1MSP');
  const sent = await Promise.all(
    [1, 2, 3].map(() => shelf.submitAsync('add', { arguments: ['n', '1'] })),
  );
  node.resumeOrdering();
  const codes = await Promise.all(sent.map(async (commit) => (await commit.getStatus()).code));
  expect(codes.toSorted((a, b) => a - b)).toEqual([0, 11, 11]);
  expect(text(await shelf.evaluateTransaction('get', 'n'))).toBe('1');
});

test('a withheld transaction commits when it is released', async () => {
  const node = await start();
  const proposal = contract(node, 'Org1MSP').newProposal('put', { arguments: ['w', '1'] });
  node.withhold(proposal.getTransactionId());
  const commit = await (await proposal.endorse()).submit();
  node.cutBlock();
  expect(node.pending()).toEqual([]);
  expect(text(await contract(node, 'Org1MSP').evaluateTransaction('get', 'w'))).toBe('');
  node.release(proposal.getTransactionId());
  expect(await commit.getStatus()).toMatchObject({ successful: true });
});

test('an organisation that is down does not endorse and another takes its place', async () => {
  const node = await start();
  node.setUp('Org2MSP', false);
  await contract(node, 'Org1MSP').submitTransaction('put', 'd', '1');
  node.setUp('Org3MSP', false);
  await expect(contract(node, 'Org1MSP').submitTransaction('put', 'd', '2')).rejects.toMatchObject({
    code: grpc.status.FAILED_PRECONDITION,
  });
  await expect(contract(node, 'Org2MSP').evaluateTransaction('get', 'd')).rejects.toMatchObject({
    code: grpc.status.UNAVAILABLE,
  });
});

test('a peer whose clock is off refuses in profile 3.x and not in 2.5', async () => {
  const strict = await start();
  strict.skewClock('Org1MSP', 16 * 60_000);
  await expect(
    contract(strict, 'Org1MSP').submitTransaction('put', 'c', '1'),
  ).rejects.toMatchObject({ code: grpc.status.ABORTED });
  const lenient = await start({ profile: '2.5' });
  lenient.skewClock('Org1MSP', 16 * 60_000);
  await contract(lenient, 'Org1MSP').submitTransaction('put', 'c', '1');
});

test('revert takes state and height back to the snapshot', async () => {
  const node = await start();
  const shelf = contract(node, 'Org1MSP');
  await shelf.submitTransaction('put', 'r', 'before');
  const mark = node.snapshot();
  await shelf.submitTransaction('put', 'r', 'after');
  node.revert(mark);
  expect(text(await shelf.evaluateTransaction('get', 'r'))).toBe('before');
  expect(node.height()).toBe('2');
  expect(() => {
    node.revert('9-00');
  }).toThrow('CONFIG_INVALID');
});

test('a ledger on disk is continued, and a torn last record is cut off', async () => {
  const first = await createDevnode({ ...options(), dataDir });
  const transaction = { node: first, close: () => first.close() };
  opened.push(transaction.close);
  await contract(first, 'Org1MSP').submitTransaction('put', 'p', 'kept');
  const height = first.height();
  for (const close of opened.splice(0).toReversed()) await close();
  appendFileSync(join(dataDir, 'blocks'), Buffer.from([0, 0, 1, 0, 0, 0, 0, 2, 9]));
  const second = await start({ dataDir });
  expect(second.height()).toBe(height);
  expect(text(await contract(second, 'Org1MSP').evaluateTransaction('get', 'p'))).toBe('kept');
  await contract(second, 'Org1MSP').submitTransaction('put', 'p', 'changed');
  expect(BigInt(second.height())).toBe(BigInt(height) + 1n);
});

test('controls answer over JSON-RPC and refuse foreign hosts and unknown methods', async () => {
  const node = await start({ admin: true });
  const call = async (method: string, params: object = {}) => {
    const response = await fetch(node.admin ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    return (await response.json()) as object;
  };
  expect(await call('height')).toEqual({ jsonrpc: '2.0', id: 1, result: '1' });
  expect(await call('nope')).toMatchObject({ error: { code: -32601 } });
  expect(await call('skewClock', { mspId: 'Org1MSP', skewMs: 'x' })).toMatchObject({
    error: { code: -32602 },
  });
  expect((await fetch(node.admin ?? '')).status).toBe(405);
});

test('bad options are refused with a code', async () => {
  await expect(createDevnode({ ...options(), channel: 'Not A Channel' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  });
  await expect(createDevnode({ ...options(), organizations: [] })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
  });
  const [chaincode] = options().chaincodes;
  if (chaincode === undefined) throw new Error('no chaincode');
  await expect(
    createDevnode({ ...options(), chaincodes: [{ ...chaincode, endorsementPolicy: 'OR(' }] }),
  ).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
});

test('a port in use is refused and nothing is left listening', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => blocker.once('listening', resolve));
  const { port } = blocker.address() as AddressInfo;
  await expect(createDevnode({ ...options(), ports: { Org2MSP: port } })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
  });
  blocker.close();
});

function options(): DevnodeOptions {
  return {
    channel: 'test',
    organizations: ORGANIZATIONS.map((mspId) => ({ mspId })),
    chaincodes: [
      {
        name: 'shelf',
        version: '1',
        sequence: 1,
        endorsementPolicy: "OutOf(2,'Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')",
        endpoints,
      },
    ],
    batch: { timeoutMs: 20 },
  };
}

async function start(more: Partial<DevnodeOptions> = {}): Promise<Devnode> {
  const node = await createDevnode({ ...options(), ...more });
  opened.push(() => node.close());
  return node;
}

function contract(
  node: Devnode,
  mspId: string,
): ReturnType<ReturnType<Gateway['getNetwork']>['getContract']> {
  const organization = node.organizations[mspId];
  const user = organization?.users['User1'];
  if (organization === undefined || user === undefined) throw new Error(`no ${mspId}`);
  const client = new grpc.Client(
    organization.gateway,
    grpc.credentials.createSsl(readFileSync(organization.tlsCaCertPath)),
    { 'grpc.ssl_target_name_override': organization.tlsServerName },
  );
  const gateway = connect({
    client,
    identity: { mspId, credentials: readFileSync(user.certPath) },
    signer: signers.newPrivateKeySigner(createPrivateKey(readFileSync(user.keyPath))),
  });
  opened.push(() => {
    gateway.close();
    client.close();
  });
  return gateway.getNetwork(node.channel).getContract('shelf');
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function untilListening(port: number): Promise<void> {
  for (;;) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = dial(port, '127.0.0.1', () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => {
        resolve(false);
      });
    });
    if (isOpen) return;
    await sleep(50);
  }
}
