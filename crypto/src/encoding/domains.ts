/**
 * Domain-separation tags of statements, Paillier and sessions: one per purpose. The hash-to-curve tags of the BLS suite stand in
 * bls/tags.ts. Chain ids, contract, channel, epoch and roster hash are not in the tag but in the message (statement.ts).
 */

/** First field of each statement that a committee certifies. */
export const STATEMENT_TAGS = {
  lock: 'midlock/v1/statement/lock',
  unlock: 'midlock/v1/statement/unlock',
  release: 'midlock/v1/statement/release',
  expired: 'midlock/v1/statement/expired',
  penalty: 'midlock/v1/statement/penalty',
  rotate: 'midlock/v1/statement/rotate',
} as const;

/** Hash of the pair of ledgers and contracts that a statement is for. */
export const STATEMENT_DOMAIN_TAG = 'midlock/v1/statement-domain';

export const PAILLIER_MODULUS_TAG = 'midlock/v1/paillier/modulus-proof';
export const PAILLIER_SHORT_EXPONENT_TAG = 'midlock/v1/paillier/short-exponent';

export const KEM_BINDING_TAG = 'midlock/v1/session/kem-binding';
export const SEAL_TAG = 'midlock/v1/session/seal';
export const SEAL_COMMITMENT_TAG = 'midlock/v1/session/seal-commitment';
export const HANDSHAKE_TAG = 'midlock/v1/session/handshake';
