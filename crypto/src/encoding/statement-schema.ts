/** How a field is written: fixed-width big-endian numbers, 32 raw bytes, 1 to 256 raw bytes, or one byte from a list. */
export type FieldType = 'uint64' | 'uint256' | 'bytes32' | 'bytes' | 'ledger' | 'scheme';

/** The ledger on which the fact of a statement stands; with two ledgers the other is the destination. */
export const LEDGERS = ['fabric', 'ethereum'] as const;
/** Signature schemes of a committee key; the byte in the encoding is the place in this list. */
export const SCHEMES = ['bls12381-g1', 'frost-secp256k1', 'ecdsa-quorum'] as const;

export type Ledger = (typeof LEDGERS)[number];
export type Scheme = (typeof SCHEMES)[number];
export type StatementKind = 'lock' | 'unlock' | 'release' | 'expired' | 'penalty' | 'rotate';

const TRANSFER = [
  ['source', 'ledger'],
  ['transferId', 'bytes32'],
  ['asset', 'bytes'],
  ['amount', 'uint256'],
  ['recipient', 'bytes'],
  ['deadlineSec', 'uint64'],
  ['blockNumber', 'uint64'],
  ['blockHash', 'bytes32'],
] as const;

/**
 * The fields of each statement after tag, domain hash, epoch and roster hash, in order. `lock` to `expired` have one shape and
 * differ in their tags. An Ethereum account or token is its 20 bytes, a Fabric account or asset the UTF-8 bytes of its text.
 */
export const STATEMENT_FIELDS = {
  lock: TRANSFER,
  unlock: TRANSFER,
  release: TRANSFER,
  expired: TRANSFER,
  penalty: [
    ['tradeId', 'bytes32'],
    ['offender', 'bytes'],
    ['beneficiary', 'bytes'],
    ['asset', 'bytes'],
    ['amount', 'uint256'],
    ['evidenceHash', 'bytes32'],
    ['blockNumber', 'uint64'],
    ['blockHash', 'bytes32'],
  ],
  rotate: [
    ['nextEpoch', 'uint64'],
    ['nextRosterHash', 'bytes32'],
    ['scheme', 'scheme'],
    ['nextKey', 'bytes'],
    ['activeFromSec', 'uint64'],
    ['lastDeadlineSec', 'uint64'],
  ],
} as const satisfies Record<StatementKind, readonly (readonly [string, FieldType])[]>;

type FieldValue<T extends FieldType> = T extends 'uint64' | 'uint256'
  ? bigint
  : T extends 'ledger'
    ? Ledger
    : T extends 'scheme'
      ? Scheme
      : Uint8Array;

type Body<K extends StatementKind> = {
  readonly [F in (typeof STATEMENT_FIELDS)[K][number] as F[0]]: FieldValue<F[1]>;
};

/** What a committee certifies: one fact of one ledger, under one epoch and roster. */
export type Statement<K extends StatementKind = StatementKind> = K extends StatementKind
  ? { readonly kind: K; readonly epoch: bigint; readonly rosterHash: Uint8Array } & Body<K>
  : never;

/** The pair of ledgers that statements are for. */
export interface StatementDomain {
  readonly chainId: bigint;
  /** The verifying contract, 20 bytes. */
  readonly contract: Uint8Array;
  /** SHA-256 of the channel's genesis block header in DER, 32 bytes (fabric/block.ts). */
  readonly networkId: Uint8Array;
  readonly channel: string;
  readonly chaincode: string;
}
