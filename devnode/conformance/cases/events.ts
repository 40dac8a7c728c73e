import { createHash } from 'node:crypto';
import { status, type ServiceError } from '@grpc/grpc-js';
import type {
  ChaincodeEvent,
  ChaincodeEventsOptions,
  CloseableAsyncIterable,
} from '@hyperledger/fabric-gateway';
import { common, type ledger, type peer } from '@hyperledger/fabric-protos';
import { der, derUnsigned, TAG } from '../../src/msp/der.ts';
import { partsOfEnvelope } from '../read-write-set.ts';
import type { Operation, Session } from '../session.ts';
import type { ConformanceCase } from '../suite.ts';
import { simple } from './simple.ts';

const QUIET_MS = 700;
const PATIENT_MS = 20_000;

/** Submits and tells the block and the transaction. */
async function commit(
  session: Session,
  operations: readonly Operation[],
  chaincode = 'probe',
): Promise<{ blockNumber: bigint; txId: string; code: number }> {
  const submitted = await session.org1
    .contract(chaincode)
    .submitAsync('run', { arguments: [JSON.stringify(operations)] });
  const { blockNumber, code } = await submitted.getStatus();
  return { blockNumber, txId: submitted.getTransactionId(), code };
}

/** Takes up to `count` entries; ends when nothing came for a while, a longer one where something must come. */
async function take<T>(
  stream: CloseableAsyncIterable<T>,
  count: number,
  quietMs = QUIET_MS,
): Promise<T[]> {
  const entries: T[] = [];
  let timer: NodeJS.Timeout | undefined;
  const quiet = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      stream.close();
    }, quietMs);
  };
  quiet();
  try {
    for await (const entry of stream) {
      entries.push(entry);
      quiet();
      if (entries.length >= count) break;
    }
  } catch (error) {
    // Closing a quiet stream ends it with CANCELLED.
    if ((error as Partial<ServiceError>).code !== status.CANCELLED) throw error;
  } finally {
    clearTimeout(timer);
    stream.close();
  }
  return entries;
}

async function eventsOf(
  session: Session,
  options: ChaincodeEventsOptions,
  count: number,
  chaincode = 'probe',
): Promise<{ name: string; payload: string }[]> {
  const stream = await session.org1.network.getChaincodeEvents(chaincode, options);
  return (await take<ChaincodeEvent>(stream, count)).map(({ eventName, payload }) => ({
    name: eventName,
    payload: Buffer.from(payload).toString(),
  }));
}

async function blocksOf(session: Session, startBlock: bigint, count = 1): Promise<common.Block[]> {
  return take(await session.org1.network.getBlockEvents({ startBlock }), count);
}

const event = (name: string, payload = name): Operation => ['event', name, payload];

