import { ESCROW } from '@midlock/evm';
import {
  toHex32,
  verifySecret,
  type Cursor,
  type LedgerUpdate,
  type LegFact,
  type LegView,
} from '@midlock/protocol';
import type { SignedTransaction, TransactionOutcome } from '@midlock/protocol';
import { decodeTransaction } from '../../../ledgers/src/ethereum/transaction.ts';
import { CHAIN_ID, ESCROW_ADDRESS, OWN, SWAPS, type ModelSwap } from './ethereum-swaps.ts';
import type { Told } from './ethereum-endpoint.ts';

/** Throws RangeError for a fact, view or transaction that the adapter should have known for a lie. */
export interface FactJudge {
  /** A new watch begins behind the block of a cursor, or anew. */
  follow(cursor: Cursor | undefined): void;
  update(update: LedgerUpdate): void;
  leg(swap: ModelSwap, view: LegView): void;
  outcome(transaction: SignedTransaction, outcome: TransactionOutcome): void;
  prepared(transaction: SignedTransaction): void;
  /** No node may see the secret of a claim before the claim itself is sent. */
  secrets(): void;
}

const EVENTS = { locked: 'Locked', claimed: 'Claimed', refunded: 'Refunded' } as const;
const CLAIM_SECRETS = SWAPS.map(({ secret }) => toHex32(secret).slice(2));

export function createFactJudge(told: Told): FactJudge {
  let tip: { readonly height: bigint; readonly hash: string } | undefined;
  let finalized: bigint | undefined;

  function block({ block }: LedgerUpdate & { kind: 'block' }): void {
    if (tip !== undefined && block.height <= tip.height)
      wrong(`block ${String(block.height)} after block ${String(tip.height)}`);
    if (tip?.height === block.height - 1n && tip.hash !== block.parentHash)
      wrong('a block whose parent is not the one before it');
    tip = block;
    for (const fact of block.facts) {
      if (fact.at.blockHash !== block.hash || fact.at.height !== block.height)
        wrong('a fact of another block');
      if (!told.logs.some((log) => proves(log, fact)))
        wrong('a fact that no log of the escrow tells');
    }
  }

  return {
    follow: (cursor) => {
      [tip, finalized] = [cursor, undefined];
    },
    update: (update) => {
      if (update.kind === 'block') block(update);
      if (update.kind === 'rollback') {
        if (finalized !== undefined && update.height < finalized)
          wrong('a rollback behind finality');
        tip = update;
      }
      if (update.kind === 'finality-regressed') finalized = undefined;
      if (update.kind === 'finalized') {
        if (tip === undefined || update.height > tip.height) wrong('final before it was reported');
        if (finalized !== undefined && update.height < finalized)
          wrong('finality went back unsaid');
        finalized = update.height;
      }
      if (update.kind === 'secret' && !verifySecret(update.secret, update.hashLock))
        wrong('a secret that does not open its lock');
    },
    leg: (swap, view) => {
      if (view.state === 'none') return;
      const { at } = view;
      if (
        !told.blocks.some((one) => same(one['hash'], at.blockHash) && is(one['number'], at.height))
      )
        wrong('a leg in a block that was never told');
      if (view.state === 'claimed' && !verifySecret(view.secret, swap.terms.hashLock))
        wrong('a leg claimed with a secret that does not open it');
      if (view.state !== 'locked' || view.lock === undefined) return;
      const { hashLock, ethereum } = swap.terms;
      const { amount, token, owner, beneficiary, expiresAtSec } = view.lock;
      const fits =
        view.lock.hashLock === hashLock &&
        view.lock.swapId === swap.swapId &&
        amount === ethereum.amount &&
        token === ethereum.token &&
        owner === ethereum.owner &&
        beneficiary === ethereum.beneficiary &&
        expiresAtSec === ethereum.expiresAtSec;
      if (!fits) wrong('a lock that differs from the terms');
    },
    outcome: ({ txId }, outcome) => {
      if (outcome.kind !== 'valid' && outcome.kind !== 'invalid') return;
      const { at } = outcome;
      const proof = told.receipts.some(
        (one) => same(one['transactionHash'], at.txId) && same(one['blockHash'], at.blockHash),
      );
      if (!proof) wrong('an outcome without a receipt');
      if (outcome.kind === 'valid' && at.txId !== txId && outcome.gasUsed === undefined)
        wrong('another transaction as valid');
    },
    prepared: (transaction) => {
      const { chainId, from, to, value, fees } = decodeTransaction(transaction.bytes);
      if (chainId !== CHAIN_ID || from !== OWN || to !== ESCROW_ADDRESS)
        wrong('a transaction for somewhere else');
      const fee = fees.kind === 'legacy' ? fees.gasPrice : fees.maxFeePerGas;
      if (fee > 500_000_000_000n) wrong('a fee above the cap');
      if (value > 10_000n) wrong('more value than the lock');
    },
    secrets: () => {
      const reverted = told.receipts.some((one) => is(one['status'], 0n));
      for (const { method, body } of told.asked) {
        if (method === 'eth_sendRawTransaction' || (method === 'eth_call' && reverted)) continue;
        if (CLAIM_SECRETS.some((secret) => body.includes(secret))) wrong(`a secret in ${method}`);
      }
    },
  };
}

/** Whether a log, as it was told, is the fact: read here without the adapter's own code. */
function proves(log: Readonly<Record<string, unknown>>, fact: LegFact): boolean {
  const { topics, data } = log;
  if (!Array.isArray(topics) || typeof data !== 'string' || fact.kind === 'declined') return false;
  const tail = data.slice(-64).toLowerCase();
  const last =
    fact.kind === 'claimed'
      ? toHex32(fact.secret).slice(2)
      : fact.kind === 'locked' && fact.ledger === 'ethereum'
        ? fact.lock.hashLock.slice(2)
        : tail;
  return (
    same(log['address'], ESCROW_ADDRESS) &&
    same(log['blockHash'], fact.at.blockHash) &&
    same(log['transactionHash'], fact.at.txId) &&
    log['removed'] !== true &&
    same(topics[0], ESCROW.getEvent(EVENTS[fact.kind])?.topicHash) &&
    same(topics[1], fact.swapId) &&
    tail === last
  );
}

function same(told: unknown, expected: string | undefined): boolean {
  return typeof told === 'string' && told.toLowerCase() === expected?.toLowerCase();
}

function is(told: unknown, number: bigint): boolean {
  return typeof told === 'string' && /^0x[0-9a-f]{1,64}$/i.test(told) && BigInt(told) === number;
}

function wrong(what: string): never {
  throw new RangeError(`believed: ${what}`);
}
