// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

/// @title Calls to tokens and receivers that may be hostile.
/// @notice None of these reverts or copies more than one word of what the other side returns, so that neither a revert, nor a lie, nor
/// a return bomb reaches the caller. Token 0 is ETH. An empty answer counts as success (USDT), but only from an address with code.
library Tokens {
    /// @notice Sends `amount` to `to` with at most `gasLimit` gas; false when the other side refuses.
    function trySend(address token, address to, uint256 amount, uint256 gasLimit) internal returns (bool success) {
        if (token != address(0)) return _call(token, abi.encodeCall(IERC20.transfer, (to, amount)), gasLimit);
        // Assembly, because a high-level call copies all returned data at the caller's cost.
        assembly ("memory-safe") {
            success := call(gasLimit, to, amount, 0, 0, 0, 0)
        }
    }

    /// @notice Pulls `amount` from `from` by allowance; false when the token refuses.
    function tryPull(address token, address from, uint256 amount) internal returns (bool) {
        return _call(token, abi.encodeCall(IERC20.transferFrom, (from, address(this), amount)), gasleft());
    }

    /// @notice Uses an ERC-2612 permit for this contract. The answer does not matter: whoever front-runs a permit has set the same
    /// allowance, and without allowance the pull fails.
    function permit(
        address token,
        address owner,
        uint256 amount,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) internal {
        _call(token, abi.encodeCall(IERC20Permit.permit, (owner, address(this), amount, deadline, v, r, s)), gasleft());
    }

    function _call(address token, bytes memory data, uint256 gasLimit) private returns (bool success) {
        uint256 size;
        uint256 word;
        assembly ("memory-safe") {
            // An answer of less than a word is filled up with zeros, so it is never true.
            mstore(0, 0)
            success := call(gasLimit, token, 0, add(data, 0x20), mload(data), 0, 0x20)
            size := returndatasize()
            word := mload(0)
        }
        return success && (size == 0 ? token.code.length > 0 : word == 1);
    }
}