const chaincodeEventCases: readonly ConformanceCase[] = [
  simple('event-one', 'an event with name and payload', async (session) => {
    const { blockNumber } = await commit(session, [event('created', '{"id":1}')]);
    return eventsOf(session, { startBlock: blockNumber }, 1);
  }),
  simple('event-last', 'the last of two events of a transaction', async (session) => {
    const { blockNumber } = await commit(session, [event('first'), event('second')]);
    return eventsOf(session, { startBlock: blockNumber }, 2);
  }),
  simple('event-empty-payload', 'an event without payload', async (session) => {
    const { blockNumber } = await commit(session, [event('bare', '')]);
    return eventsOf(session, { startBlock: blockNumber }, 1);
  }),
  simple('event-empty-name', 'an event without name', (session) =>
    session.outcome(() => session.submit([event('')])),
  ),
  simple(
    'event-invalid',
    'an event of an invalid transaction is not delivered',
    async (session) => {
      const { key, submit, org1 } = session;
      await submit([['put', key(), '0']]);
      const script = JSON.stringify([['get', key()], ['put', key(), '1'], event('lost')]);
      const late = await org1
        .contract()
        .newProposal('run', { arguments: [script] })
        .endorse();
      await submit([['put', key(), '2']]);
      const { code, blockNumber } = await (await late.submit()).getStatus();
      await commit(session, [event('kept')]);
      return { code, events: await eventsOf(session, { startBlock: blockNumber }, 2) };
    },
  ),
  simple('event-callee', 'an event of a callee is dropped', async (session) => {
    const { blockNumber } = await commit(session, [['call', 'second', [event('inner')], '']]);
    return [
      await eventsOf(session, { startBlock: blockNumber }, 1),
      await eventsOf(session, { startBlock: blockNumber }, 1, 'second'),
    ];
  }),
  simple('event-other-chaincode', 'events of other chaincodes are left out', async (session) => {
    const { blockNumber } = await commit(session, [event('of probe')]);
    await commit(session, [event('of second')], 'second');
    return eventsOf(session, { startBlock: blockNumber }, 2, 'second');
  }),
  simple('event-order', 'events in order of blocks', async (session) => {
    const { blockNumber } = await commit(session, [event('1')]);
    await commit(session, [event('2')]);
    await commit(session, [event('3')]);
    return eventsOf(session, { startBlock: blockNumber }, 3);
  }),
  simple('event-next', 'without start only what comes', async (session) => {
    await commit(session, [event('before')]);
    const stream = await session.org1.network.getChaincodeEvents('probe');
    const taking = take<ChaincodeEvent>(stream, 1, PATIENT_MS);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await commit(session, [event('after')]);
    return (await taking).map(({ eventName }) => eventName);
  }),
  simple('event-resume', 'after a transaction of the ledger', async (session) => {
    const first = await commit(session, [event('1')]);
    await commit(session, [event('2')]);
    return eventsOf(
      session,
      {
        checkpoint: { getBlockNumber: () => first.blockNumber, getTransactionId: () => first.txId },
      },
      2,
    );
  }),
  simple(
    'event-resume-far',
    'the checkpoint’s transaction decides, not its block',
    async (session) => {
      const first = await commit(session, [event('1')]);
      await commit(session, [event('2')]);
      return eventsOf(
        session,
        { checkpoint: { getBlockNumber: () => 0n, getTransactionId: () => first.txId } },
        2,
      );
    },
  ),
  simple(
    'event-resume-unknown',
    'after a transaction that is not there: silence',
    async (session) => {
      const first = await commit(session, [event('1')]);
      await commit(session, [event('2')]);
      return eventsOf(
        session,
        {
          checkpoint: {
            getBlockNumber: () => first.blockNumber,
            getTransactionId: () => 'ab'.repeat(32),
          },
        },
        2,
      );
    },
  ),
  simple(
    'event-resume-without-event',
    'after a transaction without event: silence',
    async (session) => {
      const first = await commit(session, [['put', session.key(), '1']]);
      await commit(session, [event('2')]);
      return eventsOf(
        session,
        {
          checkpoint: {
            getBlockNumber: () => first.blockNumber,
            getTransactionId: () => first.txId,
          },
        },
        2,
      );
    },
  ),
  simple('event-resume-block', 'from a block alone', async (session) => {
    const first = await commit(session, [event('1')]);
    await commit(session, [event('2')]);
    return eventsOf(
      session,
      {
        checkpoint: { getBlockNumber: () => first.blockNumber, getTransactionId: () => undefined },
      },
      2,
    );
  }),
  simple('event-future', 'from a block that is still to come', async (session) => {
    const first = await commit(session, [event('1')]);
    const taking = session.org1.network
      .getChaincodeEvents('probe', { startBlock: first.blockNumber + 2n })
      .then((stream) => take<ChaincodeEvent>(stream, 1, PATIENT_MS));
    await commit(session, [event('2')]);
    await commit(session, [event('3')]);
    return (await taking).map(({ eventName }) => eventName);
  }),
  simple('event-unknown-channel', 'events of an unknown channel', ({ outcome, org1 }) =>
    outcome(async () =>
      take(await org1.gateway.getNetwork('nochannel').getChaincodeEvents('probe'), 1),
    ),
  ),
  simple('event-unknown-chaincode', 'events of an unknown chaincode', ({ outcome, org1 }) =>
    outcome(async () => take(await org1.network.getChaincodeEvents('nope', { startBlock: 0n }), 1)),
  ),
  simple('event-foreign', 'events asked by a stranger', ({ outcome, as, org1, issue }) =>
    outcome(async () => {
      const pair = issue('Org1MSP', { name: 'X', notBeforeMs: Date.now() }).sign;
      return take(await as('Org1MSP', 'Org9MSP', pair).network.getChaincodeEvents('probe'), 1).then(
        (entries) => [entries.length, org1.mspId],
      );
    }),
  ),
];

