// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMidlockEscrow} from "../../contracts/interfaces/IMidlockEscrow.sol";
import {Ticket} from "../../contracts/types/Ticket.sol";
import {Fixture} from "./support/Fixture.sol";

/// @notice Making locks: what is taken, what is refused, what is emitted.
contract LockTest is Fixture {
    function test_lockTakesExactlyTheAmount() external {
        (address[4] memory assets, bool[4] memory oneShots) = kinds();
        for (uint256 i = 0; i < 4; ++i) {
            address asset = assets[i];
            IMidlockEscrow.LockOrder memory order = orderAt(i, 0, oneShots[i]);
            IMidlockEscrow.LockRef memory ref = refOf(asset, order);
            uint256 inside = escrow.balanceOf(asset, owner);
            uint256 outside = held(asset, owner);
            status(escrow.statusOf(asset, hashLock, ref), IMidlockEscrow.LockStatus.Unknown);
            vm.expectEmit(address(escrow));
            emit IMidlockEscrow.Locked(
                ref.swapId,
                owner,
                (uint256(uint160(asset)) << 96) | AMOUNT,
                order.ticket,
                hashLock
            );
            lock(asset, order);
            eq(escrow.balanceOf(asset, owner), inside - (oneShots[i] ? 0 : AMOUNT), "inside");
            eq(held(asset, owner), outside - (oneShots[i] ? AMOUNT : 0), "outside");
            status(escrow.statusOf(asset, hashLock, ref), IMidlockEscrow.LockStatus.Open);
        }
    }

    function test_lockWithPermitNeedsNoApproval() external {
        uint256 key = 0xCAFE;
        address holder = vm.addr(key);
        token.mint(holder, AMOUNT);
        bytes32 structHash = keccak256(
            abi.encode(
                keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"),
                holder,
                address(escrow),
                AMOUNT,
                0,
                EXPIRES
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(
            key,
            keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash))
        );
        IMidlockEscrow.LockOrder memory order = orderOf(true);
        vm.prank(holder);
        escrow.lockWithPermit(address(token), order, IMidlockEscrow.Permit(EXPIRES, v, r, s));
        status(
            escrow.statusOf(address(token), hashLock, refOf(holder, address(token), order)),
            IMidlockEscrow.LockStatus.Open
        );
        eq(token.balanceOf(holder), 0, "holder");
    }

    function test_lockWithPermitIsForOneShotTokens() external {
        IMidlockEscrow.Permit memory permit = IMidlockEscrow.Permit(0, 0, 0, 0);
        vm.expectRevert(invalid("mode"));
        escrow.lockWithPermit(address(token), orderOf(false), permit);
        vm.expectRevert(invalid("token"));
        escrow.lockWithPermit(ETH, orderOf(true), permit);
    }

    function test_lockRefusesWrongValue() external {
        vm.startPrank(owner);
        uint256[2] memory wrong = [AMOUNT - 1, AMOUNT + 1];
        for (uint256 i = 0; i < 2; ++i) {
            vm.expectRevert(invalid("value"));
            escrow.lock{value: wrong[i]}(ETH, orderOf(true));
        }
        vm.expectRevert(invalid("value"));
        escrow.lock{value: AMOUNT}(ETH, orderOf(false));
        vm.expectRevert(invalid("value"));
        escrow.lock{value: AMOUNT}(address(token), orderOf(true));
        vm.expectRevert(invalid("value"));
        escrow.lock{value: 1}(address(token), orderOf(false));
    }

    function test_lockRefusesBadAmounts() external {
        IMidlockEscrow.LockOrder memory order = orderOf(false);
        order.amount = 0;
        refuses(order, abi.encodeWithSelector(IMidlockEscrow.AmountInvalid.selector));
        order.amount = uint256(type(uint96).max) + 1;
        refuses(order, abi.encodeWithSelector(IMidlockEscrow.AmountInvalid.selector));
        order.amount = FUNDS + 1;
        refuses(order, abi.encodeWithSelector(IMidlockEscrow.BalanceInsufficient.selector, FUNDS, FUNDS + 1));
        order.amount = FUNDS;
        lock(address(token), order);
    }

    function test_theLargestAmountLocks() external {
        IMidlockEscrow.LockOrder memory order = orderOf(true);
        order.amount = type(uint96).max;
        vm.deal(owner, type(uint96).max);
        IMidlockEscrow.LockRef memory ref = lock(ETH, order);
        escrow.claim(ETH, SECRET, ref);
        eq(beneficiary.balance, uint256(type(uint96).max) + FUNDS, "beneficiary");
    }

    function test_lockRefusesZeroWords() external {
        IMidlockEscrow.LockOrder memory order = orderOf(false);
        order.hashLock = 0;
        refuses(order, invalid("hashLock"));
        order = orderOf(false);
        order.counterpart = 0;
        refuses(order, invalid("counterpart"));
        order = orderOf(false);
        order.ticket = ticketOf(address(0), EXPIRES, 0, 0, false);
        refuses(order, invalid("beneficiary"));
        order.ticket = ticketOf(address(escrow), EXPIRES, 0, 0, false);
        refuses(order, invalid("beneficiary"));
    }

    function test_durationHasBothBounds() external {
        IMidlockEscrow.LockOrder memory order = orderOf(false);
        uint256 earliest = START + MIN_DURATION;
        uint256 latest = START + MAX_DURATION;
        order.ticket = ticketOf(beneficiary, earliest - 1, 0, 0, false);
        refuses(order, abi.encodeWithSelector(IMidlockEscrow.DeadlineTooClose.selector, earliest - 1, earliest));
        order.ticket = ticketOf(beneficiary, latest + 1, 0, 0, false);
        refuses(order, abi.encodeWithSelector(IMidlockEscrow.DeadlineTooFar.selector, latest + 1, latest));
        order.ticket = ticketOf(beneficiary, earliest, 0, 0, false);
        lock(address(token), order);
        order.ticket = ticketOf(beneficiary, latest, 1, 0, false);
        lock(address(token), order);
    }

    function test_aTakenSlotIsRefused() external {
        lock(ETH, orderOf(false));
        bytes memory exists = abi.encodeWithSelector(IMidlockEscrow.LockExists.selector, owner, 0);
        refuses(orderOf(false), exists);
        vm.prank(owner);
        vm.expectRevert(exists);
        escrow.lock(address(token), orderOf(true));
        // Another owner's slot of the same index is another slot.
        vm.prank(stranger);
        escrow.lock(ETH, orderOf(false));
    }

    function test_theGenerationMustBeTheSlotsOwn() external {
        refuses(orderAt(0, 1, false), abi.encodeWithSelector(IMidlockEscrow.LockExists.selector, owner, 0));
        IMidlockEscrow.LockRef memory ref = lock(ETH, orderAt(0, 0, false));
        escrow.claim(ETH, SECRET, ref);
        refuses(orderAt(0, 0, false), abi.encodeWithSelector(IMidlockEscrow.LockExists.selector, owner, 0));
        refuses(orderAt(0, 2, false), abi.encodeWithSelector(IMidlockEscrow.LockExists.selector, owner, 0));
        lock(ETH, orderAt(0, 1, false));
    }

    function test_aChainThatChangedItsIdTakesNoNewLocksAndSettlesOldOnes() external {
        IMidlockEscrow.LockRef memory claimed = lock(ETH, orderAt(0, 0, false));
        IMidlockEscrow.LockRef memory refunded = lock(ETH, orderAt(1, 0, true));
        bytes32 lockId = lockIdOf(claimed);
        vm.chainId(4711);
        eq(lockIdOf(claimed), lockId, "lock id");
        eq(escrow.swapIdOf(owner, ETH, orderAt(0, 0, false)), claimed.swapId, "swap id");
        refuses(orderAt(2, 0, false), abi.encodeWithSelector(IMidlockEscrow.NetworkMismatch.selector, 31337, 4711));
        escrow.claim(ETH, SECRET, claimed);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.LockSettled.selector, lockId));
        escrow.claim(ETH, SECRET, claimed);
        vm.warp(EXPIRES);
        escrow.refund(ETH, hashLock, refunded);
    }

    function test_idsDifferByEscrowOwnerSlotAndGeneration() external {
        IMidlockEscrow other = deployEscrow(limits());
        IMidlockEscrow.LockOrder memory order = orderOf(false);
        bytes32 swapId = escrow.swapIdOf(owner, ETH, order);
        require(other.swapIdOf(owner, ETH, order) != swapId, "swap id of another escrow");
        require(escrow.swapIdOf(stranger, ETH, order) != swapId, "swap id of another owner");
        require(escrow.swapIdOf(owner, address(token), order) != swapId, "swap id of another token");
        bytes32 lockId = escrow.lockIdOf(owner, 1, 2, swapId);
        require(other.lockIdOf(owner, 1, 2, swapId) != lockId, "lock id of another escrow");
        require(escrow.lockIdOf(owner, 2, 2, swapId) != lockId, "lock id of another slot");
        require(escrow.lockIdOf(owner, 1, 3, swapId) != lockId, "lock id of another generation");
        require(escrow.lockIdOf(stranger, 1, 2, swapId) != lockId, "lock id of another owner");
        eq(lockId, keccak256(abi.encode(31337, address(escrow), owner, 1, 2, swapId)), "lock id");
    }

    function test_viewsOfSlots() external {
        lock(ETH, orderAt(0, 0, false));
        IMidlockEscrow.LockRef memory second = lock(ETH, orderAt(2, 0, false));
        (bool locked, uint32 generation) = escrow.slotOf(owner, 0);
        require(locked && generation == 0, "taken slot");
        escrow.claim(ETH, SECRET, second);
        (locked, generation) = escrow.slotOf(owner, 2);
        require(!locked && generation == 1, "settled slot");

        (uint24[] memory indices, uint32[] memory generations) = escrow.freeSlots(owner, 0, 3, 100);
        require(indices.length == 3 && generations.length == 3, "three slots");
        require(indices[0] == 1 && indices[1] == 2 && indices[2] == 3, "indices");
        require(generations[0] == 0 && generations[1] == 1 && generations[2] == 0, "generations");
        (indices, ) = escrow.freeSlots(owner, 0, 3, 2);
        require(indices.length == 1 && indices[0] == 1, "short span");
        (indices, ) = escrow.freeSlots(owner, type(uint24).max, 3, type(uint256).max);
        require(indices.length == 1 && indices[0] == type(uint24).max, "last slot");
        (indices, ) = escrow.freeSlots(owner, 0, 0, 10);
        require(indices.length == 0, "none asked for");
    }

    function test_theLastSlotCanBeUsed() external {
        IMidlockEscrow.LockRef memory ref = lock(ETH, orderAt(type(uint24).max, 0, false));
        escrow.claim(ETH, SECRET, ref);
        eq(escrow.balanceOf(ETH, beneficiary), FUNDS + AMOUNT, "beneficiary");
    }

    /// @dev Refused in mid-account mode with both assets.
    function refuses(IMidlockEscrow.LockOrder memory order, bytes memory reason) private {
        vm.startPrank(owner);
        vm.expectRevert(reason);
        escrow.lock(ETH, order);
        vm.expectRevert(reason);
        escrow.lock(address(token), order);
        vm.stopPrank();
    }

    function invalid(bytes32 name) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IMidlockEscrow.ArgumentInvalid.selector, name);
    }
}
