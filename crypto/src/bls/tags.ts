import { utf8 } from '../encoding/bytes.ts';

const SUITE = 'BLS12381G1_XMD:SHA-256_SSWU_RO_';

/**
 * Domain-separation tags (RFC 9380, 3.1), one per purpose. They never change; a new purpose gets a new tag.
 * None ends in NUL_ or POP_: those belong to other networks.
 */
export const BLS_TAGS = {
  /** Threshold signatures over statements (lock, unlock, release, expired, penalty, rotate). */
  attestation: utf8(`MIDLOCK-V1-ATTEST-${SUITE}`),
  /** Multi-signatures over blocks and evidence. */
  block: utf8(`MIDLOCK-V1-BLOCK-${SUITE}`),
  /** Proof of possession of a member key. */
  possession: utf8(`MIDLOCK-V1-POSSESSION-${SUITE}`),
} as const;
