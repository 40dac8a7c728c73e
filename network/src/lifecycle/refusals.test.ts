import { Metadata, status } from '@grpc/grpc-js';
import { expect, test } from 'vitest';
import { NetworkError } from '../network-error.ts';
import { refusalOf, wordsOf } from './refusals.ts';

const step = { mspId: 'Org1MSP', address: 'peer0:7051', step: 'approve' } as const;

// Peers' own words, from Fabric 3.1.5.
test.each([
  [
    'Failed to authorize invocation due to failed ACL check: [The identity is not an admin under this MSP [Org1MSP]]',
    'ADMIN_REFUSED',
  ],
  ['requested sequence is 3, but new definition must be sequence 2', 'SEQUENCE_MISMATCH'],
  ['chaincode definition not agreed to by this org (Org2MSP)', 'APPROVAL_MISSING'],
  ['something nobody has seen', 'DEPLOY_FAILED'],
])('%s is %s', (message, code) => {
  expect(refusalOf(new Error(message), step)).toMatchObject({
    code,
    data: { organization: 'Org1MSP', peer: 'peer0:7051', step: 'approve', reason: message },
  });
});

test('a peer that does not answer is named', () => {
  const error = Object.assign(new Error('14 UNAVAILABLE'), { code: status.UNAVAILABLE });
  expect(refusalOf(error, step).code).toBe('ENDPOINT_UNREACHABLE');
});

test("what peers behind a gateway said counts, whatever the gateway's status", () => {
  const metadata = new Metadata();
  metadata.add('grpc-status-details-bin', Buffer.from('\u0001\u0002not agreed to by this org (B)'));
  const error = Object.assign(new Error('10 ABORTED'), { code: status.UNAVAILABLE, metadata });
  expect(refusalOf(error, step).code).toBe('APPROVAL_MISSING');
  expect(wordsOf(error)).toMatch(/^[\x20-\x7e]+$/);
});

test('an error of this package stays what it is', () => {
  const error = new NetworkError('START_TIMED_OUT', 'It did not succeed.');
  expect(refusalOf(error, step)).toBe(error);
});
