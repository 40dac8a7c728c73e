// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {MerkleTree} from "tree/MerkleTree.sol";

/// @title Measures what calls cost; for the bench only.
contract Gauge {
    /// @notice Gas of one static call to `target`, the call's own overhead included, calldata of a transaction not.
    function call(address target, bytes calldata input) external view returns (uint256 used) {
        bytes memory copy = input;
        bool ok;
        assembly ("memory-safe") {
            let before := gas()
            ok := staticcall(gas(), target, add(copy, 0x20), mload(copy), 0, 0)
            used := sub(before, gas())
        }
        require(ok);
    }

    /// @notice Checks one leaf of a signed root: what each settlement of a batch adds to its own transaction.
    function leaf(
        bytes32 root,
        uint256 size,
        uint256 index,
        bytes calldata value,
        bytes32[] calldata proof
    ) external pure {
        require(MerkleTree.verify(root, size, index, value, proof));
    }
}
