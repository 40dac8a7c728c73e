// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Paillier moduli as contract code
/// @notice Stores n^2 as the code of a data contract: reading it costs 2,600 gas and a copy, where calldata would cost 40 gas a byte
/// (EIP-7623). The first byte of the code is STOP, so that it can never run.
library PaillierModulus {
    /// @dev n is not 64, 128, 256, 384 or 512 bytes, lacks its top bit, or is even.
    error PaillierModulusInvalid();

    /// @notice Squares `n` by one MODEXP and writes n^2 as code.
    /// @dev Says nothing about the factors of n: its owner proves those off chain (crypto/src/paillier/modulus-proof.ts).
    /// @param n The modulus, big-endian, as many bytes as its size.
    /// @return store The data contract's address.
    function write(bytes memory n) internal returns (address store) {
        uint256 size = n.length;
        bool allowed = size == 64 || size == 128 || size == 256 || size == 384 || size == 512;
        if (!allowed) revert PaillierModulusInvalid(); // check: modulus-size
        if (n[0] < 0x80) revert PaillierModulusInvalid(); // check: modulus-top-bit
        if (uint8(n[size - 1]) & 1 == 0) revert PaillierModulusInvalid(); // check: modulus-odd
        bytes memory ones = new bytes(2 * size);
        for (uint256 i = 32; i <= 2 * size; i += 32) {
            assembly ("memory-safe") {
                mstore(add(ones, i), not(0))
            }
        }
        // n^2 is below 2^(16 size) - 1, so reducing by that number leaves it whole.
        (bool squared, bytes memory nSquared) = address(5).staticcall(
            abi.encodePacked(size, uint256(1), 2 * size, n, uint8(2), ones)
        );
        assert(squared);
        // PUSH2 size, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN; then STOP and the data.
        bytes memory creation = abi.encodePacked(hex"61", uint16(2 * size + 1), hex"80600a3d393df300", nSquared);
        assembly ("memory-safe") {
            store := create(0, add(creation, 32), mload(creation))
        }
        assert(store != address(0));
    }
}
