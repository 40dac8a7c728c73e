// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @notice Who a lock is for, until when, and where it stands, in one word, because calldata and events are paid by the word:
/// bits 255..96 beneficiary, 95..56 expiresAtSec, 55..32 index, 31..1 generation, 0 mode.
type Ticket is uint256;

using Tickets for Ticket global;

/// @notice Reads and builds tickets.
library Tickets {
    /// @notice Who is paid on claim.
    function beneficiary(Ticket ticket) internal pure returns (address) {
        return address(uint160(Ticket.unwrap(ticket) >> 96));
    }

    /// @notice The deadline T in seconds: a claim needs block.timestamp < T, a refund block.timestamp >= T.
    function expiresAtSec(Ticket ticket) internal pure returns (uint256) {
        return uint40(Ticket.unwrap(ticket) >> 56);
    }

    /// @notice Which of the owner's slots holds the lock.
    function index(Ticket ticket) internal pure returns (uint256) {
        return uint24(Ticket.unwrap(ticket) >> 32);
    }

    /// @notice How many locks of this slot were settled before.
    function generation(Ticket ticket) internal pure returns (uint256) {
        return uint32(Ticket.unwrap(ticket)) >> 1;
    }

    /// @notice Where a lock of `owner` with this ticket stands, in one word: bits 214..55 owner, 54..31 index, 30..0 generation.
    function place(Ticket ticket, address owner) internal pure returns (uint256) {
        return (uint256(uint160(owner)) << 55) | ((Ticket.unwrap(ticket) >> 1) & ((1 << 55) - 1));
    }

    /// @notice One-shot: paid with the call, settled by a transfer out. Otherwise mid-account: paid from the owner's balance, settled
    /// into a balance.
    function isOneShot(Ticket ticket) internal pure returns (bool) {
        return Ticket.unwrap(ticket) & 1 == 1;
    }
}