const blockCases: readonly ConformanceCase[] = [
  simple('block-header', 'hashes of header and data', async (session) => {
    const { blockNumber } = await commit(session, [['put', session.key(), '1']]);
    const [previous, block] = await blocksOf(session, blockNumber - 1n, 2);
    const header = block?.getHeader();
    const data = block?.getData()?.getDataList_asU8() ?? [];
    return {
      number: BigInt(header?.getNumber() ?? 0) === blockNumber,
      data: sameBytes(header?.getDataHash_asU8(), sha256(Buffer.concat(data))),
      previous: sameBytes(header?.getPreviousHash_asU8(), headerHash(previous?.getHeader())),
      transactions: data.length,
    };
  }),
  simple('block-metadata', 'which metadata a block has', async (session) => {
    const { blockNumber } = await commit(session, [['put', session.key(), '1']]);
    const [block] = await blocksOf(session, blockNumber);
    const list = block?.getMetadata()?.getMetadataList_asU8() ?? [];
    const commitHash = common.Metadata.deserializeBinary(list[4] ?? new Uint8Array());
    return {
      entries: list.length,
      present: list.map((entry) => entry.length > 0),
      flags: Buffer.from(list[2] ?? []).toString('hex'),
      commitHash: commitHash.getValue_asU8().length,
    };
  }),
  simple('block-flags', 'validation codes of a block’s transactions', async (session) => {
    const { key, submit, org1 } = session;
    await submit([['put', key(), '0']]);
    const script = JSON.stringify([
      ['get', key()],
      ['put', key(), '1'],
    ]);
    const late = await org1
      .contract()
      .newProposal('run', { arguments: [script] })
      .endorse();
    await submit([['put', key(), '2']]);
    const { blockNumber } = await (await late.submit()).getStatus();
    const [block] = await blocksOf(session, blockNumber);
    return Buffer.from(block?.getMetadata()?.getMetadataList_asU8()[2] ?? []).toString('hex');
  }),
  simple('block-transaction', 'what a transaction in a block holds', async (session) => {
    const { blockNumber } = await commit(session, [['put', session.key(), '1'], event('e')]);
    const [block] = await blocksOf(session, blockNumber);
    const { action, endorsers } = partsOfEnvelope(
      block?.getData()?.getDataList_asU8()[0] ?? new Uint8Array(),
    );
    const id = action.getChaincodeId();
    return {
      chaincode: [id?.getName(), id?.getVersion(), id?.getPath()],
      endorsements: endorsers.length,
      own: endorsers.includes('Org1MSP'),
      status: action.getResponse()?.getStatus(),
    };
  }),
  simple('block-transient', 'transient data are not in the block', async (session) => {
    await session.submit([['transientPut', 'brief', session.key(), 'v']], {
      transientData: { v: 'very-secret-value' },
    });
    const { blockNumber } = await commit(session, [['put', session.key(), '1']]);
    const blocks = await blocksOf(session, blockNumber - 1n, 2);
    return blocks.map((block) =>
      Buffer.from(block.serializeBinary()).includes('very-secret-value'),
    );
  }),
  simple('block-genesis', 'the first block is a configuration', async (session) => {
    const [block] = await blocksOf(session, 0n);
    const envelope = common.Envelope.deserializeBinary(
      block?.getData()?.getDataList_asU8()[0] ?? new Uint8Array(),
    );
    const channelHeader = channelHeaderOf(envelope);
    return {
      number: block?.getHeader()?.getNumber(),
      previous: block?.getHeader()?.getPreviousHash_asU8().length,
      type: channelHeader.getType(),
      channel: channelHeader.getChannelId(),
    };
  }),
  simple('block-filtered', 'a filtered block', async (session) => {
    const { blockNumber, txId } = await commit(session, [event('e', 'payload')]);
    const stream = await session.org1.network.getFilteredBlockEvents({ startBlock: blockNumber });
    const [block] = await take<peer.FilteredBlock>(stream, 1);
    const [transaction] = block?.getFilteredTransactionsList() ?? [];
    return {
      channel: block?.getChannelId(),
      same: transaction?.getTxid() === txId,
      type: transaction?.getType(),
      code: transaction?.getTxValidationCode(),
      event: filteredEventOf(transaction),
    };
  }),
  simple('block-private', 'a block with private data', async (session) => {
    const { blockNumber } = await commit(session, [['privatePut', 'brief', session.key(), 'v']]);
    const stream = await session.org1.network.getBlockAndPrivateDataEvents({
      startBlock: blockNumber,
    });
    const [entry] = await take<peer.BlockAndPrivateData>(stream, 1);
    return (privateWritesOf(entry)?.get(0)?.getNsPvtRwsetList() ?? []).map((namespace) => [
      namespace.getNamespace(),
      namespace.getCollectionPvtRwsetList().map((collection) => collection.getCollectionName()),
    ]);
  }),
  simple('block-private-foreign', 'private data of others are left out', async (session) => {
    await session.submit([['privatePut', 'own', session.key(), 'v']], {
      endorsingOrganizations: ['Org1MSP'],
    });
    const { blockNumber } = await commit(session, [['put', session.key(), '1']]);
    const stream = await session.org3.network.getBlockAndPrivateDataEvents({
      startBlock: blockNumber - 1n,
    });
    const [entry] = await take<peer.BlockAndPrivateData>(stream, 1);
    return privateWritesOf(entry)?.getLength();
  }),
  simple('block-unknown-channel', 'blocks of an unknown channel', ({ outcome, org1 }) =>
    outcome(async () => take(await org1.gateway.getNetwork('nochannel').getBlockEvents(), 1)),
  ),
  simple('block-foreign', 'blocks asked by a stranger', ({ outcome, as, issue }) =>
    outcome(async () => {
      const pair = issue('Org1MSP', { name: 'X', notBeforeMs: Date.now() }).sign;
      return (
        await take(
          await as('Org1MSP', 'Org9MSP', pair).network.getBlockEvents({ startBlock: 0n }),
          1,
        )
      ).length;
    }),
  ),
  simple('block-expired', 'blocks asked with an expired certificate', ({ outcome, as, issue }) =>
    outcome(async () => {
      const pair = issue('Org1MSP', {
        name: 'X',
        notBeforeMs: Date.now() - 5000,
        notAfterMs: Date.now() - 3000,
      }).sign;
      return (
        await take(
          await as('Org1MSP', 'Org1MSP', pair).network.getBlockEvents({ startBlock: 0n }),
          1,
        )
      ).length;
    }),
  ),
];

