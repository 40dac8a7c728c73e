import type { Address } from '@midlock/protocol';

/** One nonce of an account and every transaction ever signed for it, oldest first. */
export interface LaneEntry {
  readonly nonce: bigint;
  readonly signed: readonly { readonly txId: string; readonly bytes: Uint8Array }[];
  /** True from just before the first byte leaves: from then on the nonce can only be replaced, never reused. */
  readonly sent: boolean;
  readonly createdAtMs: bigint;
  /** Whom the transaction is for, so that who asks again gets this nonce again. */
  readonly purpose?: string;
  /** The escrow slots that this transaction will fill, so that two locks in flight never take the same one. */
  readonly slots?: readonly bigint[];
}

/**
 * Durable allocation of nonces, one lane per account; the only writer of an account's transactions owns it.
 * Entries hold signed calldata and so may hold secrets: keep them as private as the journal.
 */
export interface NonceStore {
  /** All entries of an account, ascending by nonce. */
  load(account: Address): Promise<readonly LaneEntry[]>;
  /** Inserts or replaces the entry of a nonce; durable when it resolves. */
  put(account: Address, entry: LaneEntry): Promise<void>;
  delete(account: Address, nonce: bigint): Promise<void>;
}

/** Keeps nothing across a restart: for tests, and for one-off commands whose account nobody else uses. */
export function createMemoryNonceStore(): NonceStore {
  const lanes = new Map<Address, Map<bigint, LaneEntry>>();
  const laneOf = (account: Address): Map<bigint, LaneEntry> => {
    const lane = lanes.get(account) ?? new Map<bigint, LaneEntry>();
    lanes.set(account, lane);
    return lane;
  };
  return {
    load: (account) =>
      Promise.resolve([...laneOf(account).values()].sort((a, b) => (a.nonce < b.nonce ? -1 : 1))),
    put: (account, entry) => {
      laneOf(account).set(entry.nonce, entry);
      return Promise.resolve();
    },
    delete: (account, nonce) => {
      laneOf(account).delete(nonce);
      return Promise.resolve();
    },
  };
}
