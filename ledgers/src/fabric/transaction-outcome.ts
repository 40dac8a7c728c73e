import { peer } from '@hyperledger/fabric-protos';
import { MidlockError, type TransactionOutcome } from '@midlock/protocol';
import type { FabricBlock, FabricTransaction } from './block.ts';
import { positionOf } from './facts.ts';
import { askForQuorum, type PeerQuorum } from './peer-quorum.ts';
import type { Queries } from './queries.ts';

const VALID = 0;
const DUPLICATE_TXID = 9;

/**
 * What became of a transaction: looked up in the indices of several organisations' peers, so it never waits. A transaction
 * that no quorum of them has in a block is `unknown`: nobody can tell whether an orderer still holds it; sending it again is safe.
 * `code` is the name of the validation code, e.g. MVCC_READ_CONFLICT; every answer about a block is final.
 * Only MVCC_READ_CONFLICT and PHANTOM_READ_CONFLICT are worth a new proposal: see {@link isRetriable}.
 * @throws {MidlockError} ENDPOINT_LIED when peers contradict each other, ENDPOINT_UNREACHABLE when too few answer.
 */
export async function outcomeOf(
  queries: Queries,
  peers: PeerQuorum,
  txId: string,
): Promise<TransactionOutcome> {
  const result = await askForQuorum(
    peers,
    async (mspId) => standingIn(await queries.blockOf(mspId, txId), txId),
    (a, b) => a?.key === b?.key,
  );
  if (!result.agreed && !result.answers.includes(undefined))
    throw new MidlockError('ENDPOINT_LIED', { what: 'outcome of a transaction', txId });
  if (!result.agreed || result.value === undefined) return { kind: 'unknown' };
  const first = result.value;
  const at = positionOf(first.block, first.transaction);
  const { validationCode } = first.transaction;
  return validationCode === VALID
    ? { kind: 'valid', at, final: true }
    : { kind: 'invalid', at, final: true, code: validationName(validationCode) };
}

interface Standing {
  readonly block: FabricBlock;
  readonly transaction: FabricTransaction;
  /** Equal for peers that agree. */
  readonly key: string;
}

function standingIn(block: FabricBlock | undefined, txId: string): Standing | undefined {
  const copies = block?.transactions.filter((transaction) => transaction.txId === txId) ?? [];
  // An envelope that was sent twice stands twice; the copy is flagged and means nothing.
  const transaction =
    copies.find(({ validationCode }) => validationCode !== DUPLICATE_TXID) ?? copies[0];
  if (block === undefined || transaction === undefined) return undefined;
  return { block, transaction, key: `${block.hash} ${String(transaction.validationCode)}` };
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
