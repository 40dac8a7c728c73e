// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @title One committee's signature check, whatever its scheme.
/// @notice A verifier holds one immutable key (or roster) of one epoch. A new epoch means a new verifier: nothing in here changes.
/// The digest already binds chain, contract, channel, epoch and roster (see crypto/README.md, Statements); a verifier binds the key.
interface IVerifier {
    /// @notice Name of the scheme, left-aligned ASCII: "bls12381-g1", "frost-secp256k1" or "ecdsa-quorum".
    function scheme() external pure returns (bytes32);

    /// @notice True when `proof` is the committee's signature over `digest`. Never reverts on a malformed proof: it returns false.
    /// @param digest The 32-byte digest of a canonical statement.
    /// @param proof Scheme-dependent bytes with exactly one valid encoding per signature (equal to the TypeScript verifiers).
    function verify(bytes32 digest, bytes calldata proof) external view returns (bool);
}
