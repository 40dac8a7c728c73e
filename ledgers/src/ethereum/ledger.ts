import { readLimits, type EscrowLimits } from '@midlock/evm';
import {
  MidlockError,
  isMidlockError,
  swapIdOf,
  type Address,
  type Cursor,
  type EthereumLock,
  type Hex32,
  type LedgerHead,
  type LedgerIntent,
  type LedgerUpdate,
  type LegView,
  type SignedTransaction,
  type SwapTerms,
  type TransactionOutcome,
} from '@midlock/protocol';
import { createEscrowAccount, type EscrowAccount } from './account.ts';
import { createBatches, type Batches } from './batch.ts';
import { followChain } from './chain-follower.ts';
import { readConservation, type EthereumConservation } from './conservation.ts';
import { createEndpoints } from './endpoints.ts';
import { createEscrowReader } from './escrow-reader.ts';
import { DEFAULT_FEE_POLICY, type FeePolicy } from './fees.ts';
import { readFinalized, type Finality } from './finality.ts';
import { withCode, withCodes } from './json-rpc.ts';
import type { NonceStore } from './nonce-store.ts';
import {
  prepareIntent,
  prepareReturn,
  type Funding,
  type PrepareOptions as PrepareContext,
} from './prepare.ts';
import { readEthereumLeg, type LegReaderOptions } from './read-leg.ts';
import { createSender, type Call } from './sender.ts';
import { ethereumOutcome } from './transaction-outcome.ts';
import type { EthereumSigner } from './transaction.ts';
import { parseReceipt, type Receipt } from './wire.ts';
import { sleep } from '../sleep.ts';

export interface EthereumLedgerOptions {
  /** http(s) URLs of nodes of one chain. */
  readonly endpoints: readonly string[];
  /** How many of them must agree on everything that decides; default 1. */
  readonly quorum?: number;
  readonly chainId: bigint;
  readonly escrow: Address;
  readonly signer: EthereumSigner;
  readonly finality: Finality;
  /** Block of the escrow's deployment; default 0. */
  readonly startBlock?: bigint;
  /** Default 1000; a tenth of the block time is enough. */
  readonly pollMs?: number;
  /** Durable nonce lane of the signer's account. */
  readonly store: NonceStore;
  readonly fees?: Partial<FeePolicy>;
  readonly legacyFees?: boolean;
  /** How locks are paid; default `auto`. */
  readonly funding?: Funding;
  /** Blocks per log query; default 2000, halved where a node refuses. */
  readonly logRange?: bigint;
  /** Blocks that are read again below a cursor that no longer stands; default 512. */
  readonly rescanBlocks?: bigint;
  /** Look for secrets in the pool and in failed transactions; default true. */
  readonly watchCalldata?: boolean;
  readonly timeoutMs?: number;
  readonly nowMs?: () => bigint;
  readonly unsentAfterMs?: bigint;
  /** Told of every error that the adapter survives by itself. */
  readonly onTrouble?: (error: unknown) => void;
}

/** The Ethereum side of swaps; fits `LedgerPort`. */
export interface EthereumLedger {
  readonly ledger: 'ethereum';
  readonly address: Address;
  readonly account: EscrowAccount;
  readonly batches: Batches;
  head(): Promise<LedgerHead>;
  prepare(
    intent: LedgerIntent,
    options?: {
      readonly replaces?: SignedTransaction;
      readonly urgentBySec?: bigint;
      readonly purpose?: string;
    },
  ): Promise<SignedTransaction>;
  /** Signs the refund of a lock of which nothing else is known. Throws REFUND_TOO_EARLY, FEE_BUDGET. */
  prepareReturn(lock: EthereumLock): Promise<SignedTransaction>;
  submit(transaction: SignedTransaction): Promise<void>;
  outcome(transaction: SignedTransaction): Promise<TransactionOutcome>;
  leg(terms: SwapTerms): Promise<LegView>;
  watch(cursor: Cursor | undefined, signal: AbortSignal): AsyncIterable<LedgerUpdate>;
  /** Gives back the nonce of a prepared transaction that will never be submitted. */
  abandon(transaction: SignedTransaction): Promise<void>;
  /** Sends again what nodes forgot and fills holes; `watch` calls it at each new head. */
  tend(): Promise<{ readonly resent: number; readonly filled: number }>;
  /** contract balance >= credits + open locks, per token. */
  conservation(tokens: readonly Address[]): Promise<readonly EthereumConservation[]>;
  close(): void;
}

/**
 * Opens nothing until a method is called.
 * @throws {MidlockError} CONFIG_INVALID.
 */
