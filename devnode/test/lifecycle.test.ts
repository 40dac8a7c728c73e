import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { ChaincodeDefinition, Devnode } from '../src/index.ts';
import { ShelfNetwork, text } from './shelf-network.ts';

const network = new ShelfNetwork(['Org1MSP', 'Org2MSP', 'Org3MSP']);
const dir = mkdtempSync(join(tmpdir(), 'devnode-lifecycle-'));

beforeAll(() => network.launch());
afterEach(() => network.close());
afterAll(async () => {
  await network.stop();
  rmSync(dir, { recursive: true, force: true });
});

/** The chaincode of the network's options under another sequence, by itself running in the same processes. */
function next(sequence: number, more: Partial<ChaincodeDefinition> = {}): ChaincodeDefinition {
  const [first] = network.options().chaincodes;
  if (first === undefined) throw new Error('no chaincode');
  return { ...first, version: String(sequence), sequence, ...more };
}

const put = (node: Devnode, key: string, value: string) =>
  network.contract(node, 'Org1MSP').submitTransaction('put', key, value);
const get = async (node: Devnode, key: string) =>
  text(await network.contract(node, 'Org2MSP').evaluateTransaction('get', key));

test('an upgrade is a block of its own; state stays, and what was endorsed before it is outdated', async () => {
  const node = await network.start();
  await put(node, 'a', '1');
  const early = await network
    .contract(node, 'Org1MSP')
    .newProposal('put', { arguments: ['a', 'late'] })
    .endorse();
  const deployed = await node.deployChaincode(next(2));
  expect(deployed).toMatchObject({ name: 'shelf', version: '2', sequence: 2, block: '2' });
  expect(node.chaincode('shelf')).toEqual({
    name: 'shelf',
    version: '2',
    sequence: 2,
    endorsementPolicy: "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')",
    collections: [],
    endpoints: network.endpoints,
  });
  const commit = await early.submit();
  expect((await commit.getStatus()).code).toBe(11);
  expect(await get(node, 'a')).toBe('1');
  await put(node, 'a', '2');
  expect(await get(node, 'a')).toBe('2');
});

test('a policy comes into force with its definition', async () => {
  const node = await network.start();
  node.setUp('Org3MSP', false);
  await put(node, 'a', '1');
  const endorsementPolicy = "AND('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')";
  await node.deployChaincode(next(2, { endorsementPolicy }));
  await expect(put(node, 'a', '2')).rejects.toThrow('no peer combination can satisfy');
  node.setUp('Org3MSP', true);
  await put(node, 'a', '2');
});

test('a node without chaincode gets one; an organisation without an endpoint does not run it', async () => {
  const node = await network.start({ chaincodes: [], admin: true });
  await expect(put(node, 'a', '1')).rejects.toThrow();
  expect(node.chaincode('shelf')).toBeNull();
  const { endpoints } = next(1);
  const [, ...others] = Object.entries(endpoints);
  const response = await fetch(node.admin ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      jsonrpc: '2.0',
      id: 1,
      method: 'deployChaincode',
      params: next(1, { endpoints: Object.fromEntries(others) }),
    }),
  });
  expect(await response.json()).toMatchObject({ result: { sequence: 1, block: '1' } });
  await network.contract(node, 'Org2MSP').submitTransaction('put', 'a', '1');
  expect(await get(node, 'a')).toBe('1');
  await expect(
    network.contract(node, 'Org1MSP').submit('put', {
      arguments: ['a', '2'],
      endorsingOrganizations: ['Org1MSP'],
    }),
  ).rejects.toThrow('failed to find any endorsing peers for org(s): Org1MSP');
});

test.each([
  [
    'the sequence in force',
    next(1),
    'requested sequence is 1, but new definition must be sequence 2',
  ],
  [
    'a sequence that leaves one out',
    next(3),
    'requested sequence is 3, but new definition must be',
  ],
  ['a new name that does not begin', next(2, { name: 'books' }), 'must be sequence 1'],
  ['a name that Fabric refuses', next(1, { name: '-x' }), "invalid chaincode name '-x'"],
  ['a policy that cannot be read', next(2, { endorsementPolicy: 'AND(' }), 'endorsementPolicy'],
  ['a stranger', next(2, { endpoints: { Org9MSP: 'register' } }), 'unknown organisation Org9MSP'],
])('%s is refused and changes nothing', async (_, definition, sentence) => {
  const node = await network.start();
  await expect(node.deployChaincode(definition)).rejects.toThrow(sentence);
  expect(node.height()).toBe('1');
  await put(node, 'a', '1');
});

test('a minority of organisations deploys nothing', async () => {
  const node = await network.start();
  node.setUp('Org2MSP', false);
  node.setUp('Org3MSP', false);
  await expect(node.deployChaincode(next(2))).rejects.toThrow('a majority');
  expect(node.chaincode('shelf')).toMatchObject({ version: '1', sequence: 1 });
});

test('of two definitions for one sequence the first one ordered is in force', async () => {
  const node = await network.start({ batch: { timeoutMs: 60_000 } });
  const both = [node.deployChaincode(next(2, { version: 'a' })), node.deployChaincode(next(2))];
  node.cutBlock();
  const [first, second] = await Promise.allSettled(both);
  expect(first).toMatchObject({ status: 'fulfilled' });
  expect(second).toMatchObject({ status: 'rejected' });
  expect(node.chaincode('shelf')).toMatchObject({ version: 'a', sequence: 2 });
});

test('a definition stands on the ledger: a restart finds it, a revert takes it back', async () => {
  const dataDir = join(dir, 'ledger');
  const first = await network.start({ dataDir });
  await put(first, 'a', '1');
  const mark = first.snapshot();
  const endorsementPolicy = "AND('Org1MSP.peer','Org2MSP.peer','Org3MSP.peer')";
  await first.deployChaincode(next(2, { endorsementPolicy }));
  await first.close();
  const again = await network.start({ dataDir });
  expect(again.chaincode('shelf')).toMatchObject({ version: '2', sequence: 2 });
  again.setUp('Org3MSP', false);
  await expect(put(again, 'a', '2')).rejects.toThrow('no peer combination can satisfy');
  again.revert(mark);
  expect(again.chaincode('shelf')).toMatchObject({ version: '1', sequence: 1 });
  await put(again, 'a', '3');
  expect(await get(again, 'a')).toBe('3');
});
