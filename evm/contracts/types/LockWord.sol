// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @notice Everything of a lock that is a small number, in one word, so that a lock event stays one line of calldata:
/// bits 255..128 amount, 127..88 expiresAtSec, 87..48 slot index, 47..8 generation, 7..0 mode.
type LockWord is uint256;

using LockWords for LockWord global;

/// @notice Reads and builds lock words.
library LockWords {
    /// @dev Mid-account: paid from the owner's balance, settled into a balance.
    uint8 internal constant MID_ACCOUNT = 0;
    /// @dev One-shot: paid with the call, settled by a transfer out.
    uint8 internal constant ONE_SHOT = 1;

    /// @notice Minor units of the token.
    function amount(LockWord word) internal pure returns (uint256) {
        return LockWord.unwrap(word) >> 128;
    }

    /// @notice The deadline T in seconds: a claim needs block.timestamp < T, a refund block.timestamp >= T.
    function expiresAtSec(LockWord word) internal pure returns (uint256) {
        return uint40(LockWord.unwrap(word) >> 88);
    }

    /// @notice Which of the owner's slots holds the lock.
    function index(LockWord word) internal pure returns (uint256) {
        return uint40(LockWord.unwrap(word) >> 48);
    }

    /// @notice How many locks of this slot were settled before.
    function generation(LockWord word) internal pure returns (uint256) {
        return uint40(LockWord.unwrap(word) >> 8);
    }

    /// @notice MID_ACCOUNT or ONE_SHOT; every other value is refused at lock.
    function mode(LockWord word) internal pure returns (uint256) {
        return uint8(LockWord.unwrap(word));
    }

    /// @notice The word of these numbers; each must fit its field.
    function pack(
        uint128 amount_,
        uint40 expiresAtSec_,
        uint40 index_,
        uint40 generation_,
        uint8 mode_
    ) internal pure returns (LockWord) {
        return
            LockWord.wrap(
                (uint256(amount_) << 128) |
                    (uint256(expiresAtSec_) << 88) |
                    (uint256(index_) << 48) |
                    (uint256(generation_) << 8) |
                    mode_
            );
    }
}
