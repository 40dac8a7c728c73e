import * as grpc from '@grpc/grpc-js';
import type { Contract } from '@hyperledger/fabric-gateway';
import { common, gateway, msp, peer } from '@hyperledger/fabric-protos';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import type { Devnode, DevnodeOptions } from '../src/index.ts';
import { ShelfNetwork, text } from './shelf-network.ts';

const network = new ShelfNetwork(['Org1MSP', 'Org2MSP']);

beforeAll(() => network.launch());
afterEach(() => network.close());
afterAll(() => network.stop());

/** Org1 with three peers, Org2 with two. */
function start(endorsementPolicy: string, more: Partial<DevnodeOptions> = {}): Promise<Devnode> {
  return network.start({
    organizations: [
      { mspId: 'Org1MSP', peers: 3 },
      { mspId: 'Org2MSP', peers: 2 },
    ],
    chaincodes: network
      .options()
      .chaincodes.map((chaincode) => ({ ...chaincode, endorsementPolicy })),
    ...more,
  });
}

/** Who endorsed, by the common name in each endorser's certificate, sorted. */
async function endorsersOf(contract: Contract, organizations?: string[]): Promise<string[]> {
  const proposal = contract.newProposal('put', {
    arguments: ['k', 'v'],
    ...(organizations === undefined ? {} : { endorsingOrganizations: organizations }),
  });
  const transaction = await proposal.endorse();
  const envelope = gateway.PreparedTransaction.deserializeBinary(
    transaction.getBytes(),
  ).getEnvelope();
  const payload = common.Payload.deserializeBinary(envelope?.getPayload_asU8() ?? Buffer.of());
  const [action] = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
  const endorsements =
    peer.ChaincodeActionPayload.deserializeBinary(action?.getPayload_asU8() ?? Buffer.of())
      .getAction()
      ?.getEndorsementsList() ?? [];
  const status = await (await transaction.submit()).getStatus();
  expect(status.code).toBe(0);
  return endorsements.map((endorsement) => nameOf(endorsement.getEndorser_asU8())).toSorted();
}

function nameOf(serialized: Uint8Array): string {
  const identity = msp.SerializedIdentity.deserializeBinary(serialized);
  const certificate = Buffer.from(identity.getIdBytes_asU8()).toString();
  const der = Buffer.from(certificate.replace(/-----[^-]+-----|\s/g, ''), 'base64');
  return /peer\d\.org\dmsp\.example\.com/.exec(der.toString('latin1'))?.[0] ?? 'nobody';
}

test('every peer has a gateway of its own and endorses with its own key first', async () => {
  const node = await start("OR('Org1MSP.peer','Org2MSP.peer')");
  expect(Object.keys(node.organizations['Org1MSP']?.peers ?? {})).toEqual([
    'peer0',
    'peer1',
    'peer2',
  ]);
  for (const name of ['peer0', 'peer1', 'peer2'])
    expect(await endorsersOf(network.contract(node, 'Org1MSP', name))).toEqual([
      `${name}.org1msp.example.com`,
    ]);
});

test('a policy that asks for two of one organisation is met by two of its peers', async () => {
  const node = await start("AND('Org1MSP.peer','Org1MSP.peer','Org2MSP.peer')");
  const contract = network.contract(node, 'Org1MSP', 'peer1');
  expect(await endorsersOf(contract)).toEqual(
    [
      'peer0.org1msp.example.com',
      'peer1.org1msp.example.com',
      'peer0.org2msp.example.com',
    ].toSorted(),
  );
  node.setUp('Org1MSP', false, 'peer0');
  expect(await endorsersOf(contract)).toContain('peer2.org1msp.example.com');
  node.setUp('Org1MSP', false, 'peer2');
  await expect(contract.submitTransaction('put', 'k', 'v')).rejects.toMatchObject({
    code: grpc.status.FAILED_PRECONDITION,
  });
});

test('named organisations give one peer each, which two of one organisation cannot replace', async () => {
  const node = await start("AND('Org1MSP.peer','Org1MSP.peer')");
  const contract = network.contract(node, 'Org1MSP');
  await expect(
    contract.submit('put', {
      arguments: ['k', 'v'],
      endorsingOrganizations: ['Org1MSP', 'Org1MSP'],
    }),
  ).rejects.toMatchObject({ code: 10 });
});

