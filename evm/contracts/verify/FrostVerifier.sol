// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IVerifier} from "./IVerifier.sol";

/// @title FROST(secp256k1, SHA-256) of RFC 9591, checked with one ecrecover.
/// @notice A proof is R.x, R.y and z, 32 bytes each. The equation z*G - c*P = R is put to ecrecover as the "recovery" of
/// (m, v, r, s) = (-z*P.x, parity of P, P.x, -c*P.x), which returns the address of z*G - c*P; it must be the address of R.
contract FrostVerifier is IVerifier {
    uint256 private constant N = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    /// @notice x of the group key. Below the group order, because ecrecover takes it as r.
    uint256 public immutable keyX;
    /// @notice 2 when y of the group key is even, 3 when it is odd: the first byte of its compressed form.
    uint256 public immutable keyPrefix;

    error KeyInvalid();

    /// @param x x of the group key, below the group order.
    /// @param prefix First byte of the compressed key, 2 or 3.
    constructor(uint256 x, uint256 prefix) {
        // The point exists when x^3 + 7 is a square: ecrecover answers for r = x only then.
        if (x == 0 || x >= N) revert KeyInvalid(); // check: frost-key-range
        if (prefix >> 1 != 1) revert KeyInvalid(); // check: frost-key-prefix
        address point = ecrecover(bytes32(uint256(1)), uint8(prefix + 25), bytes32(x), bytes32(uint256(1)));
        if (point == address(0)) revert KeyInvalid(); // check: frost-key-point
        keyX = x;
        keyPrefix = prefix;
    }

    /// @inheritdoc IVerifier
    function scheme() external pure returns (bytes32) {
        return "frost-secp256k1";
    }

    /// @inheritdoc IVerifier
    function verify(bytes32 digest, bytes calldata proof) external view returns (bool valid) {
        if (proof.length != 0x60) return false; // check: frost-length
        uint256 x = keyX;
        uint256 prefix = keyPrefix;
        assembly ("memory-safe") {
            let rx := calldataload(proof.offset)
            let ry := calldataload(add(proof.offset, 0x20))
            let z := calldataload(add(proof.offset, 0x40))
            // One encoding for each signature: z below n. The address of R binds its coordinates byte by byte.
            if lt(z, N) {
                // RFC 9591 4.4 and 6.5: c = hash_to_field(R || P || digest), expand_message_xmd with SHA-256 and L = 48.
                // The block of 64 zero bytes comes first; free memory is used only within this block and never kept.
                let m := mload(0x40)
                mstore(m, 0)
                mstore(add(m, 0x20), 0)
                mstore8(add(m, 0x40), add(2, and(ry, 1)))
                mstore(add(m, 0x41), rx)
                mstore8(add(m, 0x61), prefix)
                mstore(add(m, 0x62), x)
                mstore(add(m, 0x82), digest)
                // I2OSP(48, 2) || 0x00 || DST || I2OSP(29, 1), DST = "FROST-secp256k1-SHA256-v1chal"
                mstore(add(m, 0xa2), 0x00300046524f53542d736563703235366b312d5348413235362d76316368616c)
                mstore8(add(m, 0xc2), 0x1d)
                let ok := staticcall(gas(), 2, m, 0xc3, m, 0x20)
                let b0 := mload(m)
                // b1 = H(b0 || 1 || DST'), b2 = H((b0 ^ b1) || 2 || DST')
                mstore(add(m, 0x20), 0x0146524f53542d736563703235366b312d5348413235362d76316368616c1d00)
                ok := and(staticcall(gas(), 2, m, 0x3f, add(m, 0x40), 0x20), ok)
                let b1 := mload(add(m, 0x40))
                mstore(m, xor(b0, b1))
                mstore8(add(m, 0x20), 2)
                ok := and(staticcall(gas(), 2, m, 0x3f, m, 0x20), ok)
                // c = (b1 || first half of b2) mod n
                let c := addmod(mulmod(b1, shl(128, 1), N), shr(128, mload(m)), N)
                mstore(m, rx)
                mstore(add(m, 0x20), ry)
                let expected := and(keccak256(m, 0x40), 0xffffffffffffffffffffffffffffffffffffffff)
                mstore(m, sub(N, mulmod(z, x, N)))
                mstore(add(m, 0x20), add(prefix, 25))
                mstore(add(m, 0x40), x)
                mstore(add(m, 0x60), sub(N, mulmod(c, x, N)))
                mstore(0, 0)
                ok := and(staticcall(gas(), 1, m, 0x80, 0, 0x20), ok)
                // No address is zero: where ecrecover refuses, nothing matches.
                valid := and(and(eq(mload(0), expected), ok), iszero(iszero(expected)))
            }
        }
    }
}
