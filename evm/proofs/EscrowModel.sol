// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @notice The escrow's books without hashes and storage words: two accounts, one slot, one asset, any number of calls in any order. The
/// compiler's model checker proves each assertion and that no sum wraps, for every sequence of calls (README.md in this folder).
contract EscrowModel {
    /// @dev More than there is of any asset, so that deposits end somewhere.
    uint256 private constant SUPPLY = 2 ** 128;

    /// @dev What the contract holds outside its books.
    uint256 private held;
    uint256 private alice;
    uint256 private bob;
    uint256 private amount;
    uint256 private expiresAtSec;
    bool private open;
    /// @dev The present lock was paid out.
    bool private paid;

    function deposit(bool toAlice, uint256 value) external {
        require(value <= SUPPLY && held <= SUPPLY - value);
        held += value;
        if (toAlice) alice += value;
        else bob += value;
        law();
    }

    function withdraw(bool fromAlice, uint256 value) external {
        require(value <= (fromAlice ? alice : bob));
        if (fromAlice) alice -= value;
        else bob -= value;
        held -= value;
        law();
    }

    /// @dev Alice locks for Bob.
    function lock(uint256 value, uint256 untilSec) external {
        require(!open && value > 0 && value <= alice);
        alice -= value;
        (amount, expiresAtSec, open, paid) = (value, untilSec, true, false);
        law();
    }

    function claim() external {
        require(open && block.timestamp < expiresAtSec);
        assert(!paid);
        (open, paid) = (false, true);
        bob += amount;
        law();
    }

    function refund() external {
        require(open && block.timestamp >= expiresAtSec);
        assert(!paid);
        (open, paid) = (false, true);
        alice += amount;
        law();
    }

    /// @dev Conservation to the last unit: all that is held is somebody's balance or the open lock.
    function law() private view {
        assert(held == alice + bob + (open ? amount : 0));
    }
}