test('a peer that is down is replaced by another of its organisation, and only its gateway is gone', async () => {
  const node = await start("AND('Org1MSP.peer','Org2MSP.peer')");
  const contract = network.contract(node, 'Org1MSP');
  node.setUp('Org2MSP', false, 'peer0');
  expect(await endorsersOf(contract)).toEqual([
    'peer0.org1msp.example.com',
    'peer1.org2msp.example.com',
  ]);
  await expect(
    network.contract(node, 'Org2MSP', 'peer0').evaluateTransaction('get', 'k'),
  ).rejects.toMatchObject({ code: grpc.status.UNAVAILABLE });
  const other = network.contract(node, 'Org2MSP', 'peer1');
  expect(text(await other.evaluateTransaction('get', 'k'))).toBe('v');
  node.setUp('Org2MSP', false);
  await expect(contract.submitTransaction('put', 'k', 'w')).rejects.toMatchObject({
    code: grpc.status.FAILED_PRECONDITION,
  });
  node.setUp('Org2MSP', true);
  expect(await endorsersOf(contract)).toContain('peer0.org2msp.example.com');
});

test('a peer that refuses is followed by the next one of its organisation, with every refusal told', async () => {
  const node = await start("OR('Org1MSP.peer')");
  const contract = network.contract(node, 'Org1MSP');
  node.skewClock('Org1MSP', 16 * 60_000, 'peer0');
  expect(await endorsersOf(contract)).toEqual(['peer1.org1msp.example.com']);
  expect(text(await contract.evaluateTransaction('get', 'k'))).toBe('v');
  node.skewClock('Org1MSP', 16 * 60_000);
  await expect(contract.submitTransaction('put', 'k', 'v')).rejects.toMatchObject({
    code: grpc.status.ABORTED,
    details: [
      {
        address: 'peer0.org1msp.example.com',
        message: expect.not.stringMatching(/^rpc error/) as string,
      },
      {
        address: 'peer1.org1msp.example.com',
        message: expect.stringMatching(/^rpc error: code/) as string,
      },
      { address: 'peer2.org1msp.example.com' },
    ],
  });
});

test('a chaincode that throws is asked on each peer of the organisation before the endorsement fails', async () => {
  const node = await start("OR('Org1MSP.peer')");
  const contract = network.contract(node, 'Org1MSP');
  await expect(contract.submitTransaction('nope')).rejects.toMatchObject({
    code: grpc.status.ABORTED,
    details: { length: 3 },
  });
  // Evaluating stops at the chaincode's own answer.
  await expect(contract.evaluateTransaction('nope')).rejects.toMatchObject({
    code: grpc.status.UNKNOWN,
    details: { length: 1 },
  });
});

test('peers of one organisation have connections of their own to its chaincode', async () => {
  const node = await start("OR('Org1MSP.peer','Org2MSP.peer')");
  const spare = await network.startChaincode('Elsewhere');
  node.setEndpoint(
    'shelf',
    'Org1MSP',
    { address: spare.address, packageId: 'shelf_1:test' },
    'peer1',
  );
  const asked = async (name: string) =>
    text(await network.contract(node, 'Org1MSP', name).evaluateTransaction('organization'));
  expect(await asked('peer0')).toBe('Org1MSP');
  expect(await asked('peer1')).toBe('Elsewhere');
});

test('in profile 2.5 a peer lets an expired creator pass its own gateway, another peer does not', async () => {
  // Ten years on, the users' certificates have expired.
  const later = () => Date.now() + 3660 * 86_400_000;
  const old = await start("AND('Org1MSP.peer','Org1MSP.peer')", { profile: '2.5' });
  old.setClock(later());
  const contract = network.contract(old, 'Org1MSP');
  expect(text(await contract.evaluateTransaction('get', 'k'))).toBe('');
  await expect(contract.submitTransaction('put', 'k', 'v')).rejects.toMatchObject({
    details: [
      {
        address: 'peer1.org1msp.example.com',
        message: expect.stringContaining('expired') as string,
      },
      { address: 'peer2.org1msp.example.com' },
    ],
  });
});
