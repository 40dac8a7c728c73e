import { common } from '@hyperledger/fabric-protos';
import { describe, expect, it } from 'vitest';
import { CallFailure } from './call-failure.ts';
import { createQueries } from './queries.ts';
import type { OrganizationGateway } from './transport.ts';

const UNAVAILABLE = 14;
const CALL = { name: 'x:y', arguments: [] };
const whole = (bytes: Uint8Array): Uint8Array => bytes;

/** Two organisations that answer as told, and the clock that answers may take their time of. */
function network(answers: Readonly<Record<string, () => Uint8Array>>) {
  const clock = { nowMs: 0n };
  const asked: string[] = [];
  const gateways = Object.entries(answers).map(([mspId, answer]): OrganizationGateway => ({
    mspId,
    endpoint: `${mspId}:1`,
    evaluate: () => {
      asked.push(mspId);
      return new Promise((resolve) => {
        resolve(answer());
      });
    },
    endorse: () => Promise.reject(new Error('unused')),
    blocks: () => {
      throw new Error('unused');
    },
  }));
  const queries = createQueries({
    channel: 'ch',
    chaincode: 'midlock',
    gateways,
    nowMs: () => clock.nowMs,
  });
  return { queries, asked, clock };
}

const down = (): never => {
  throw new CallFailure(UNAVAILABLE, 'No connection established');
};

describe('queries', () => {
  it('go on to the next organisation, and say that none was reached', async () => {
    const one = network({ A: down, B: () => Uint8Array.of(7) });
    expect(await one.queries.any(CALL, whole)).toEqual(Uint8Array.of(7));
    const none = network({ A: down, B: down });
    await expect(none.queries.any(CALL, whole)).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      data: { endpoint: 'A:1' },
    });
    expect(none.asked).toEqual(['A', 'B']);
  });

  it('end where the chaincode refuses', async () => {
    const refusal = (): never => {
      throw new CallFailure(2, 'chaincode response 500, something');
    };
    const { queries, asked } = network({ A: refusal, B: () => Uint8Array.of(7) });
    await expect(queries.any(CALL, whole)).rejects.toMatchObject({ code: 'ENDORSEMENT_REFUSED' });
    expect(asked).toEqual(['A']);
  });

  it('do not ask a peer that hung for five seconds', async () => {
    const { queries, asked, clock } = network({
      A: () => {
        clock.nowMs += 1_000n;
        return down();
      },
    });
    const ask = () => queries.from('A', CALL, whole);
    await expect(ask()).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
    clock.nowMs += 4_999n;
    await expect(ask()).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
    expect(asked).toEqual(['A']);
    clock.nowMs += 1n;
    await expect(ask()).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
    expect(asked).toEqual(['A', 'A']);
  });

  it('know no organisation that the configuration does not name', () => {
    const { queries } = network({ A: down });
    expect(() => queries.from('B', CALL, whole)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        data: { key: 'fabric.organizations', missing: 'B' },
      }),
    );
  });

  it('read the height of a channel, and believe in no channel without a block', async () => {
    const info = new common.BlockchainInfo();
    info.setHeight(3);
    info.setCurrentblockhash(Uint8Array.of(0xab));
    const answer = info.serializeBinary();
    expect(await network({ A: () => answer }).queries.height()).toEqual({
      height: 2n,
      hash: '0xab',
    });
    for (const lie of [new Uint8Array(), Uint8Array.of(0xff, 0xff)])
      await expect(network({ A: () => lie }).queries.height()).rejects.toMatchObject({
        code: 'ENDPOINT_LIED',
        data: { what: 'chain info' },
      });
  });
});
