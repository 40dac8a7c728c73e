import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as grpc from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createDevnode, type Devnode } from '../src/index.ts';
import { isListening, ShelfNetwork, text } from './shelf-network.ts';

const network = new ShelfNetwork(['Org1MSP', 'Org2MSP', 'Org3MSP']);
const dataDir = mkdtempSync(join(tmpdir(), 'devnode-test-'));

beforeAll(() => network.launch());

afterEach(() => network.close());

afterAll(async () => {
  await network.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const start = network.start.bind(network);
const contract = (node: Devnode, mspId: string) => network.contract(node, mspId);
const options = () => network.options();

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

test('a ledger on disk is continued, and a block written by half is cut off and told', async () => {
  const first = await start({ dataDir });
  await contract(first, 'Org1MSP').submitTransaction('put', 'p', 'kept');
  const height = first.height();
  await network.close();
  appendFileSync(join(dataDir, 'blocks'), Buffer.from([0, 0, 1, 0, 0, 0, 0, 2, 9]));
  const second = await start({ dataDir });
  expect(second.height()).toBe(height);
  expect(second.notices).toEqual([expect.stringContaining('written by half (9 octets)')]);
  expect(text(await contract(second, 'Org1MSP').evaluateTransaction('get', 'p'))).toBe('kept');
  await contract(second, 'Org1MSP').submitTransaction('put', 'p', 'changed');
  expect(BigInt(second.height())).toBe(BigInt(height) + 1n);
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

test.each(['Org2MSP', 'Org2MSP/peer1', 'admin'])(
  'a port in use for %s is refused and nothing is left listening',
  async (name) => {
    const blocker = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => blocker.once('listening', resolve));
    const { port } = blocker.address() as AddressInfo;
    const free = port === 65_535 ? port - 1 : port + 1;
    await expect(
      createDevnode({
        ...options(),
        organizations: network.mspIds.map((mspId) => ({ mspId, peers: 2 })),
        ports: { Org1MSP: free, [name]: port },
        admin: true,
      }),
    ).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    expect(await isListening(free)).toBe(false);
    await new Promise((resolve) => blocker.close(resolve));
  },
);
