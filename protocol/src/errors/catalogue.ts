import { PROCESS_ERRORS } from './process-errors.ts';

/**
 * Every error of Midlock, once. A code is stable for ever; its class tells who can act on it.
 *
 * - `retry: 'never'`: the same call fails again; change the input.
 * - `retry: 'safe'`: nothing was changed; call again later.
 * - `retry: 'after-query'`: something may have happened; read the ledger first.
 * - `exit`: the exit code of the command line (docs/errors.md).
 */
export interface ErrorEntry {
  readonly summary: string;
  readonly next: string;
  readonly retry: 'never' | 'safe' | 'after-query';
  readonly exit: 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;
}

export const CATALOGUE = {
  // Terms and inputs
  TERMS_FIELD_INVALID: {
    summary: 'A field of the terms is malformed.',
    next: 'Correct the named field; see docs/swap.md, Terms.',
    retry: 'never',
    exit: 2,
  },
  TERMS_UNKNOWN_FIELD: {
    summary: 'The terms hold a field that this version does not know.',
    next: 'Remove the field or use the version that wrote the file.',
    retry: 'never',
    exit: 2,
  },
  TERMS_VERSION_UNKNOWN: {
    summary: 'The terms have a version that this program does not speak.',
    next: 'Update Midlock or ask the counterparty for version 1.',
    retry: 'never',
    exit: 2,
  },
  TERMS_MISMATCH: {
    summary: 'What stands on the ledger is not what the terms say.',
    next: 'Do not lock or reveal; compare the named field with the counterparty.',
    retry: 'never',
    exit: 5,
  },
  TERMS_SIGNATURE_INVALID: {
    summary: 'A signature under the terms does not verify.',
    next: 'Ask the signer to accept the same terms again.',
    retry: 'never',
    exit: 8,
  },
  AMOUNT_INVALID: {
    summary: 'An amount is not a positive whole number of minor units in range.',
    next: 'Give a decimal string without sign, point or leading zeros.',
    retry: 'never',
    exit: 2,
  },
  SECRET_INVALID: {
    summary: 'A secret is not exactly 32 bytes, or does not hash to the lock.',
    next: 'Give the 32 bytes whose SHA-256 is the hash lock.',
    retry: 'never',
    exit: 2,
  },
  HASHLOCK_KNOWN: {
    summary: 'This hash lock was used before.',
    next: 'Draw a new nonce; a used lock may already be open to others.',
    retry: 'never',
    exit: 5,
  },
  ORDERS_ROW_INVALID: {
    summary: 'A row of the orders file cannot be read.',
    next: 'Correct the row and column named in the error.',
    retry: 'never',
    exit: 2,
  },
  ASSET_UNKNOWN: {
    summary: 'The asset is not known on its ledger.',
    next: 'Check the asset id; list what there is with the ledger tools.',
    retry: 'never',
    exit: 5,
  },
  BALANCE_INSUFFICIENT: {
    summary: 'The account does not hold enough of the asset.',
    next: 'Fund the account or lower the amount.',
    retry: 'safe',
    exit: 5,
  },

  // Time
  DEADLINE_TOO_CLOSE: {
    summary: 'A deadline leaves less time than the network needs.',
    next: 'Plan the swap anew with later deadlines (midlock swap plan).',
    retry: 'never',
    exit: 5,
  },
  DEADLINE_TOO_FAR: {
    summary: 'A deadline lies beyond the longest duration that the ledger accepts.',
    next: 'Plan the swap anew; deadlines come from the planner.',
    retry: 'never',
    exit: 5,
  },
  DEADLINE_ORDER: {
    summary: 'The two deadlines do not keep the margin between them.',
    next: 'Plan the swap anew; never type deadlines by hand.',
    retry: 'never',
    exit: 5,
  },
  PROFILE_INVALID: {
    summary: 'A network profile contradicts itself.',
    next: 'Correct the named figure; docs/swap.md explains each.',
    retry: 'never',
    exit: 3,
  },
  STAMP_OUTSIDE_WINDOW: {
    summary: "The transaction stamp is outside the endorser's window.",
    next: "Stamp by the endorser's clock (Time query) and try again.",
    retry: 'safe',
    exit: 5,
  },
  CLAIM_TOO_LATE: {
    summary: 'The deadline has passed; this lock can no longer be claimed.',
    next: 'The owner gets a refund; nothing to do for the beneficiary.',
    retry: 'never',
    exit: 5,
  },
  REFUND_TOO_EARLY: {
    summary: 'The lock cannot be refunded yet.',
    next: 'Wait until the time named in the error.',
    retry: 'safe',
    exit: 5,
  },
  GUARD_PASSED: {
    summary: 'It is too late to reveal or lock safely.',
    next: 'Stop; both sides get their refund after the deadlines.',
    retry: 'never',
    exit: 5,
  },

  // Fabric ledger (chaincode)
  LOCK_EXISTS: {
    summary: 'This swap id was locked or declined before.',
    next: 'Read the swap; an id is never used twice.',
    retry: 'after-query',
    exit: 5,
  },
  LOCK_UNKNOWN: {
    summary: 'No lock stands under this swap id.',
    next: 'Check the id and the network; wait for the lock to be final.',
    retry: 'safe',
    exit: 5,
  },
  LOCK_SETTLED: {
    summary: 'The lock is settled already.',
    next: 'Read its outcome; nothing is left to do.',
    retry: 'after-query',
    exit: 5,
  },
  NOT_OWNER: {
    summary: 'The caller does not own what it wants to move.',
    next: 'Use the identity of the owner.',
    retry: 'never',
    exit: 5,
  },
  NOT_BENEFICIARY: {
    summary: 'Only the beneficiary may do this.',
    next: 'Use the identity of the beneficiary.',
    retry: 'never',
    exit: 5,
  },
  NOT_AUTHORIZED: {
    summary: 'The caller has no right to do this.',
    next: 'Use an identity with the right named in the error.',
    retry: 'never',
    exit: 5,
  },
  NETWORK_MISMATCH: {
    summary: 'The leg names another network, channel, chaincode or contract.',
    next: 'Compare the terms with the network you are connected to.',
    retry: 'never',
    exit: 5,
  },
  NOTE_UNKNOWN: {
    summary: 'A note does not exist or was spent.',
    next: 'Read your notes again and choose others.',
    retry: 'after-query',
    exit: 5,
  },
  ASSET_EXISTS: {
    summary: 'An asset with this id exists already.',
    next: 'Choose another id.',
    retry: 'never',
    exit: 5,
  },
  ASSET_LOCKED: {
    summary: 'The asset is in a mid-account and cannot change.',
    next: 'Settle the swap that holds it first.',
    retry: 'safe',
    exit: 5,
  },
  CONFIG_NOT_APPROVED: {
    summary: 'A configuration lacks the approvals of a majority of organisations.',
    next: 'Let further organisations approve the same proposal.',
    retry: 'safe',
    exit: 5,
  },
  CONFIG_INVALID: {
    summary: 'The configuration is malformed or unsafe.',
    next: 'Correct the key named in the error; try midlock config validate.',
    retry: 'never',
    exit: 3,
  },
  NOT_INITIALIZED: {
    summary: 'The chaincode has not been initialised.',
    next: 'Run midlock deploy fabric.',
    retry: 'safe',
    exit: 5,
  },
  ARGUMENT_INVALID: {
    summary: 'An argument is malformed.',
    next: 'Correct the argument named in the error.',
    retry: 'never',
    exit: 2,
  },

  // Ethereum ledger (escrow contract)
  ESCROW_REVERTED: {
    summary: 'The escrow contract refused the transaction.',
    next: 'See the contract error in the data; read the lock before trying again.',
    retry: 'after-query',
    exit: 5,
  },
  TOKEN_MISBEHAVED: {
    summary: 'The token did not move the amount it was asked to.',
    next: 'Do not trade this token, or deposit it first and use what is credited.',
    retry: 'never',
    exit: 5,
  },

  CONSENT_EXPIRED: {
    summary: "The beneficiary's consent to a refund has run out.",
    next: 'Ask the beneficiary for a new consent, or refund after the deadline.',
    retry: 'never',
    exit: 5,
  },
  PAYOUT_FAILED: {
    summary: 'The receiver or the token refused the payout.',
    next: 'Withdraw to another address.',
    retry: 'safe',
    exit: 5,
  },

  // Transport and nodes
  ENDPOINT_UNREACHABLE: {
    summary: 'A node does not answer.',
    next: 'Check address, network and TLS name, then try again.',
    retry: 'safe',
    exit: 4,
  },
  GATEWAY_SERVICE_MISSING: {
    summary: 'A peer does not offer the Gateway service.',
    next: 'Switch it on (peer.gateway.enabled, Fabric 2.4 and later), or configure fabric.client: legacy with fabric.orderers.',
    retry: 'never',
    exit: 3,
  },
  ENDPOINT_WRONG_CHAIN: {
    summary: 'A node serves another chain than configured.',
    next: 'Point the configuration at the right node.',
    retry: 'never',
    exit: 4,
  },
  ENDPOINT_LIED: {
    summary: "A node's answers contradict each other or another node.",
    next: 'Stop using the node; keep the evidence in the error.',
    retry: 'never',
    exit: 4,
  },
  FINALITY_REGRESSED: {
    summary: 'The finalized block went backwards.',
    next: 'New work is halted; inspect the node before going on.',
    retry: 'after-query',
    exit: 4,
  },
  TLS_REQUIRED: {
    summary: 'A listener beyond loopback needs TLS and tokens.',
    next: 'Configure api.tls and api.tokens, or listen on 127.0.0.1.',
    retry: 'never',
    exit: 3,
  },
  QUORUM_MISSING: {
    summary: 'Fewer Ethereum nodes answer than must agree.',
    next: 'Start the nodes or configure others; do not lower the quorum to get going.',
    retry: 'safe',
    exit: 4,
  },
  CLOCK_OFF: {
    summary: "This machine's clock is more than 5 seconds off the organisations' clocks.",
    next: 'Let the machine follow a time server (chrony, systemd-timesyncd), then start again.',
    retry: 'safe',
    exit: 3,
  },
  STAMPS_UNGUARDED: {
    summary: 'So many organisations endorse any timestamp that deadlines on Fabric do not hold.',
    next: "Run Midlock's chaincode unchanged with the profile's windows; on Fabric 3 let peers filter stamps too.",
    retry: 'safe',
    exit: 3,
  },
  DEVELOPMENT_KEY: {
    summary: 'A key that everybody knows is used on a chain that is not for development.',
    next: 'Make a key of your own with midlock keys new, and move away what the known account holds.',
    retry: 'never',
    exit: 3,
  },
  IDENTITY_INVALID: {
    summary: 'A certificate or key cannot be used.',
    next: 'Enrol again, or point to matching certificate and key.',
    retry: 'never',
    exit: 3,
  },
  ENDORSEMENT_REFUSED: {
    summary: 'An organisation did not endorse the transaction.',
    next: 'See the reason in the data; other organisations may endorse.',
    retry: 'safe',
    exit: 5,
  },
  ENDORSEMENT_MISSING: {
    summary: 'Too few organisations endorse without the counterparty.',
    next: 'Ask further organisations to serve, or accept that the counterparty has a veto.',
    retry: 'safe',
    exit: 5,
  },
  COMMIT_INVALID: {
    summary: 'The transaction was ordered but is not valid.',
    next: 'Read the ledger; codes 11 and 12 are tried again with a new proposal.',
    retry: 'after-query',
    exit: 5,
  },
  SUBMIT_UNKNOWN: {
    summary: 'It is unknown whether the transaction was accepted.',
    next: 'Read the ledger before anything else.',
    retry: 'after-query',
    exit: 6,
  },
  TIMED_OUT: {
    summary: 'The awaited fact did not happen in time.',
    next: 'See midlock swap explain for who must act.',
    retry: 'after-query',
    exit: 6,
  },
  FEE_BUDGET: {
    summary: 'The account cannot pay the fees.',
    next: 'Fund the account named in the error.',
    retry: 'safe',
    exit: 5,
  },

  ...PROCESS_ERRORS,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof CATALOGUE;
