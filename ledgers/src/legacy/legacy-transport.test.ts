import { common, gateway as gatewayProtos, peer } from '@hyperledger/fabric-protos';
import { MidlockError } from '@midlock/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { parseBlock } from '../fabric/block.ts';
import { invocationEnvelope, signedBlock } from '../fabric/block-fixture.ts';
import { refusalsOf } from '../fabric/gateway-error.ts';
import { openTransport } from '../fabric/open-transport.ts';
import { readPrepared } from '../fabric/prepared.ts';
import { stampOf, toMilliseconds } from '../fabric/stamp-message.ts';
import { submitThrough } from '../fabric/submit.ts';
import type { FabricTransport, Invocation } from '../fabric/transport.ts';
import { startStubOrderer, startStubPeer, type StubAnswer, type StubNode } from './stub-nodes.ts';

const open: (StubNode<unknown> | { stop(): void })[] = [];
afterEach(() => {
  for (const node of open.splice(0).reverse()) node.stop();
});

const STAMP_MS = 1_700_000_000_123n;
const ANY: Invocation = {
  chaincode: 'midlock',
  name: 'mid-account:lock',
  arguments: ['terms'],
  stampMs: STAMP_MS,
  organizations: ['A', 'C'],
};

async function started<T>(node: Promise<StubNode<T>>): Promise<StubNode<T>> {
  open.push(await node);
  return node;
}

const DOWN = '127.0.0.1:1';

async function transportOver(
  peers: Readonly<Record<string, string>>,
  orderers: readonly string[] = [DOWN],
): Promise<FabricTransport> {
  const transport = await openTransport({
    client: 'legacy',
    channel: 'swaps',
    chaincode: 'midlock',
    organizations: Object.entries(peers).map(([mspId, gateway]) => ({ mspId, gateway })),
    orderers: orderers.map((address) => ({ address })),
    identity: {
      mspId: 'A',
      certificate: 'certificate',
      signer: { sign: (digest) => Promise.resolve(digest) },
    },
    endorsements: 2,
    timeouts: { evaluateMs: 200, endorseMs: 2_000, submitMs: 1_000 },
  });
  open.push({
    stop: () => {
      transport.close();
    },
  });
  return transport;
}

async function threePeers(answers: Readonly<Record<string, StubAnswer>> = {}) {
  const [a, b, c] = await Promise.all(
    ['A', 'B', 'C'].map((mspId) => started(startStubPeer(mspId, answers[mspId]))),
  );
  const transport = await transportOver({ A: a!.address, B: b!.address, C: c!.address });
  return { peers: { a: a!, b: b!, c: c! }, transport, first: transport.gateways[0]! };
}

async function refusal(transport: FabricTransport, wish = ANY) {
  const [gateway] = transport.gateways;
  const error: unknown = await gateway!.endorse(wish).then(
    () => new Error('endorsed'),
    (thrown: unknown) => thrown,
  );
  return refusalsOf(error, gateway!.endpoint);
}

