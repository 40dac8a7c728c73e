// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMidlockEscrow} from "../../contracts/interfaces/IMidlockEscrow.sol";
import {Fixture} from "./support/Fixture.sol";
import {Vm} from "./support/Vm.sol";
import {GasEater} from "./support/HostileReceivers.sol";

/// @notice Batches: every entry on its own, nothing held up by another.
contract BatchTest is Fixture {
    function test_lockManyMakesManyAndEmitsEach() external {
        IMidlockEscrow.LockOrder[] memory orders = ordersOf(5);
        vm.recordLogs();
        vm.prank(owner);
        eq(escrow.lockMany(ETH, orders), 5, "made");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        eq(logs.length, 5, "events");
        for (uint256 i = 0; i < 5; ++i) {
            eq(logs[i].topics[0], IMidlockEscrow.Locked.selector, "event");
            eq(logs[i].topics[1], escrow.swapIdOf(owner, ETH, orders[i]), "swap id");
            status(escrow.statusOf(ETH, hashLock, refOf(ETH, orders[i])), IMidlockEscrow.LockStatus.Open);
        }
        eq(escrow.balanceOf(ETH, owner), FUNDS - 5 * AMOUNT, "balance");
    }

    function test_lockManySkipsSlotsThatAreNotFree() external {
        lock(ETH, orderAt(1, 0, false));
        IMidlockEscrow.LockOrder[] memory orders = ordersOf(3);
        IMidlockEscrow.LockRef memory skipped = refOf(ETH, orders[1]);
        vm.expectEmit(address(escrow));
        emit IMidlockEscrow.Skipped(skipped.swapId, lockIdOf(skipped), IMidlockEscrow.LockExists.selector);
        vm.prank(owner);
        eq(escrow.lockMany(ETH, orders), 2, "made");
        eq(escrow.balanceOf(ETH, owner), FUNDS - 3 * AMOUNT, "balance");
    }

    function test_lockManyThrowsOnEveryOtherDefect() external {
        IMidlockEscrow.LockOrder[] memory orders = ordersOf(2);
        vm.startPrank(owner);
        orders[1].ticket = ticketOf(beneficiary, EXPIRES, 1, 0, true);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.ArgumentInvalid.selector, bytes32("mode")));
        escrow.lockMany(ETH, orders);
        orders[1] = orderAt(1, 0, false);
        orders[1].hashLock = 0;
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.ArgumentInvalid.selector, bytes32("hashLock")));
        escrow.lockMany(ETH, orders);
        orders[1] = orderAt(1, 0, false);
        orders[1].amount = FUNDS;
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.BalanceInsufficient.selector, FUNDS, FUNDS + AMOUNT));
        escrow.lockMany(ETH, orders);
    }

    function test_claimManySkipsUnknownSettledAndLate() external {
        IMidlockEscrow.ClaimItem[] memory items = new IMidlockEscrow.ClaimItem[](5);
        for (uint256 i = 0; i < 5; ++i) items[i] = IMidlockEscrow.ClaimItem(SECRET, lock(ETH, orderAt(i, 0, false)));
        escrow.claim(ETH, SECRET, items[0].lock);
        items[1].secret = ~SECRET;
        items[3].lock.ticket = ticketOf(beneficiary, START, 3, 0, false);
        expectSkipped(items[0].lock, IMidlockEscrow.LockSettled.selector);
        expectSkipped(items[1].lock, IMidlockEscrow.LockUnknown.selector);
        expectSkipped(items[3].lock, IMidlockEscrow.ClaimTooLate.selector);
        vm.prank(stranger);
        eq(escrow.claimMany(ETH, items), 2, "settled");
        eq(escrow.balanceOf(ETH, beneficiary), FUNDS + 3 * AMOUNT, "beneficiary");
        eq(escrow.claimMany(ETH, items), 0, "settled again");
        eq(escrow.balanceOf(ETH, beneficiary), FUNDS + 3 * AMOUNT, "beneficiary");
    }

    function test_claimManyPaysEachItsOwn() external {
        address[5] memory receivers = [stranger, stranger, beneficiary, stranger, address(0x77)];
        bool[5] memory oneShots = [false, false, false, true, false];
        IMidlockEscrow.ClaimItem[] memory items = new IMidlockEscrow.ClaimItem[](5);
        for (uint256 i = 0; i < 5; ++i) {
            IMidlockEscrow.LockOrder memory order = orderAt(i, 0, oneShots[i]);
            order.ticket = ticketOf(receivers[i], EXPIRES, i, 0, oneShots[i]);
            items[i] = IMidlockEscrow.ClaimItem(SECRET, lock(ETH, order));
        }
        eq(escrow.claimMany(ETH, items), 5, "settled");
        eq(escrow.balanceOf(ETH, stranger), FUNDS + 2 * AMOUNT, "stranger inside");
        eq(stranger.balance, FUNDS + AMOUNT, "stranger outside");
        eq(escrow.balanceOf(ETH, beneficiary), FUNDS + AMOUNT, "beneficiary");
        eq(escrow.balanceOf(ETH, address(0x77)), AMOUNT, "third");
    }

    function test_anEntryTwiceIsPaidOnce() external {
        IMidlockEscrow.ClaimItem[] memory items = new IMidlockEscrow.ClaimItem[](2);
        items[0] = items[1] = IMidlockEscrow.ClaimItem(SECRET, lock(ETH, orderOf(false)));
        eq(escrow.claimMany(ETH, items), 1, "settled");
        eq(escrow.balanceOf(ETH, beneficiary), FUNDS + AMOUNT, "beneficiary");
    }

    function test_aHostileReceiverHoldsUpNoOther() external {
        GasEater eater = new GasEater();
        IMidlockEscrow.ClaimItem[] memory items = new IMidlockEscrow.ClaimItem[](3);
        for (uint256 i = 0; i < 3; ++i) {
            IMidlockEscrow.LockOrder memory order = orderAt(i, 0, true);
            if (i == 1) order.ticket = ticketOf(address(eater), EXPIRES, i, 0, true);
            items[i] = IMidlockEscrow.ClaimItem(SECRET, lock(ETH, order));
        }
        eq(escrow.claimMany{gas: 1_000_000}(ETH, items), 3, "settled");
        eq(beneficiary.balance, FUNDS + 2 * AMOUNT, "beneficiary");
        eq(escrow.balanceOf(ETH, address(eater)), AMOUNT, "eater");
    }

    function test_refundManySkipsUnknownSettledAndEarly() external {
        IMidlockEscrow.RefundItem[] memory items = new IMidlockEscrow.RefundItem[](5);
        for (uint256 i = 0; i < 5; ++i) {
            items[i] = IMidlockEscrow.RefundItem(hashLock, lock(ETH, orderAt(i, 0, i == 4)));
        }
        IMidlockEscrow.LockOrder memory later = orderAt(9, 0, false);
        later.ticket = ticketOf(beneficiary, EXPIRES + 1, 9, 0, false);
        items[3].lock = lock(ETH, later);
        escrow.claim(ETH, SECRET, items[0].lock);
        items[1].hashLock = ~hashLock;
        vm.warp(EXPIRES);
        expectSkipped(items[0].lock, IMidlockEscrow.LockSettled.selector);
        expectSkipped(items[1].lock, IMidlockEscrow.LockUnknown.selector);
        expectSkipped(items[3].lock, IMidlockEscrow.RefundTooEarly.selector);
        uint256 inside = escrow.balanceOf(ETH, owner);
        uint256 outside = owner.balance;
        vm.prank(stranger);
        eq(escrow.refundMany(ETH, items), 2, "settled");
        eq(escrow.balanceOf(ETH, owner), inside + AMOUNT, "owner inside");
        eq(owner.balance, outside + AMOUNT, "owner outside");
    }

    function test_emptyBatchesDoNothing() external {
        eq(escrow.lockMany(ETH, new IMidlockEscrow.LockOrder[](0)), 0, "locks");
        eq(escrow.claimMany(ETH, new IMidlockEscrow.ClaimItem[](0)), 0, "claims");
        eq(escrow.refundMany(ETH, new IMidlockEscrow.RefundItem[](0)), 0, "refunds");
    }

    function ordersOf(uint256 count) private view returns (IMidlockEscrow.LockOrder[] memory orders) {
        orders = new IMidlockEscrow.LockOrder[](count);
        for (uint256 i = 0; i < count; ++i) orders[i] = orderAt(i, 0, false);
    }

    function expectSkipped(IMidlockEscrow.LockRef memory ref, bytes4 reason) private {
        bytes32 lockId = lockIdOf(ref);
        vm.expectEmit(address(escrow));
        emit IMidlockEscrow.Skipped(ref.swapId, lockId, reason);
    }
}
