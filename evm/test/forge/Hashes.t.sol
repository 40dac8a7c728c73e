// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMidlockEscrow} from "../../contracts/interfaces/IMidlockEscrow.sol";
import {LockHash} from "../../contracts/libraries/LockHash.sol";
import {SwapHash} from "../../contracts/libraries/SwapHash.sol";
import {Ticket} from "../../contracts/types/Ticket.sol";
import {Fixture} from "./support/Fixture.sol";
import {SwapHashHarness} from "./support/SwapHashHarness.sol";

/// @notice The hashes in assembly are those of abi.encode, and the whole swap's hash is the escrow's. The shared vectors are checked
/// against the same library from TypeScript (test/swap-id.test.ts).
contract HashesTest is Fixture {
    function testFuzz_lockHashesAreTheirPlainForms(
        bytes32 swapId,
        address asset,
        uint96 amount,
        uint256 ticket,
        bytes32 lock_
    ) external view {
        Ticket place = Ticket.wrap(ticket);
        eq(
            bytes32(LockHash.commitmentOf(swapId, asset, amount, place, lock_)),
            keccak256(abi.encode(swapId, (uint256(uint160(asset)) << 96) | amount, ticket, lock_)) |
                bytes32(uint256(1)),
            "commitment"
        );
        eq(
            LockHash.lockIdOf(uint256(lock_), asset, place.index(), place.generation(), swapId),
            keccak256(
                abi.encode(lock_, address(this), asset, (ticket >> 32) & 0xffffff, (ticket >> 1) & 0x7fffffff, swapId)
            ),
            "lock id"
        );
        eq(LockHash.hashLockOf(swapId), sha256(abi.encodePacked(swapId)), "hash lock");
    }

    function testFuzz_theEscrowsSwapIdIsTheWholeSwaps(
        SwapHash.Counterpart memory counterpart,
        bytes32 lock_,
        address from,
        address asset,
        uint96 amount,
        uint256 ticket
    ) external {
        SwapHashHarness harness = new SwapHashHarness();
        Ticket place = Ticket.wrap(ticket);
        SwapHash.EthereumLeg memory leg = SwapHash.EthereumLeg({
            chainId: block.chainid,
            escrow: address(escrow),
            token: asset,
            amount: amount,
            owner: from,
            beneficiary: place.beneficiary(),
            expiresAtSec: place.expiresAtSec()
        });
        IMidlockEscrow.LockOrder memory order = IMidlockEscrow.LockOrder(
            amount,
            lock_,
            harness.counterpartHash(counterpart),
            place
        );
        eq(escrow.swapIdOf(from, asset, order), harness.swapId(SwapHash.Swap(leg, lock_, counterpart)), "swap id");
    }

    function testFuzz_ticketsHoldTheirFields(
        address to,
        uint40 expiresAtSec,
        uint24 index,
        uint32 generation,
        bool oneShot
    ) external pure {
        Ticket ticket = ticketOf(to, expiresAtSec, index, generation >> 1, oneShot);
        require(ticket.beneficiary() == to, "beneficiary");
        eq(ticket.expiresAtSec(), expiresAtSec, "expiresAtSec");
        eq(ticket.index(), index, "index");
        eq(ticket.generation(), generation >> 1, "generation");
        require(ticket.isOneShot() == oneShot, "mode");
        eq(ticket.place(to), (uint256(uint160(to)) << 55) | (uint256(index) << 31) | (generation >> 1), "place");
    }

    function testFuzz_stakesHoldTheirFields(address from, uint96 amount) external pure {
        require(stakeOf(from, amount).owner() == from, "owner");
        eq(stakeOf(from, amount).amount(), amount, "amount");
    }
}
