import { parseAddress, type LedgerIntent } from '@midlock/protocol';
import { afterEach, describe, expect, it } from 'vitest';
import { terms } from '../fabric/terms-fixture.ts';
import { createMemorySigner } from '../signers/ethereum-signer.ts';
import { wireBlock } from './fake-chain.ts';
import { createEthereumLedger, type EthereumLedger } from './ledger.ts';
import { createMemoryNonceStore } from './nonce-store.ts';
import { startStubNode, type StubAnswers, type StubNode } from './stub-node.ts';

const nodes: StubNode[] = [];
afterEach(() => Promise.all(nodes.splice(0).map((node) => node.stop())));

const TOKEN = parseAddress(`0x${'7a'.repeat(20)}`, 'token');
const refused = (): Error => new Error('header not found');

/** The adapter over one node that gives these answers. */
async function ledgerOver(
  answers: StubAnswers,
  onTrouble: (error: unknown) => void = () => undefined,
  nowMs: () => bigint = () => BigInt(Date.now()),
): Promise<EthereumLedger> {
  const node = await startStubNode(answers);
  nodes.push(node);
  return createEthereumLedger({
    endpoints: [node.url],
    chainId: 1n,
    escrow: terms.ethereum.escrow,
    signer: createMemorySigner(new Uint8Array(32).fill(9)),
    finality: { mode: 'instant' },
    pollMs: 1,
    store: createMemoryNonceStore(),
    onTrouble,
    nowMs,
  });
}

describe('an adapter over a node that refuses everything', () => {
  const everything = Object.fromEntries(
    ['getBlockByNumber', 'getLogs', 'call', 'getTransactionReceipt', 'getTransactionCount'].map(
      (name) => [`eth_${name}`, refused],
    ),
  );
  const unreachable = { code: 'ENDPOINT_UNREACHABLE', data: { reason: 'header not found' } };

  it('tells it by a code, whatever was asked', async () => {
    const ledger = await ledgerOver(everything);
    const intent: LedgerIntent = { action: 'refund', terms };
    const transaction = { ledger: 'ethereum', txId: '0x01', bytes: new Uint8Array() } as const;
    for (const ask of [
      () => ledger.head(),
      () => ledger.leg(terms),
      () => ledger.prepare(intent),
      () => ledger.outcome(transaction),
      () => ledger.conservation([TOKEN]),
      () => ledger.account.tokenBalance(TOKEN),
      () => ledger.batches.refundMany([terms]),
    ])
      await expect(ask()).rejects.toMatchObject(unreachable);
  });

  it('tells a watcher by the same code', async () => {
    const stop = new AbortController();
    const troubles: unknown[] = [];
    const ledger = await ledgerOver(everything, (error) => {
      troubles.push(error);
      stop.abort();
    });
    for await (const update of ledger.watch(undefined, stop.signal)) expect(update).toBeUndefined();
    expect(troubles).toMatchObject([unreachable]);
  });
});

describe('a transaction that has left', () => {
  const receipt = (txId: unknown): object => ({
    transactionHash: txId,
    blockHash: `0x${'01'.repeat(32)}`,
    blockNumber: '0x1',
    status: '0x1',
    gasUsed: '0x1',
    logs: [],
  });
  const answers = (receipts: readonly ((txId: unknown) => unknown)[]): StubAnswers => {
    let asked = 0;
    return {
      eth_getBlockByNumber: wireBlock(1),
      eth_call: '0x',
      eth_gasPrice: '0x1',
      eth_getTransactionCount: '0x0',
      eth_getBalance: '0xffffffffffffffffffff',
      eth_sendRawTransaction: `0x${'01'.repeat(32)}`,
      eth_getTransactionReceipt: ([txId]: readonly unknown[]) =>
        receipts[Math.min(asked++, receipts.length - 1)]?.(txId),
    };
  };

  it('is waited for although the node refuses to tell of it for a while', async () => {
    const ledger = await ledgerOver(answers([refused, refused, receipt]));
    expect(await ledger.account.approve(TOKEN, 5n)).toMatchObject({ succeeded: true });
  });

  it('is not taken for mined by the receipt of another', async () => {
    const ledger = await ledgerOver(answers([() => receipt(`0x${'02'.repeat(32)}`)]));
    await expect(ledger.account.approve(TOKEN, 5n)).rejects.toMatchObject({
      code: 'ENDPOINT_LIED',
    });
  });
});

it('replaces no transaction of another account', async () => {
  const ledger = await ledgerOver({});
  const account = parseAddress(`0x${'7b'.repeat(20)}`, 'account');
  const replaces = {
    ledger: 'ethereum',
    txId: '0x01',
    bytes: new Uint8Array(),
    lane: { account, nonce: 0n },
  } as const;
  await expect(ledger.prepare({ action: 'refund', terms }, { replaces })).rejects.toMatchObject({
    code: 'ARGUMENT_INVALID',
    data: { name: 'replaces' },
  });
});

describe('a call of the account that was sent', () => {
  const sent = (receipt: (txId: unknown) => unknown): StubAnswers => ({
    eth_getBlockByNumber: wireBlock(5),
    eth_getTransactionCount: '0x0',
    eth_getBalance: `0x${'f'.repeat(20)}`,
    eth_gasPrice: '0x1',
    eth_call: '0x',
    eth_sendRawTransaction: `0x${'01'.repeat(32)}`,
    eth_getTransactionReceipt: ([txId]: readonly unknown[]) => receipt(txId),
  });
  const receiptOf = (txId: unknown) => ({
    transactionHash: txId,
    blockHash: `0x${'02'.repeat(32)}`,
    blockNumber: '0x5',
    status: '0x0',
    gasUsed: '0x1',
    effectiveGasPrice: '0x1',
    logs: [],
  });

  it('failed where its receipt says so', async () => {
    const ledger = await ledgerOver(sent(receiptOf));
    await expect(ledger.account.withdraw(TOKEN, 1n)).rejects.toMatchObject({
      code: 'ESCROW_REVERTED',
    });
  });

  it('is not taken for another whose receipt a node gives', async () => {
    const ledger = await ledgerOver(sent(() => receiptOf(`0x${'03'.repeat(32)}`)));
    await expect(ledger.account.withdraw(TOKEN, 1n)).rejects.toMatchObject({
      code: 'ENDPOINT_LIED',
      data: { what: 'receipt of another transaction' },
    });
  });

  it('is given up after two minutes without a receipt', async () => {
    let nowMs = 0n;
    const hurrying = (): bigint => (nowMs += 50_000n);
    const unmined = sent(() => null);
    const ledger = await ledgerOver(unmined, () => undefined, hurrying);
    await expect(ledger.account.withdraw(TOKEN, 1n)).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });
});