async function query(session: Session, name: string, ...args: string[]): Promise<Uint8Array> {
  return session.org1.contract('qscc').evaluateTransaction(name, session.target.channel, ...args);
}

const ledgerQueryCases: readonly ConformanceCase[] = [
  simple('qscc-info', 'height and hashes', async (session) => {
    const { blockNumber } = await commit(session, [['put', session.key(), '1']]);
    const info = common.BlockchainInfo.deserializeBinary(await query(session, 'GetChainInfo'));
    const [block] = await blocksOf(session, blockNumber);
    return {
      height: BigInt(info.getHeight()) === blockNumber + 1n,
      current: sameBytes(info.getCurrentblockhash_asU8(), headerHash(block?.getHeader())),
      previous: sameBytes(
        info.getPreviousblockhash_asU8(),
        block?.getHeader()?.getPreviousHash_asU8(),
      ),
    };
  }),
  simple('qscc-block', 'a block by number and by transaction', async (session) => {
    const { blockNumber, txId } = await commit(session, [['put', session.key(), '1']]);
    const byNumber = await query(session, 'GetBlockByNumber', blockNumber.toString());
    const byTransaction = await query(session, 'GetBlockByTxID', txId);
    const block = common.Block.deserializeBinary(byNumber);
    return {
      number: BigInt(block.getHeader()?.getNumber() ?? 0) === blockNumber,
      same: Buffer.from(byNumber).equals(byTransaction),
    };
  }),
  simple('qscc-block-missing', 'a block that is not there', (session) =>
    session.outcome(() => query(session, 'GetBlockByNumber', '999999')),
  ),
  simple('qscc-transaction-missing', 'a transaction that is not there', (session) =>
    session.outcome(() => query(session, 'GetTransactionByID', 'ab'.repeat(32))),
  ),
  simple('qscc-unknown', 'an unknown function', (session) =>
    session.outcome(() => query(session, 'Nope', '1')),
  ),
  simple('qscc-arguments', 'too few arguments', (session) =>
    session.outcome(() => query(session, 'GetBlockByNumber')),
  ),
  simple('qscc-channel', 'an unknown channel', ({ outcome, org1 }) =>
    outcome(() => org1.contract('qscc').evaluateTransaction('GetChainInfo', 'nochannel')),
  ),
];

