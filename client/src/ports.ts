import type {
  EthereumLock,
  Cursor,
  LedgerHead,
  LedgerIntent,
  LedgerName,
  LedgerUpdate,
  LegView,
  SignedTransaction,
  SwapTerms,
  TransactionOutcome,
} from '@midlock/protocol';

/**
 * What a party or relayer needs of a ledger. The adapters in ledgers/ fit this shape; so do the models of the simulator.
 * Every method may throw ENDPOINT_UNREACHABLE (retry: safe).
 */
export interface LedgerPort {
  readonly ledger: LedgerName;

  head(): Promise<LedgerHead>;

  /**
   * Turns a wish into exact signed bytes and sends no transaction.
   * On Fabric this asks organisations for endorsement, never the counterparty's for a claim: a claim's preparation
   * therefore reveals the secret to endorsers and is journalled as the reveal. On Ethereum it takes a nonce of the lane and signs.
   * Throws ENDORSEMENT_REFUSED, ENDORSEMENT_MISSING, FEE_BUDGET and the ledger's own refusals by their codes.
   */
  prepare(intent: LedgerIntent, options: PrepareOptions): Promise<SignedTransaction>;

  /** Ethereum: signs the refund of a lock of which nothing else is known, its terms being lost. Throws REFUND_TOO_EARLY, FEE_BUDGET. */
  prepareReturn?(lock: EthereumLock): Promise<SignedTransaction>;

  /** Sends bytes; idempotent. Returning says nothing about inclusion. Throws SUBMIT_UNKNOWN where acceptance is unknown. */
  submit(transaction: SignedTransaction): Promise<void>;

  outcome(transaction: SignedTransaction): Promise<TransactionOutcome>;

  /** Gives back what a prepared transaction holds, such as a nonce that later ones wait for, when it will never be submitted. One that was submitted stays as it is. */
  abandon?(transaction: SignedTransaction): Promise<void>;

  /** Reads one leg from the ledger itself. Throws TERMS_MISMATCH when what stands there differs from the terms. */
  leg(terms: SwapTerms): Promise<LegView>;

  /** Follows the ledger from a cursor (undefined: from the adapter's configured start block) until the signal aborts; reconnects by itself. */
  watch(cursor: Cursor | undefined, signal: AbortSignal): AsyncIterable<LedgerUpdate>;
}

export interface PrepareOptions {
  /** Ethereum: a transaction to replace, same nonce, fees raised by at least an eighth. */
  readonly replaces?: SignedTransaction;
  /** The deadline by which inclusion matters, seconds; raises fees as it comes near. */
  readonly urgentBySec?: bigint;
  /**
   * The effect that this is for, the same at each try. Ethereum: a nonce that was taken for it and whose transaction the
   * caller never got, or could not record, is taken again.
   */
  readonly purpose?: string;
}

/** Production passes the host's clocks, tests and the simulator their own. */
export interface ClockPort {
  /** Milliseconds since 1970; may jump when somebody sets the clock. */
  nowMs(): bigint;
  /** Milliseconds since some moment before; never goes back and never jumps. For pauses, never for deadlines. */
  elapsedMs(): bigint;
  /** Resolves after `ms`, or at once when the signal aborts. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** Fills `bytes` with randomness from a CSPRNG. */
export type RandomPort = (bytes: Uint8Array) => void;
