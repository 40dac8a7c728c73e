/** Names of the schemes, equal to `scheme()` of the Solidity verifiers. */
export type VerifierScheme = 'bls12381-g1' | 'frost-secp256k1' | 'ecdsa-quorum';

/**
 * One committee's signature check, whatever its scheme: the same proof bytes and the same answer as IVerifier.sol.
 * Holds the key or roster of one epoch. The digest binds chain, contract, channel, epoch and roster; this binds the key.
 */
export interface Verifier {
  readonly scheme: VerifierScheme;
  /** True when `proof` is the committee's signature over the 32-byte `digest`. Never throws: a malformed proof is false. */
  verify(digest: Uint8Array, proof: Uint8Array): boolean;
}
