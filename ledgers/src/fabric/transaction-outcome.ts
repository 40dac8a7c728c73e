import { peer } from '@hyperledger/fabric-protos';
import type { TransactionOutcome } from '@midlock/protocol';
import { positionOf } from './facts.ts';
import type { Queries } from './queries.ts';

const VALID = 0;
const DUPLICATE_TXID = 9;

/**
 * What became of a transaction: looked up in the index of a peer, so it never waits. A transaction without a block is
 * `pending`: nobody can tell whether an orderer still holds it.
 * `code` is the name of the validation code, e.g. MVCC_READ_CONFLICT; every answer about a block is final.
 * Only MVCC_READ_CONFLICT and PHANTOM_READ_CONFLICT are worth a new proposal: see {@link isRetriable}.
 */
export async function outcomeOf(queries: Queries, txId: string): Promise<TransactionOutcome> {
  const block = await queries.blockOf(txId);
  const copies = block?.transactions.filter((transaction) => transaction.txId === txId) ?? [];
  // An envelope that was sent twice stands twice; the copy is flagged and means nothing.
  const transaction =
    copies.find(({ validationCode }) => validationCode !== DUPLICATE_TXID) ?? copies[0];
  if (block === undefined || transaction === undefined) return { kind: 'pending' };
  const at = positionOf(block, transaction);
  return transaction.validationCode === VALID
    ? { kind: 'valid', at, final: true }
    : { kind: 'invalid', at, final: true, code: validationName(transaction.validationCode) };
}

/** True for the two codes after which the same wish may succeed with a new proposal. */
export function isRetriable(code: string): boolean {
  return code === 'MVCC_READ_CONFLICT' || code === 'PHANTOM_READ_CONFLICT';
}

/** The name of a validation code, as fabric-protos spells it; `CODE_n` for one that it does not know. */
export function validationName(code: number): string {
  const found = Object.entries(peer.TxValidationCode).find(([, number]) => number === code);
  return found?.[0] ?? `CODE_${String(code)}`;
}
