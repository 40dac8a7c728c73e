// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @notice Whose money a lock holds and how much, in one word: bits 255..96 owner, 95..0 amount in minor units.
type Stake is uint256;

using Stakes for Stake global;

/// @notice Reads stakes.
library Stakes {
    /// @notice Who locked, and is paid on refund.
    function owner(Stake stake) internal pure returns (address) {
        return address(uint160(Stake.unwrap(stake) >> 96));
    }

    /// @notice Minor units of the token.
    function amount(Stake stake) internal pure returns (uint256) {
        return uint96(Stake.unwrap(stake));
    }
}
