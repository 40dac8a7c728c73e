// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMidlockEscrow} from "../../contracts/interfaces/IMidlockEscrow.sol";
import {Stake} from "../../contracts/types/Stake.sol";
import {Ticket} from "../../contracts/types/Ticket.sol";
import {Fixture} from "./support/Fixture.sol";

/// @notice Claims and refunds: who is paid, when, and once only.
contract SettleTest is Fixture {
    function test_claimPaysTheBeneficiaryWhoeverCalls() external {
        (address[4] memory assets, bool[4] memory oneShots) = kinds();
        for (uint256 i = 0; i < 4; ++i) {
            address asset = assets[i];
            IMidlockEscrow.LockRef memory ref = lock(asset, orderAt(i, 0, oneShots[i]));
            uint256 inside = escrow.balanceOf(asset, beneficiary);
            uint256 outside = held(asset, beneficiary);
            vm.expectEmit(address(escrow));
            emit IMidlockEscrow.Claimed(ref.swapId, placeOf(ref), SECRET);
            vm.prank(stranger);
            escrow.claim(asset, SECRET, ref);
            eq(escrow.balanceOf(asset, beneficiary), inside + (oneShots[i] ? 0 : AMOUNT), "inside");
            eq(held(asset, beneficiary), outside + (oneShots[i] ? AMOUNT : 0), "outside");
            eq(wealth(asset, stranger), 2 * FUNDS, "stranger");
            status(escrow.statusOf(asset, hashLock, ref), IMidlockEscrow.LockStatus.Settled);
        }
    }

    function test_refundPaysTheOwnerWhoeverCalls() external {
        (address[4] memory assets, bool[4] memory oneShots) = kinds();
        for (uint256 i = 0; i < 4; ++i) {
            address asset = assets[i];
            vm.warp(START);
            uint256 inside = escrow.balanceOf(asset, owner);
            uint256 outside = held(asset, owner);
            IMidlockEscrow.LockRef memory ref = lock(asset, orderAt(i, 0, oneShots[i]));
            vm.warp(EXPIRES);
            vm.expectEmit(address(escrow));
            emit IMidlockEscrow.Refunded(ref.swapId, placeOf(ref));
            vm.prank(stranger);
            escrow.refund(asset, hashLock, ref);
            eq(escrow.balanceOf(asset, owner), inside, "inside");
            eq(held(asset, owner), outside, "outside");
            eq(wealth(asset, stranger), 2 * FUNDS, "stranger");
        }
    }

    function test_claimBeforeTheDeadlineRefundFromItOn() external {
        IMidlockEscrow.LockRef memory ref = lock(ETH, orderOf(false));
        vm.warp(EXPIRES - 1);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.RefundTooEarly.selector, EXPIRES));
        escrow.refund(ETH, hashLock, ref);
        vm.warp(EXPIRES);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.ClaimTooLate.selector, EXPIRES));
        escrow.claim(ETH, SECRET, ref);
        escrow.refund(ETH, hashLock, ref);

        vm.warp(START);
        ref = lock(ETH, orderAt(0, 1, false));
        vm.warp(EXPIRES - 1);
        escrow.claim(ETH, SECRET, ref);
    }

    function test_aLockIsSettledOnce() external {
        IMidlockEscrow.LockRef memory ref = lock(ETH, orderOf(false));
        escrow.claim(ETH, SECRET, ref);
        bytes memory settled = abi.encodeWithSelector(IMidlockEscrow.LockSettled.selector, lockIdOf(ref));
        vm.expectRevert(settled);
        escrow.claim(ETH, SECRET, ref);
        vm.warp(EXPIRES);
        vm.expectRevert(settled);
        escrow.refund(ETH, hashLock, ref);

        vm.warp(START);
        ref = lock(ETH, orderAt(1, 0, true));
        vm.warp(EXPIRES);
        escrow.refund(ETH, hashLock, ref);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.LockSettled.selector, lockIdOf(ref)));
        escrow.refund(ETH, hashLock, ref);
        vm.warp(EXPIRES - 1);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.LockSettled.selector, lockIdOf(ref)));
        escrow.claim(ETH, SECRET, ref);
    }

    function test_aSettledLockStaysSettledWhenItsTermsAreLockedAgain() external {
        IMidlockEscrow.LockRef memory old = lock(ETH, orderAt(0, 0, false));
        escrow.claim(ETH, SECRET, old);
        IMidlockEscrow.LockRef memory again = lock(ETH, orderAt(0, 1, false));
        eq(again.swapId, old.swapId, "same terms");
        bytes memory unknown = abi.encodeWithSelector(IMidlockEscrow.LockUnknown.selector, lockIdOf(old));
        vm.expectRevert(unknown);
        escrow.claim(ETH, SECRET, old);
        vm.warp(EXPIRES);
        vm.expectRevert(unknown);
        escrow.refund(ETH, hashLock, old);
        status(escrow.statusOf(ETH, hashLock, old), IMidlockEscrow.LockStatus.Unknown);
        escrow.refund(ETH, hashLock, again);
    }

    function test_theSecretIsThirtyTwoRawBytesUnderSha256() external {
        IMidlockEscrow.LockOrder memory order = orderAt(0, 0, false);
        order.hashLock = keccak256(abi.encodePacked(SECRET));
        refusesSecret(lock(ETH, order));
        order = orderAt(1, 0, false);
        order.hashLock = sha256(abi.encodePacked(sha256(abi.encodePacked(SECRET))));
        refusesSecret(lock(ETH, order));
        order = orderAt(2, 0, false);
        order.hashLock = sha256(abi.encodePacked(SECRET, bytes1(0)));
        refusesSecret(lock(ETH, order));
        order = orderAt(3, 0, false);
        order.hashLock = sha256(abi.encode(bytes31(SECRET)));
        refusesSecret(lock(ETH, order));
        // SHA-256 of 32 zero bytes, FIPS 180-4 by any tool.
        order = orderAt(4, 0, false);
        order.hashLock = 0x66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925;
        escrow.claim(ETH, bytes32(0), lock(ETH, order));
    }

    function test_everyArgumentBinds() external {
        IMidlockEscrow.LockRef memory ref = lock(ETH, orderOf(false));
        refusesRef(address(token), ref);
        for (uint256 bit = 0; bit < 256; ++bit) {
            IMidlockEscrow.LockRef memory bad = copy(ref);
            bad.stake = Stake.wrap(Stake.unwrap(ref.stake) ^ (1 << bit));
            refusesRef(ETH, bad);
            bad = copy(ref);
            bad.swapId ^= bytes32(1 << bit);
            refusesRef(ETH, bad);
            bad = copy(ref);
            bad.ticket = Ticket.wrap(Ticket.unwrap(ref.ticket) ^ (1 << bit));
            refusesRef(ETH, bad);
            vm.warp(EXPIRES);
            vm.expectRevert();
            escrow.refund(ETH, hashLock ^ bytes32(1 << bit), ref);
            vm.warp(START);
            refusesSecret(ref, SECRET ^ bytes32(1 << bit));
        }
        escrow.claim(ETH, SECRET, ref);
    }

    function test_aSlotThatWasNeverUsedHoldsNoLock() external {
        IMidlockEscrow.LockRef memory ref = refOf(ETH, orderOf(false));
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.LockUnknown.selector, lockIdOf(ref)));
        escrow.claim(ETH, SECRET, ref);
    }

    function test_settlementNeedsNoGenerationBelow() external {
        for (uint256 generation = 0; generation < 5; ++generation) {
            IMidlockEscrow.LockRef memory ref = lock(ETH, orderAt(0, generation, generation % 2 == 1));
            escrow.claim(ETH, SECRET, ref);
            (bool locked, uint32 next) = escrow.slotOf(owner, 0);
            require(!locked && next == generation + 1, "generation");
        }
    }

    function copy(IMidlockEscrow.LockRef memory ref) private pure returns (IMidlockEscrow.LockRef memory) {
        return IMidlockEscrow.LockRef(ref.stake, ref.swapId, ref.ticket);
    }

    function refusesSecret(IMidlockEscrow.LockRef memory ref) private {
        refusesSecret(ref, SECRET);
    }

    function refusesSecret(IMidlockEscrow.LockRef memory ref, bytes32 secret) private {
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.LockUnknown.selector, lockIdOf(ref)));
        escrow.claim(ETH, secret, ref);
    }

    function refusesRef(address asset, IMidlockEscrow.LockRef memory ref) private {
        (bool success, ) = address(escrow).call(abi.encodeCall(escrow.claim, (asset, SECRET, ref)));
        require(!success, "claimed with a wrong argument");
    }
}
