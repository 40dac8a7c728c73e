import {
  FABRIC_TX,
  MidlockError,
  isMidlockError,
  swapIdOf,
  termsText,
  verifySecret,
  type LegView,
  type Position,
  type SwapTerms,
} from '@midlock/protocol';
import { parseMidAccount, type MidAccount } from './answers.ts';
import { positionOf } from './facts.ts';
import { agreeOn, askSeveral, type PeerQuorum } from './peer-quorum.ts';
import type { Queries } from './queries.ts';

export interface ReadLegOptions {
  readonly queries: Queries;
  readonly peers: PeerQuorum;
}

/**
 * Reads a mid-account on several organisations' peers and compares; fails closed.
 * @throws {MidlockError} TERMS_MISMATCH when other terms stand under the id; ENDPOINT_LIED when peers keep contradicting
 * each other; ENDPOINT_UNREACHABLE when too few of them answer.
 */
export async function readFabricLeg(options: ReadLegOptions, terms: SwapTerms): Promise<LegView> {
  const swapId = swapIdOf(terms);
  const account = await agreeOn(
    options.peers,
    `swap ${swapId}`,
    (mspId) => readMidAccount(options.queries, mspId, swapId),
    sameAccountState,
  );
  if (account === undefined) return { state: 'none' };
  if (account.swapId !== swapId || termsText(account.terms) !== termsText(terms)) {
    throw new MidlockError('TERMS_MISMATCH', { ledger: 'fabric', swapId });
  }
  const at = await positionOfChange(options, account);
  switch (account.state) {
    case 'locked':
      return { state: 'locked', final: true, at };
    case 'claimed':
      return { state: 'claimed', final: true, at, secret: checkedSecret(account) };
    case 'refunded':
    case 'released':
      return { state: 'refunded', final: true, at };
    case 'declined':
      return { state: 'declined', final: true, at };
  }
}

/** The mid-account under an id as one organisation has it, or undefined. */
export async function readMidAccount(
  queries: Queries,
  mspId: string,
  swapId: string,
): Promise<MidAccount | undefined> {
  try {
    return await queries.from(
      mspId,
      { name: FABRIC_TX.getMidAccount, arguments: [swapId] },
      parseMidAccount,
    );
  } catch (error) {
    if (isMidlockError(error, 'LOCK_UNKNOWN')) return undefined;
    throw error;
  }
}

function sameAccountState(a: MidAccount | undefined, b: MidAccount | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.state === b.state &&
    a.lockTxId === b.lockTxId &&
    a.settleTxId === b.settleTxId &&
    termsText(a.terms) === termsText(b.terms)
  );
}

function checkedSecret({ secret, terms, swapId }: MidAccount): Uint8Array {
  if (secret !== undefined && verifySecret(secret, terms.hashLock)) return secret;
  throw new MidlockError('ENDPOINT_LIED', { what: 'secret does not open the lock', swapId });
}

async function positionOfChange(
  { queries, peers }: ReadLegOptions,
  account: MidAccount,
): Promise<Position> {
  const txId = account.settleTxId ?? account.lockTxId;
  const [block] = await askSeveral(peers.organizations, 1, (mspId) => queries.blockOf(mspId, txId));
  const transaction = block?.transactions.find((candidate) => candidate.txId === txId);
  if (block === undefined || transaction === undefined)
    throw new MidlockError('ENDPOINT_LIED', { what: 'state without its transaction', txId });
  return positionOf(block, transaction);
}
