import { request } from 'node:http';
import * as grpc from '@grpc/grpc-js';
import type { Contract, SubmittedTransaction } from '@hyperledger/fabric-gateway';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Devnode, DevnodeOptions } from '../src/index.ts';
import { ShelfNetwork, text } from './shelf-network.ts';

const network = new ShelfNetwork(['Org1MSP', 'Org2MSP', 'Org3MSP']);
const HOUR_MS = 3_600_000;

beforeAll(() => network.launch());
afterEach(() => network.close());
afterAll(() => network.stop());

interface Controlled {
  readonly node: Devnode;
  readonly shelf: Contract;
  /** Calls a control as a tool would, over HTTP. */
  readonly call: (method: string, params?: object) => Promise<unknown>;
}

async function start(more: Partial<DevnodeOptions> = {}): Promise<Controlled> {
  const node = await network.start({ admin: true, ...more });
  const call = async (method: string, params: object = {}) => {
    const answer = (await post(node, { jsonrpc: '2.0', id: 7, method, params })) as {
      id: number;
      result?: unknown;
      error?: { code: number; message: string };
    };
    expect(answer.id).toBe(7);
    return answer.error ?? answer.result;
  };
  return { node, shelf: network.contract(node, 'Org1MSP'), call };
}

async function post(node: Devnode, body: unknown): Promise<unknown> {
  const response = await fetch(node.admin ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  return response.json();
}

async function codeOf(commit: SubmittedTransaction): Promise<number> {
  return (await commit.getStatus()).code;
}

function put(shelf: Contract, key: string, value: string): Promise<SubmittedTransaction> {
  return shelf.submitAsync('put', { arguments: [key, value] });
}

test('setClock moves every peer’s clock, skewClock one organisation’s or one peer’s', async () => {
  const { shelf, call } = await start();
  await call('setClock', { nowMs: Date.now() + HOUR_MS });
  await expect(shelf.submitTransaction('put', 'a', '1')).rejects.toMatchObject({
    code: grpc.status.ABORTED,
  });
  await call('setClock', { nowMs: Date.now() });
  await shelf.submitTransaction('put', 'a', '1');
  await call('skewClock', { mspId: 'Org2MSP', skewMs: HOUR_MS });
  await call('skewClock', { mspId: 'Org3MSP', skewMs: -HOUR_MS, peer: 'peer0' });
  const states = (await call('peers')) as { mspId: string; nowMs: number }[];
  const [first = 0, second = 0, third = 0] = states.map(({ nowMs }) => nowMs);
  expect(Math.round((second - first) / HOUR_MS)).toBe(1);
  expect(Math.round((third - first) / HOUR_MS)).toBe(-1);
  await expect(shelf.submitTransaction('put', 'a', '2')).rejects.toMatchObject({
    code: grpc.status.ABORTED,
    details: [{ mspId: 'Org2MSP' }, { mspId: 'Org3MSP' }],
  });
});

test('cutBlock cuts what waits without waiting for the time-out', async () => {
  const { shelf, call } = await start({ batch: { timeoutMs: 60_000 } });
  const [first, second] = [await put(shelf, 'a', '1'), await put(shelf, 'b', '2')];
  expect(await call('pending')).toEqual([first.getTransactionId(), second.getTransactionId()]);
  await call('cutBlock');
  const statuses = [await first.getStatus(), await second.getStatus()];
  expect(statuses.map(({ blockNumber }) => blockNumber)).toEqual([1n, 1n]);
  expect(await call('pending')).toEqual([]);
  await call('cutBlock');
  expect(await call('height')).toBe('2');
});

test('while ordering is paused nothing commits; resumeOrdering cuts one block of all that came', async () => {
  const { shelf, call } = await start({ batch: { timeoutMs: 5, maxMessages: 1 } });
  await call('pauseOrdering');
  const sent = [await put(shelf, 'a', '1'), await put(shelf, 'b', '2'), await put(shelf, 'c', '3')];
  await new Promise((resolve) => setTimeout(resolve, 30));
  expect(await call('height')).toBe('1');
  await call('resumeOrdering');
  const blocks = await Promise.all(
    sent.map(async (commit) => (await commit.getStatus()).blockNumber),
  );
  expect(blocks).toEqual([1n, 1n, 1n]);
});

test('reorder decides which of two conflicting transactions is valid', async () => {
  const { shelf, call } = await start();
  await call('pauseOrdering');
  const add = () => shelf.submitAsync('add', { arguments: ['n', '1'] });
  const [first, second, other] = [await add(), await add(), await put(shelf, 'x', '1')];
  await call('reorder', { txIds: [other.getTransactionId(), second.getTransactionId()] });
  expect(await call('pending')).toEqual(
    [other, second, first].map((commit) => commit.getTransactionId()),
  );
  await call('resumeOrdering');
  expect(await Promise.all([first, second, other].map(codeOf))).toEqual([11, 0, 0]);
});

test('a withheld transaction stays away, before and after it came, until it is released', async () => {
  const { shelf, call } = await start();
  const early = shelf.newProposal('put', { arguments: ['early', '1'] });
  await call('withhold', { txId: early.getTransactionId() });
  const first = await (await early.endorse()).submit();
  await call('pauseOrdering');
  const second = await put(shelf, 'late', '1');
  await call('withhold', { txId: second.getTransactionId() });
  await call('resumeOrdering');
  await shelf.submitTransaction('put', 'other', '1');
  expect(await call('height')).toBe('2');
  await call('release', { txId: second.getTransactionId() });
  await call('release', { txId: first.getTransactionId() });
  expect(await Promise.all([first, second].map(codeOf))).toEqual([0, 0]);
});

test('revert goes back to a snapshot, forgets what waited and can be done again', async () => {
  const { shelf, call } = await start();
  await shelf.submitTransaction('put', 'r', 'before');
  const mark = await call('snapshot');
  for (const value of ['after', 'again']) {
    await shelf.submitTransaction('put', 'r', value);
    await call('pauseOrdering');
    await put(shelf, 'r', 'lost');
    await call('revert', { mark });
    await call('resumeOrdering');
    expect(text(await shelf.evaluateTransaction('get', 'r'))).toBe('before');
    expect(await call('height')).toBe('2');
  }
  expect(await call('revert', { mark: '9-00' })).toMatchObject({ code: -32602 });
});

test('dropStreams ends event and block streams of whom it is told', async () => {
  const { node, shelf, call } = await start();
  await shelf.submitTransaction('put', 'e', '1');
  const ends = async (mspId: string): Promise<() => Promise<unknown>> => {
    const channel = network.network(node, mspId);
    const events = await channel.getChaincodeEvents('shelf', { startBlock: 1n });
    const blocks = await channel.getBlockEvents({ startBlock: 0n });
    const streams = [events[Symbol.asyncIterator](), blocks[Symbol.asyncIterator]()];
    for (const stream of streams) expect((await stream.next()).done).toBe(false);
    await streams[1]?.next();
    return () =>
      Promise.all(
        streams.map((stream) =>
          Promise.resolve(stream.next()).catch(
            (error: unknown) => (error as grpc.ServiceError).code,
          ),
        ),
      );
  };
  const [one, two] = [await ends('Org1MSP'), await ends('Org2MSP')];
  expect(await call('dropStreams', { mspId: 'Org1MSP' })).toBe(2);
  expect(await one()).toEqual([grpc.status.UNAVAILABLE, grpc.status.UNAVAILABLE]);
  expect(await call('dropStreams', { mspId: 'Org2MSP', peer: 'peer0' })).toBe(2);
  expect(await two()).toEqual([grpc.status.UNAVAILABLE, grpc.status.UNAVAILABLE]);
  expect(await call('dropStreams')).toBe(0);
});

test('an organisation that is down neither endorses nor serves, its streams end, and it comes back up to date', async () => {
  const { node, shelf, call } = await start();
  const blocks = await network.network(node, 'Org2MSP').getBlockEvents({ startBlock: 0n });
  const stream = blocks[Symbol.asyncIterator]();
  await stream.next();
  await call('setUp', { mspId: 'Org2MSP', up: false });
  await expect(stream.next()).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE });
  expect(await call('peers')).toMatchObject([{ up: true }, { up: false }, { up: true }]);
  await shelf.submitTransaction('put', 'd', 'by one and three');
  await expect(
    shelf.submit('put', { arguments: ['d', '2'], endorsingOrganizations: ['Org2MSP'] }),
  ).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE });
  const other = network.contract(node, 'Org2MSP');
  await expect(other.evaluateTransaction('get', 'd')).rejects.toMatchObject({
    code: grpc.status.UNAVAILABLE,
  });
  await call('setUp', { mspId: 'Org2MSP', up: true });
  expect(text(await other.evaluateTransaction('get', 'd'))).toBe('by one and three');
});

