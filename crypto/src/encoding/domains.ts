/**
 * Every domain-separation tag of Midlock, once: one per purpose and suite, none a prefix of another.
 * Chain ids, contract, channel, epoch and roster hash are not in the tag but in the message (statement.ts).
 * The NUL and POP tags of the BLS signature draft belong to other networks and stand nowhere in this package.
 */

/** BLS12-381, signature in G1: RFC 9380 tags, section 3.1, with the suite's name at the end. */
export const BLS_ATTEST_DST = 'MIDLOCK-V1-ATTEST-BLS12381G1_XMD:SHA-256_SSWU_RO_';
export const BLS_MULTISIG_DST = 'MIDLOCK-V1-MULTISIG-BLS12381G1_XMD:SHA-256_SSWU_RO_';
export const BLS_POSSESSION_DST = 'MIDLOCK-V1-POSSESSION-BLS12381G1_XMD:SHA-256_SSWU_RO_';
export const BLS_EVIDENCE_DST = 'MIDLOCK-V1-EVIDENCE-BLS12381G1_XMD:SHA-256_SSWU_RO_';

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
/** Hash of a committee's roster. */
export const ROSTER_TAG = 'midlock/v1/roster';

export const PAILLIER_MODULUS_TAG = 'midlock/v1/paillier/modulus-proof';
export const PAILLIER_SHORT_EXPONENT_TAG = 'midlock/v1/paillier/short-exponent';

export const KEM_BINDING_TAG = 'midlock/v1/session/kem-binding';
export const SEAL_TAG = 'midlock/v1/session/seal';
export const SEAL_COMMITMENT_TAG = 'midlock/v1/session/seal-commitment';
export const HANDSHAKE_TAG = 'midlock/v1/session/handshake';
