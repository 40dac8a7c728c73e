import { common } from '@hyperledger/fabric-protos';
import { FABRIC_TX, FABRIC_SCHEMA, MidlockError, formatAccount, swapIdOf } from '@midlock/protocol';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createOrganization } from '../../../devnode/src/msp/index.ts';
import { invocationEnvelope, signedBlock } from './block-fixture.ts';
import { CallFailure } from './call-failure.ts';
import { createFabricIdentity } from './identity.ts';
import { createFabricLedger } from './ledger.ts';
import { secret, terms } from './terms-fixture.ts';
import type { FabricTransport } from './transport.ts';

const TX_ID = 'ab'.repeat(32);
const { users } = createOrganization({
  mspId: 'Org1MSP',
  domain: 'org1.example.com',
  peers: [],
  users: [],
});
const [{ sign }] = users as [(typeof users)[number]];
const identity = createFabricIdentity('Org1MSP', sign.certificatePem, sign.privateKeyPem);

/** What the only peer answers, by name of the query; without an answer it is not there. */
let answers: Record<string, () => Uint8Array>;
/** Every query and proposal that left the adapter. */
let sent: string[];
const clock = { nowMs: 0n, stepMs: 0n };

vi.mock('./open-transport.ts', () => ({
  openTransport: (): Promise<FabricTransport> =>
    Promise.resolve({
      gateways: [
        {
          mspId: 'Org1MSP',
          endpoint: 'peer:1',
          evaluate: ({ name }) => {
            sent.push(name);
            return new Promise((resolve) => {
              const answer = answers[name];
              if (answer === undefined) throw new CallFailure(14, 'No connection established');
              resolve(answer());
            });
          },
          endorse: ({ name }) => {
            sent.push(name);
            return Promise.resolve({ txId: TX_ID, bytes: new Uint8Array() });
          },
          blocks: () => {
            throw new Error('unused');
          },
        },
      ],
      submitters: () => [
        {
          endpoint: 'orderer:1',
          submit: () => {
            clock.stepMs = 15_000n;
            return Promise.resolve();
          },
        },
      ],
      close: () => undefined,
    }),
}));

const json = (value: object) => () => new TextEncoder().encode(JSON.stringify(value));
const time = json({
  schema: FABRIC_SCHEMA,
  mspId: 'Org1MSP',
  clockMs: '1000000',
  maxPastSec: '60',
  maxFutureSec: '10',
  gapSec: '120',
});
const refusing = (error: MidlockError) => (): never => {
  throw new CallFailure(2, `chaincode response 500, ${error.message}`);
};

const open = () =>
  createFabricLedger({
    channel: 'ch',
    chaincode: 'midlock',
    identity,
    endorsements: 1,
    organizations: [{ mspId: 'Org1MSP', gateway: 'localhost:1' }],
    nowMs: () => (clock.nowMs += clock.stepMs),
  });

beforeEach(() => {
  answers = {};
  sent = [];
  Object.assign(clock, { nowMs: 1_000_000n, stepMs: 0n });
});

describe('the adapter itself, before anything leaves it', () => {
  it('locks nothing that another owns', async () => {
    const ledger = await open();
    await expect(ledger.prepare({ action: 'lock', terms })).rejects.toMatchObject({
      code: 'NOT_OWNER',
      data: { owner: formatAccount(terms.fabric.owner) },
    });
    expect(sent).toEqual([]);
  });

  it('knows no other channel and no other chaincode', async () => {
    const ledger = await open();
    for (const change of [{ channel: 'other' }, { chaincode: 'other' }]) {
      const foreign = { ...terms, fabric: { ...terms.fabric, ...change } };
      for (const call of [
        () => ledger.prepare({ action: 'lock', terms: foreign }),
        () => ledger.leg(foreign),
      ])
        await expect(call()).rejects.toMatchObject({ code: 'NETWORK_MISMATCH' });
    }
    expect(sent).toEqual([]);
  });

  it('shows no secret that does not open the lock', async () => {
    const ledger = await open();
    const wrong = secret.map((byte) => byte ^ 1);
    await expect(ledger.prepare({ action: 'claim', terms, secret: wrong })).rejects.toMatchObject({
      code: 'SECRET_INVALID',
    });
    expect(sent).toEqual([]);
  });
});

describe('the adapter', () => {
  it('refunds no lock that no peer has, and proposes nothing', async () => {
    answers[FABRIC_TX.getMidAccount] = refusing(new MidlockError('LOCK_UNKNOWN', {}));
    const ledger = await open();
    await expect(ledger.prepare({ action: 'refund', terms })).rejects.toMatchObject({
      code: 'LOCK_UNKNOWN',
      data: { swapId: swapIdOf(terms) },
    });
    expect(sent).toEqual([FABRIC_TX.getMidAccount]);
  });

  it('has no head without the clock of any endorser', async () => {
    const info = new common.BlockchainInfo();
    info.setHeight(3);
    answers['GetChainInfo'] = () => info.serializeBinary();
    const ledger = await open();
    await expect(ledger.head()).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
    answers[FABRIC_TX.time] = time;
    clock.nowMs += 10_000n;
    expect(await ledger.head()).toMatchObject({ height: 2n });
  });

  it('says that an asset’s transaction was invalid', async () => {
    answers[FABRIC_TX.time] = time;
    answers['GetBlockByTxID'] = () =>
      signedBlock({
        number: 3,
        previousHash: new Uint8Array(32),
        envelopes: [invocationEnvelope(TX_ID, [])],
        flags: [11],
      }).serializeBinary();
    const ledger = await open();
    await expect(ledger.assets.createFungible('EUR')).rejects.toMatchObject({
      code: 'COMMIT_INVALID',
      data: { code: 'MVCC_READ_CONFLICT', txId: TX_ID },
    });
  });

  it('says that an asset’s transaction is in no block after 30 seconds', async () => {
    answers[FABRIC_TX.time] = time;
    answers['GetBlockByTxID'] = () => {
      throw new CallFailure(2, 'no such transaction ID in index');
    };
    const ledger = await open();
    await expect(ledger.assets.createFungible('EUR')).rejects.toMatchObject({
      code: 'TIMED_OUT',
      data: { txId: TX_ID },
    });
  });
});
