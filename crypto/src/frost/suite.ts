/** The ciphersuite of RFC 9591, 6.5: FROST(secp256k1, SHA-256), as noble implements it. */
export { secp256k1, secp256k1_FROST } from '@noble/curves/secp256k1.js';
export type { FrostPublic, NonceCommitments } from '@noble/curves/abstract/frost.js';
