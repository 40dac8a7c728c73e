import {
  MidlockError,
  type Position,
  type SignedTransaction,
  type TransactionOutcome,
} from '@midlock/protocol';
import type { Endpoints } from './endpoints.ts';
import { revertError } from './escrow-log.ts';
import { readBlock, readFinalized, type Finality } from './finality.ts';
import { RpcRefusal } from './json-rpc.ts';
import type { NonceLane } from './nonce-lane.ts';
import { quantity } from './quantity.ts';
import { decodeTransaction } from './transaction.ts';
import { parseReceipt, type BlockHeader, type Receipt } from './wire.ts';

export interface OutcomeOptions {
  readonly endpoints: Endpoints;
  readonly finality: Finality;
  /** Absent where this process signs nothing. */
  readonly lane: NonceLane | undefined;
}

/**
 * What became of a nonce: the transaction itself, or one that replaced it. A replacement that asks for the same thing
 * counts as the transaction (`at.txId` names it); any other makes the outcome `invalid` with code REPLACED.
 * Receipts count only when their block is the canonical one of that height.
 */
export async function ethereumOutcome(
  options: OutcomeOptions,
  transaction: SignedTransaction,
): Promise<TransactionOutcome> {
  const own = await standing(options.endpoints, transaction.txId);
  if (own !== undefined) return settled(options, own, transaction.bytes);
  const replaced = await replacement(options, transaction);
  if (replaced !== undefined) return replaced;
  const known = await options.endpoints.any(
    'eth_getTransactionByHash',
    [transaction.txId],
    (value) => value !== null,
  );
  return { kind: known ? 'pending' : 'unknown' };
}

interface Standing {
  readonly receipt: Receipt;
  readonly block: BlockHeader;
}

async function standing(endpoints: Endpoints, txId: string): Promise<Standing | undefined> {
  const receipt = await endpoints.agreed('eth_getTransactionReceipt', [txId], parseReceipt);
  if (receipt === null) return undefined;
  if (receipt.txId !== txId)
    throw new MidlockError('ENDPOINT_LIED', { what: 'receipt of another transaction', txId });
  const block = await readBlock(endpoints, receipt.blockHeight);
  return block?.hash === receipt.blockHash ? { receipt, block } : undefined;
}

async function settled(
  options: OutcomeOptions,
  { receipt, block }: Standing,
  bytes: Uint8Array,
): Promise<TransactionOutcome> {
  const final = await isFinal(options, block);
  const at = positionOf(receipt, block);
  const { gasUsed } = receipt;
  return receipt.succeeded
    ? { kind: 'valid', at, final, gasUsed }
    : { kind: 'invalid', at, final, gasUsed, code: await whyReverted(options, bytes, block) };
}

async function isFinal(
  { endpoints, finality }: OutcomeOptions,
  block: BlockHeader,
): Promise<boolean> {
  const finalized = await readFinalized(endpoints, finality, await endpoints.head());
  return finalized !== null && block.height <= finalized.height;
}

/** Another transaction of the same nonce, where one is in the chain. */
async function replacement(
  options: OutcomeOptions,
  transaction: SignedTransaction,
): Promise<TransactionOutcome | undefined> {
  const { lane } = transaction;
  if (lane === undefined || options.lane === undefined) return undefined;
  const wanted = decodeTransaction(transaction.bytes);
  for (const sibling of await options.lane.siblings(lane.nonce)) {
    if (sibling.txId === transaction.txId) continue;
    const found = await standing(options.endpoints, sibling.txId);
    if (found === undefined) continue;
    const actual = decodeTransaction(sibling.bytes);
    const same =
      actual.data === wanted.data && actual.to === wanted.to && actual.value === wanted.value;
    if (same) return settled(options, found, sibling.bytes);
    return {
      kind: 'invalid',
      code: 'REPLACED',
      at: positionOf(found.receipt, found.block),
      final: await isFinal(options, found.block),
      gasUsed: 0n,
    };
  }
  return undefined;
}

function positionOf(receipt: Receipt, block: BlockHeader): Position {
  return {
    height: block.height,
    blockHash: block.hash,
    txId: receipt.txId,
    timeSec: block.timeSec,
  };
}

/**
 * Runs a failed transaction again in the state and time of its block to learn the error. Its calldata stands in a block,
 * so nothing is revealed. The answer is a hint: later transactions of the block are counted in.
 */
async function whyReverted(
  { endpoints }: OutcomeOptions,
  bytes: Uint8Array,
  { height }: BlockHeader,
): Promise<string> {
  const { from, to, data, value, gasLimit } = decodeTransaction(bytes);
  const call = { from, to, data, value: quantity(value), gas: quantity(gasLimit) };
  try {
    await endpoints.any('eth_call', [call, quantity(height)], (result) => result);
    return 'ESCROW_REVERTED';
  } catch (error) {
    return revertError(error instanceof RpcRefusal ? error.data : undefined).code;
  }
}