test('setEndpoint moves a chaincode while clients go on, and back when the old process is gone', async () => {
  const { shelf, call } = await start();
  const who = async () => text(await shelf.evaluateTransaction('organization'));
  expect(await who()).toBe('Org1MSP');
  const spare = await network.startChaincode('Spare');
  const endpoint = { address: spare.address, packageId: 'shelf_1:test' };
  await call('setEndpoint', { chaincode: 'shelf', mspId: 'Org1MSP', endpoint });
  expect(await who()).toBe('Spare');
  const gone = new Promise((resolve) => spare.child.once('exit', resolve));
  spare.child.kill('SIGKILL');
  await gone;
  // The other organisations' processes still answer for it.
  expect(await who()).toMatch(/^Org[23]MSP$/);
  await call('setEndpoint', {
    chaincode: 'shelf',
    mspId: 'Org1MSP',
    endpoint: network.endpoints['Org1MSP'],
  });
  expect(await who()).toBe('Org1MSP');
});

test('what a call must not be is refused with a code that says why', async () => {
  const { node, call } = await start();
  const refused: [string, object, string][] = [
    ['setClock', { nowMs: 1.5 }, 'nowMs: a whole number is needed'],
    ['skewClock', { mspId: 'Org1MSP', skewMs: 'x' }, 'skewMs: a whole number is needed'],
    ['skewClock', { mspId: 'Org9MSP', skewMs: 1 }, 'unknown organisation Org9MSP'],
    ['setUp', { mspId: 'Org1MSP' }, 'up: true or false is needed'],
    ['setUp', { mspId: 'Org1MSP', up: false, peer: 'peer7' }, 'unknown peer peer7 of Org1MSP'],
    ['reorder', { txIds: 'ab' }, 'txIds: a list of texts is needed'],
    ['withhold', {}, 'txId: text is needed'],
    ['dropStreams', { mspId: 'Org9MSP' }, 'unknown organisation Org9MSP'],
    [
      'setEndpoint',
      { chaincode: 'shelf', mspId: 'Org1MSP', endpoint: 'x' },
      'endpoint: "register"',
    ],
    [
      'setEndpoint',
      { chaincode: 'nope', mspId: 'Org1MSP', endpoint: 'register' },
      'unknown chaincode nope',
    ],
  ];
  for (const [method, params, message] of refused)
    expect(await call(method, params), method).toMatchObject({
      code: -32602,
      message: expect.stringContaining(message) as string,
    });
  expect(await call('constructor')).toMatchObject({ code: -32601 });
  expect(await post(node, '{')).toMatchObject({ error: { code: -32700 } });
  expect((await fetch(node.admin ?? '')).status).toBe(405);
  expect(await statusForHost(node, 'evil.example')).toBe(403);
});

function statusForHost(node: Devnode, host: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(node.admin ?? '', { method: 'POST', headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on('error', reject)
      .end('{}');
  });
}