describe('the legacy transport', () => {
  it("sends a proposal to the named organisations' peers and nobody else's", async () => {
    const { peers, first } = await threePeers();
    const { txId, bytes } = await first.endorse({ ...ANY, name: 'mid-account:claim' });
    expect([peers.a, peers.b, peers.c].map(({ received }) => received.length)).toEqual([1, 0, 1]);
    expect(readPrepared(bytes)).toEqual({ endorsers: ['A', 'C'], revealsSecret: true });
    const prepared = gatewayProtos.PreparedTransaction.deserializeBinary(bytes);
    expect(prepared.getTransactionId()).toBe(txId);
    const payload = common.Payload.deserializeBinary(prepared.getEnvelope()!.getPayload_asU8());
    const header = common.ChannelHeader.deserializeBinary(
      payload.getHeader()!.getChannelHeader_asU8(),
    );
    expect(header.getTxId()).toBe(txId);
    expect(toMilliseconds(stampOf(header)!)).toBe(STAMP_MS);
    const proposal = peer.Proposal.deserializeBinary(peers.a.received[0]!.getProposalBytes_asU8());
    expect(payload.getHeader()!.serializeBinary()).toEqual(
      common.Header.deserializeBinary(proposal.getHeader_asU8()).serializeBinary(),
    );
  });

  it('evaluates on one peer, and gives a silent one up', async () => {
    const { first, transport } = await threePeers({ C: { hangs: true } });
    expect(Buffer.from(await first.evaluate({ ...ANY, organizations: ['A'] })).toString()).toBe(
      'of A',
    );
    const silent = transport.gateways[2]!;
    const error: unknown = await silent.evaluate(ANY).catch((thrown: unknown) => thrown);
    expect(refusalsOf(error, silent.endpoint)).toMatchObject([
      { error: { code: 'ENDPOINT_UNREACHABLE' } },
    ]);
  });

  it.each<[string, StubAnswer, string]>([
    [
      "a chaincode's own code",
      { status: 500, message: new MidlockError('LOCK_UNKNOWN', {}).message },
      'LOCK_UNKNOWN',
    ],
    ['any other refusal', { status: 500, message: 'no' }, 'ENDORSEMENT_REFUSED'],
    ['the endorsement of another organisation', { endorser: 'B' }, 'ENDORSEMENT_REFUSED'],
  ])('says who refused: %s', async (_what, answer, code) => {
    const { transport } = await threePeers({ C: answer });
    expect(await refusal(transport)).toMatchObject([{ mspId: 'C', error: { code } }]);
  });

  it('refuses answers that differ', async () => {
    const { transport } = await threePeers({ C: { payload: 'something else' } });
    expect(await refusal(transport)).toMatchObject([{ error: { code: 'ENDORSEMENT_REFUSED' } }]);
  });

  it('names an organisation whose peer is not there', async () => {
    const a = await started(startStubPeer('A'));
    const transport = await transportOver({ A: a.address, C: DOWN });
    expect(await refusal(transport)).toMatchObject([
      { mspId: 'C', error: { code: 'ENDPOINT_UNREACHABLE' } },
    ]);
  });

  it('names an organisation that the configuration does not', async () => {
    const { transport } = await threePeers();
    expect(await refusal(transport, { ...ANY, organizations: ['A', 'X'] })).toMatchObject([
      { mspId: 'X', error: { code: 'ENDPOINT_UNREACHABLE' } },
    ]);
  });

  it('says that a peer which is to deliver blocks is not there', async () => {
    const transport = await transportOver({ A: DOWN, C: DOWN });
    const blocks = transport.gateways[0]!.blocks(0n, new AbortController().signal);
    await expect(blocks.next()).rejects.toMatchObject({
      code: 14,
      message: `no connection to ${DOWN}`,
    });
  });

  it('hands a transaction to orderers alone, to the next one where one refuses', async () => {
    const [refusing, taking, spared] = await Promise.all([
      started(startStubOrderer(common.Status.SERVICE_UNAVAILABLE, 'no Raft leader')),
      started(startStubOrderer(common.Status.SUCCESS)),
      started(startStubOrderer(common.Status.SUCCESS)),
    ]);
    const { peers } = await threePeers();
    const transport = await transportOver({ A: peers.a.address, C: peers.c.address }, [
      DOWN,
      refusing.address,
      taking.address,
      spared.address,
    ]);
    const { bytes } = await transport.gateways[0]!.endorse(ANY);
    await submitThrough(transport.submitters(readPrepared(bytes)), bytes);
    expect([refusing, taking, spared].map(({ received }) => received.length)).toEqual([1, 1, 0]);
    const envelope = gatewayProtos.PreparedTransaction.deserializeBinary(bytes).getEnvelope()!;
    expect(taking.received[0]!.serializeBinary()).toEqual(envelope.serializeBinary());
    expect([peers.a, peers.c].map(({ received }) => received.length)).toEqual([1, 1]);
  });

  it('does not know what became of a transaction that no orderer acknowledged', async () => {
    const refusing = await started(startStubOrderer(common.Status.FORBIDDEN, 'no writer'));
    const { peers } = await threePeers();
    const transport = await transportOver({ A: peers.a.address, C: peers.c.address }, [
      refusing.address,
    ]);
    const { bytes } = await transport.gateways[0]!.endorse(ANY);
    await expect(
      submitThrough(transport.submitters(readPrepared(bytes)), bytes),
    ).rejects.toMatchObject({ code: 'SUBMIT_UNKNOWN' });
  });

  it('streams blocks from a number on, also with an envelope that nobody can read', async () => {
    const rubbish = Uint8Array.of(255, 1, 2);
    const blocks = [0, 1, 2].map((number) =>
      signedBlock({
        number,
        previousHash: new Uint8Array(32).fill(number),
        envelopes: [rubbish, invocationEnvelope('ab'.repeat(32), ['f'])],
        flags: [23, 0],
      }),
    );
    const node = await started(startStubPeer('A', {}, blocks));
    const transport = await transportOver({ A: node.address, C: DOWN });
    const stop = new AbortController();
    const seen: bigint[] = [];
    for await (const block of transport.gateways[0]!.blocks(1n, stop.signal)) {
      const { height, hash, transactions } = parseBlock(block);
      expect(hash).toBe(parseBlock(blocks[Number(height)]!).hash);
      expect(transactions).toHaveLength(1);
      seen.push(height);
      if (seen.length === 2) stop.abort();
    }
    expect(seen).toEqual([1n, 2n]);
  });

  it('fails when the block stream breaks', async () => {
    const node = await started(startStubPeer('A', {}, []));
    const transport = await transportOver({ A: node.address, C: DOWN });
    const blocks = transport.gateways[0]!.blocks(0n, new AbortController().signal);
    const next = blocks.next();
    next.catch(() => undefined);
    setTimeout(() => {
      node.stop();
    }, 200);
    await expect(next).rejects.toThrow();
    expect(
      refusalsOf(await next.catch((error: unknown) => error), node.address)[0].error.code,
    ).toBe('ENDPOINT_UNREACHABLE');
  });
});
