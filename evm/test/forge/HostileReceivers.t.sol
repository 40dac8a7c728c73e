// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMidlockEscrow} from "../../contracts/interfaces/IMidlockEscrow.sol";
import {Fixture} from "./support/Fixture.sol";
import {BusyWallet, GasEater, ReentrantReceiver, ReturnBomber, RevertingReceiver} from "./support/HostileReceivers.sol";

/// @notice No receiver and no gas limit stops a claim or a refund.
contract HostileReceiversTest is Fixture {
    function test_aRevertingReceiverGetsABalance() external {
        RevertingReceiver receiver = new RevertingReceiver();
        IMidlockEscrow.LockRef memory ref = lockFor(address(receiver));
        bytes32 lockId = lockIdOf(ref);
        vm.expectEmit(address(escrow));
        emit IMidlockEscrow.PayoutCredited(lockId, address(receiver), ETH, AMOUNT);
        escrow.claim(ETH, SECRET, ref);
        eq(escrow.balanceOf(ETH, address(receiver)), AMOUNT, "credited");
        receiver.act(address(escrow), abi.encodeCall(escrow.withdraw, (ETH, AMOUNT, stranger)));
        eq(stranger.balance, FUNDS + AMOUNT, "withdrawn elsewhere");
    }

    function test_aRevertingOwnerGetsABalance() external {
        RevertingReceiver hostile = new RevertingReceiver();
        vm.deal(address(hostile), FUNDS);
        IMidlockEscrow.LockOrder memory order = orderOf(true);
        vm.prank(address(hostile));
        escrow.lock{value: AMOUNT}(ETH, order);
        IMidlockEscrow.LockRef memory ref = refOf(address(hostile), ETH, order);
        vm.warp(EXPIRES);
        escrow.refund(ETH, hashLock, ref);
        eq(escrow.balanceOf(ETH, address(hostile)), AMOUNT, "credited");
    }

    function test_gasEaterAndReturnBomberCostAtMostThePayoutGas() external {
        address[2] memory receivers = [address(new GasEater()), address(new ReturnBomber())];
        for (uint256 i = 0; i < 2; ++i) {
            IMidlockEscrow.LockRef memory ref = lockFor(receivers[i]);
            uint256 before = gasleft();
            escrow.claim{gas: 1_000_000}(ETH, SECRET, ref);
            require(before - gasleft() < PAYOUT_GAS + 90_000, "more gas than a payout may take");
            eq(escrow.balanceOf(ETH, receivers[i]), AMOUNT, "credited");
        }
    }

    function test_aContractWalletThatWorksOnReceiptIsPaid() external {
        BusyWallet wallet = new BusyWallet();
        escrow.claim(ETH, SECRET, lockFor(address(wallet)));
        eq(wallet.total(), AMOUNT, "paid");
        vm.prank(owner);
        escrow.withdraw(ETH, 7, address(wallet));
        eq(wallet.total(), AMOUNT + 7, "withdrawn");
    }

    function test_reentrantClaimAndWithdrawalFindNothing() external {
        ReentrantReceiver receiver = new ReentrantReceiver();
        IMidlockEscrow.LockRef memory ref = lockFor(address(receiver));
        receiver.set(address(escrow), abi.encodeCall(escrow.claim, (ETH, SECRET, ref)));
        escrow.claim(ETH, SECRET, ref);
        eq(receiver.failed(), 1, "inner claim");
        eq(receiver.succeeded(), 0, "inner claim");
        eq(address(receiver).balance, AMOUNT, "paid once");

        vm.deal(address(receiver), AMOUNT);
        vm.prank(address(receiver));
        escrow.deposit{value: AMOUNT}(ETH, AMOUNT);
        receiver.set(address(escrow), abi.encodeCall(escrow.withdraw, (ETH, AMOUNT, address(receiver))));
        vm.prank(address(receiver));
        escrow.withdraw(ETH, AMOUNT, address(receiver));
        eq(receiver.failed(), 2, "inner withdrawal");
        eq(address(receiver).balance, AMOUNT, "withdrawn once");
    }

    function test_anotherClaimFromWithinAPayoutIsPaidToo() external {
        ReentrantReceiver receiver = new ReentrantReceiver();
        IMidlockEscrow.LockRef memory other = lock(ETH, orderAt(5, 0, true));
        receiver.set(address(escrow), abi.encodeCall(escrow.claim, (ETH, SECRET, other)));
        escrow.claim(ETH, SECRET, lockFor(address(receiver)));
        eq(receiver.succeeded(), 1, "inner claim");
        eq(beneficiary.balance, FUNDS + AMOUNT, "beneficiary");
    }

    /// @dev For every gas limit: either nothing happens at all, or the claim is complete and the money is paid or credited.
    function test_everyGasLimitClaimsWholeOrNotAtAll() external {
        address[3] memory receivers = [address(0x7777), address(new GasEater()), address(new BusyWallet())];
        uint256 generation = 0;
        for (uint256 i = 0; i < 3; ++i) {
            uint256 firstSuccess = 0;
            for (uint256 limit = 10_000; limit < 300_000; limit += 1_000) {
                IMidlockEscrow.LockOrder memory order = orderOf(true);
                order.ticket = ticketOf(receivers[i], EXPIRES, 0, generation, true);
                IMidlockEscrow.LockRef memory ref = refOf(ETH, order);
                if (escrow.statusOf(ETH, hashLock, ref) == IMidlockEscrow.LockStatus.Unknown) lock(ETH, order);
                uint256 before = wealth(ETH, receivers[i]);
                (bool success, ) = address(escrow).call{gas: limit}(abi.encodeCall(escrow.claim, (ETH, SECRET, ref)));
                if (success) {
                    eq(wealth(ETH, receivers[i]), before + AMOUNT, "paid or credited");
                    ++generation;
                    if (firstSuccess == 0) firstSuccess = limit;
                } else {
                    require(firstSuccess == 0, "a higher gas limit failed");
                    status(escrow.statusOf(ETH, hashLock, ref), IMidlockEscrow.LockStatus.Open);
                }
            }
            // What a failed payout's balance and its events cost, and no more, is needed.
            require(firstSuccess != 0 && firstSuccess <= 70_000, "needs too much gas");
            vm.prank(receivers[i]);
            vm.deal(owner, 2 * FUNDS);
        }
    }

    function lockFor(address receiver) private returns (IMidlockEscrow.LockRef memory) {
        (uint24[] memory free, uint32[] memory generations) = escrow.freeSlots(owner, 0, 1, 10);
        IMidlockEscrow.LockOrder memory order = orderOf(true);
        order.ticket = ticketOf(receiver, EXPIRES, free[0], generations[0], true);
        return lock(ETH, order);
    }
}
