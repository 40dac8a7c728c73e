import type { ServiceError } from '@grpc/grpc-js';
import { GatewayError } from '@hyperledger/fabric-gateway';
import { describe, expect, it } from 'vitest';
import { CallFailure } from './call-failure.ts';
import { submitThrough } from './submit.ts';

function refusal(message: string, detail?: string): GatewayError {
  const details = detail === undefined ? [] : [{ mspId: 'O', address: 'o:1', message: detail }];
  return new GatewayError({
    code: 14,
    message,
    details,
    cause: new Error(message) as ServiceError,
  });
}

function gateways(...answers: readonly (GatewayError | CallFailure | undefined)[]) {
  const asked: number[] = [];
  const list = answers.map((answer, index) => ({
    endpoint: `o${index}:1`,
    submit: () => {
      asked.push(index);
      return answer === undefined ? Promise.resolve() : Promise.reject(answer);
    },
  }));
  return { asked, list };
}

const BYTES = Uint8Array.of(1);
const ORDERED = 'received unsuccessful response from orderer: request already processed';
const HELD = 'received unsuccessful response from orderer: request already exists';

describe('submitThrough', () => {
  it('goes on until one takes it', async () => {
    const { asked, list } = gateways(refusal('no connection'), undefined, undefined);
    await submitThrough(list, BYTES);
    expect(asked).toEqual([0, 1]);
  });

  it.each([
    ['ordered it before', refusal(ORDERED)],
    ['ordered it before, by details', refusal('failed to submit transaction', ORDERED)],
    ['holds it already', refusal('failed to submit transaction', HELD)],
    ['holds it already, by another client', new CallFailure(14, HELD)],
  ])('takes a BFT orderer that %s at its word', async (_where, error) => {
    const { asked, list } = gateways(error, undefined);
    await submitThrough(list, BYTES);
    expect(asked).toEqual([0]);
  });

  it('does not know when nobody took it', async () => {
    const { list } = gateways(refusal('no connection'), refusal('no leader'));
    await expect(submitThrough(list, BYTES)).rejects.toMatchObject({ code: 'SUBMIT_UNKNOWN' });
    await expect(submitThrough([], BYTES)).rejects.toMatchObject({ code: 'SUBMIT_UNKNOWN' });
  });
});
