// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Paths of a Merkle tree
/// @notice Equal to crypto/src/tree/merkle.ts: leaf keccak256(0x00 || bytes), node keccak256(0x01 || left || right), the last node of
/// an odd level moves up as it is. Paths are bound to the leaf's place; the signed statement carries root and size.
library MerkleTree {
    /// @notice True when `leaf` is number `index` of the `size` leaves under `root`.
    /// @dev About 250 gas a level. A path longer or shorter than the place needs is refused.
    function verify(
        bytes32 root,
        uint256 size,
        uint256 index,
        bytes memory leaf,
        bytes32[] calldata proof
    ) internal pure returns (bool) {
        if (size == 0 || size > 2 ** 32) return false; // check: merkle-size
        if (index >= size) return false; // check: merkle-index
        bytes32 hash = keccak256(bytes.concat(hex"00", leaf));
        uint256 used = 0;
        // Nothing here overflows: size and index only fall, used stays below the length.
        unchecked {
            while (size > 1) {
                // The last of an odd level has no sibling.
                if (index != size - 1 || index & 1 == 1) {
                    if (used == proof.length) return false; // check: merkle-proof-end
                    hash = _node(hash, proof, used, index & 1);
                    ++used;
                }
                index >>= 1;
                size = (size + 1) >> 1;
            }
        }
        if (used != proof.length) return false; // check: merkle-proof-length
        return hash == root;
    }

    /// @dev The parent of `hash` and proof[place]; `right` is 1 when `hash` is the right child.
    function _node(
        bytes32 hash,
        bytes32[] calldata proof,
        uint256 place,
        uint256 right
    ) private pure returns (bytes32 parent) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            let own := shl(5, right)
            mstore8(free, 1)
            mstore(add(add(free, 1), own), hash)
            mstore(add(add(free, 1), sub(32, own)), calldataload(add(proof.offset, shl(5, place))))
            parent := keccak256(free, 65)
        }
    }
}
