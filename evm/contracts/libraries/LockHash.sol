// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Ticket} from "../types/Ticket.sol";
import {SwapHash} from "./SwapHash.sol";

/// @title Hashes of one lock.
/// @notice Assembly over scratch memory behind the free pointer: the same hashes by abi.encode cost a fifth of a batched lock more
/// (README, Gas). test/LockHash.t.sol holds each equal to its abi.encode form.
library LockHash {
    /// @notice SHA-256 of the secret's 32 bytes, by the precompile at address 2, which cannot fail on 32 bytes.
    function hashLockOf(bytes32 secret) internal view returns (bytes32 hashLock) {
        assembly ("memory-safe") {
            mstore(0, secret)
            pop(staticcall(gas(), 2, 0, 0x20, 0, 0x20))
            hashLock := mload(0)
        }
    }

    /// @notice A taken slot's content: keccak256(abi.encode(swapId, token << 96 | amount, ticket, hashLock)) with bit 0 set. Chain, escrow
    /// and owner are in the swap id, index and generation in the ticket, so that it binds all of the lock's id.
    function commitmentOf(
        bytes32 swapId,
        address token,
        uint256 amount,
        Ticket ticket,
        bytes32 hashLock
    ) internal pure returns (uint256 word) {
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, swapId)
            mstore(add(m, 0x20), or(shl(96, token), amount))
            mstore(add(m, 0x40), ticket)
            mstore(add(m, 0x60), hashLock)
            word := or(keccak256(m, 0x80), 1)
        }
    }

    /// @notice keccak256(abi.encode(chainId, escrow, owner, index, generation, swapId)), the escrow being this contract.
    function lockIdOf(
        uint256 chainId,
        address owner,
        uint256 index,
        uint256 generation,
        bytes32 swapId
    ) internal view returns (bytes32 id) {
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, chainId)
            mstore(add(m, 0x20), address())
            mstore(add(m, 0x40), owner)
            mstore(add(m, 0x60), index)
            mstore(add(m, 0x80), generation)
            mstore(add(m, 0xa0), swapId)
            id := keccak256(m, 0xc0)
        }
    }

    /// @notice The swap id of a leg in this contract: SwapHash.swapIdOf over the leg's struct hash.
    function swapIdOf(
        uint256 chainId,
        address owner,
        address token,
        uint256 amount,
        Ticket ticket,
        bytes32 hashLock,
        bytes32 counterpart
    ) internal view returns (bytes32 id) {
        bytes32 legType = SwapHash.ETHEREUM_LEG_TYPEHASH;
        bytes32 swapType = SwapHash.SWAP_TYPEHASH;
        uint256 expiresAtSec = ticket.expiresAtSec();
        address beneficiary = ticket.beneficiary();
        assembly ("memory-safe") {
            let m := mload(0x40)
            mstore(m, legType)
            mstore(add(m, 0x20), chainId)
            mstore(add(m, 0x40), address())
            mstore(add(m, 0x60), token)
            mstore(add(m, 0x80), amount)
            mstore(add(m, 0xa0), owner)
            mstore(add(m, 0xc0), beneficiary)
            mstore(add(m, 0xe0), expiresAtSec)
            let leg := keccak256(m, 0x100)
            mstore(m, swapType)
            mstore(add(m, 0x20), leg)
            mstore(add(m, 0x40), hashLock)
            mstore(add(m, 0x60), counterpart)
            id := keccak256(m, 0x80)
        }
    }
}