function channelHeaderOf(envelope: common.Envelope): common.ChannelHeader {
  const header = common.Payload.deserializeBinary(envelope.getPayload_asU8()).getHeader();
  return common.ChannelHeader.deserializeBinary(
    header?.getChannelHeader_asU8() ?? new Uint8Array(),
  );
}

function filteredEventOf(transaction: peer.FilteredTransaction | undefined): unknown {
  const [action] = transaction?.getTransactionActions()?.getChaincodeActionsList() ?? [];
  const seen = action?.getChaincodeEvent();
  return [seen?.getEventName(), seen?.getPayload_asU8().length];
}

/** The part of google-protobuf's map, which has no types, that is used here. */
interface PrivateWrites {
  getLength(): number;
  get(transaction: number): ledger.rwset.TxPvtReadWriteSet | undefined;
}

function privateWritesOf(entry: peer.BlockAndPrivateData | undefined): PrivateWrites | undefined {
  return entry?.getPrivateDataMapMap();
}

/** Events, blocks and questions about the ledger. */
export const eventCases: readonly ConformanceCase[] = [
  ...chaincodeEventCases,
  ...blockCases,
  ...ledgerQueryCases,
];

function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/** SHA-256 over the DER of number, previous hash and data hash. */
function headerHash(header: common.BlockHeader | undefined): Uint8Array {
  if (header === undefined) return new Uint8Array();
  const number = Buffer.from(BigInt(header.getNumber()).toString(16).padStart(16, '0'), 'hex');
  const octets = (bytes: Uint8Array): Buffer => der(TAG.octetString, bytes);
  const previous = octets(header.getPreviousHash_asU8());
  return sha256(
    der(TAG.sequence, derUnsigned(number), previous, octets(header.getDataHash_asU8())),
  );
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a !== undefined && b !== undefined && a.length > 0 && Buffer.from(a).equals(b);
}