export function createEthereumLedger(options: EthereumLedgerOptions): EthereumLedger {
  const { chainId, escrow, signer, finality } = options;
  const nowMs = options.nowMs ?? (() => BigInt(Date.now()));
  const startBlock = options.startBlock ?? 0n;
  const pollMs = options.pollMs ?? 1_000;
  const logRange = options.logRange ?? 2_000n;
  const endpoints = createEndpoints({
    urls: options.endpoints,
    chainId,
    ...(options.quorum === undefined ? {} : { quorum: options.quorum }),
    ...(options.timeoutMs === undefined ? {} : { timeoutMs: options.timeoutMs }),
  });
  const reader = createEscrowReader({ endpoints, chainId, escrow });
  const sender = createSender({
    endpoints,
    chainId,
    signer,
    store: options.store,
    fees: { ...DEFAULT_FEE_POLICY, ...options.fees },
    legacyFees: options.legacyFees ?? false,
    nowMs,
    ...(options.unsentAfterMs === undefined ? {} : { unsentAfterMs: options.unsentAfterMs }),
  });
  const account = withCodes(
    createEscrowAccount({ endpoints, reader, escrow, address: signer.address, execute }),
  );
  const known = new Map<Hex32, EthereumLock>();
  reader.onLock(
    (lock) => known.set(lock.swapId, lock),
    (swapId) => known.delete(swapId),
  );
  let limits: Promise<EscrowLimits> | undefined;

  function contractLimits(): Promise<EscrowLimits> {
    limits ??= reader.read(readLimits).catch((error: unknown) => {
      limits = undefined;
      throw error;
    });
    return limits;
  }

  const legReader: LegReaderOptions = {
    endpoints,
    finality,
    reader,
    startBlock,
    logRange,
    maxDurationSec: async () => (await contractLimits()).maxDurationSec,
  };

  const leg = (terms: SwapTerms): Promise<LegView> =>
    settled(() => readEthereumLeg(legReader, terms));

  /** What was seen may be gone with a reorg: the state of the head decides. */
  async function openLock(terms: SwapTerms): Promise<EthereumLock | undefined> {
    const lock = known.get(swapIdOf(terms));
    if (lock === undefined) return undefined;
    return (await reader.isOpen(lock, await endpoints.head())) ? lock : undefined;
  }

  const context: PrepareContext = {
    chainId,
    escrow,
    endpoints,
    sender,
    signer,
    account,
    funding: options.funding ?? 'auto',
    payoutGas: contractLimits,
    leg,
    openLock,
  };

  async function execute(call: Call): Promise<Receipt> {
    const transaction = await sender.sign(call, {});
    await sender.send(transaction);
    return mined(transaction);
  }

  /** The transaction has left: nodes that do not answer now must not make it look as if it had not. */
  async function receiptOf(txId: string): Promise<Receipt | null> {
    try {
      const receipt = await endpoints.agreed('eth_getTransactionReceipt', [txId], parseReceipt);
      if (receipt === null || receipt.txId === txId) return receipt;
      throw new MidlockError('ENDPOINT_LIED', { what: 'receipt of another transaction', txId });
    } catch (error) {
      if (isMidlockError(withCode(error), 'ENDPOINT_UNREACHABLE')) return null;
      throw error;
    }
  }

  async function mined({ txId }: SignedTransaction): Promise<Receipt> {
    const untilMs = nowMs() + 120_000n;
    while (nowMs() < untilMs) {
      const receipt = await receiptOf(txId);
      if (receipt?.succeeded === true) return receipt;
      if (receipt !== null) throw new MidlockError('ESCROW_REVERTED', { txId });
      await sleep(Math.min(pollMs, 200));
    }
    throw new MidlockError('TIMED_OUT', { txId, ledger: 'ethereum' });
  }

  const onTrouble = options.onTrouble ?? (() => undefined);

  return withCodes<EthereumLedger>({
    ledger: 'ethereum',
    address: signer.address,
    account,
    batches: withCodes(createBatches(context)),
    head: async () => {
      const head = await endpoints.head();
      const finalized = await readFinalized(endpoints, finality, head);
      const { height, hash, timeSec } = head;
      return { height, hash, timeSec, finalizedHeight: finalized?.height ?? 0n };
    },
    prepare: (intent, { replaces, urgentBySec, purpose } = {}) =>
      replaces === undefined
        ? prepareIntent(context, intent, { urgentBySec, purpose })
        : sender.raise(replaces, { urgentBySec }),
    prepareReturn: (lock) => prepareReturn(context, lock, {}),
    submit: (transaction) => sender.send(transaction),
    outcome: (transaction) =>
      ethereumOutcome({ endpoints, finality, lane: sender.lane }, transaction),
    leg,
    watch: (cursor, signal) =>
      followChain(
        {
          endpoints,
          finality,
          startBlock,
          pollMs,
          logRange,
          rescanBlocks: options.rescanBlocks ?? 512n,
          factsIn: (block) => reader.factsIn(block),
          factsBetween: (from, to) => reader.factsBetween(from, to),
          strayedSecrets:
            options.watchCalldata === false
              ? () => Promise.resolve([])
              : (block) => reader.strayedSecrets(block),
          onTrouble: (error) => {
            onTrouble(withCode(error));
          },
          onHead: async () => {
            await sender.lane.tend();
          },
        },
        cursor,
        signal,
      ),
    abandon: async ({ lane }) => {
      if (lane?.account === signer.address) await sender.lane.abandon(lane.nonce);
    },
    tend: () => sender.lane.tend(),
    conservation: (tokens) =>
      readConservation({ endpoints, chainId, escrow, startBlock, logRange }, tokens),
    close: () => undefined,
  });
}

const ATTEMPTS = 4;

/** A reorg between two calls looks like a lie for a moment: only one that stays is told. */
async function settled<T>(read: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await read();
    } catch (error) {
      if (attempt === ATTEMPTS || !isMidlockError(error, 'ENDPOINT_LIED')) throw error;
      await sleep(100 * attempt);
    }
  }
}
