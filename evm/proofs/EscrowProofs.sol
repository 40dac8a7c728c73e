// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IMidlockEscrow} from "../../contracts/interfaces/IMidlockEscrow.sol";
import {MidlockEscrow} from "../../contracts/MidlockEscrow.sol";
import {LockHash} from "../../contracts/libraries/LockHash.sol";
import {Stake} from "../../contracts/types/Stake.sol";
import {Ticket} from "../../contracts/types/Ticket.sol";

interface Cheats {
    function assume(bool) external pure;
    function deal(address, uint256) external;
    function prank(address) external;
    function warp(uint256) external;
}

/// @notice Statements about every value of every argument, proved by halmos (README, Proofs). Amounts, times, secrets, references and
/// callers are symbolic; one lock of ether from a balance stands open.
contract EscrowProofs {
    Cheats private constant vm = Cheats(address(uint160(uint256(keccak256("hevm cheat code")))));
    address private constant ETH = address(0);
    address private constant OWNER = address(0xA11CE);
    address private constant BENEFICIARY = address(0xB0B);
    uint256 private constant START = 1_800_000_000;
    uint24 private constant SLOT = 5;

    MidlockEscrow private escrow;

    struct Made {
        IMidlockEscrow.LockRef ref;
        bytes32 hashLock;
        uint256 funds;
        uint256 amount;
        uint256 expiresAtSec;
    }

    function setUp() public {
        vm.warp(START);
        escrow = new MidlockEscrow(IMidlockEscrow.Limits(60, 30 days, 150_000, 45_000));
    }

    /// @dev A claim that goes through had the very arguments of the lock, its secret, and came in time; it moved the whole amount to the
    /// beneficiary and ended the slot's generation. One that does not go through moved nothing.
    function check_claim(
        uint96 funds,
        uint96 amount,
        uint40 expiresAtSec,
        bytes32 secret,
        address caller,
        uint40 nowSec,
        bytes32 tried,
        IMidlockEscrow.LockRef calldata ref
    ) external {
        Made memory made = openLock(funds, amount, expiresAtSec, hashOf(secret));
        assumeNoCollision(made, ref, hashOf(tried));
        vm.warp(nowSec);
        vm.prank(caller);
        (bool success, ) = address(escrow).call(abi.encodeCall(escrow.claim, (ETH, tried, ref)));
        if (success) {
            assert(nowSec < expiresAtSec);
            assert(hashOf(tried) == made.hashLock);
            assertSettled(made, ref, 0, amount);
        } else {
            assertOpen(made);
        }
    }

    /// @dev As check_claim, for refunds: from the deadline on, to the owner.
    function check_refund(
        uint96 funds,
        uint96 amount,
        uint40 expiresAtSec,
        bytes32 hashLock,
        address caller,
        uint40 nowSec,
        bytes32 tried,
        IMidlockEscrow.LockRef calldata ref
    ) external {
        Made memory made = openLock(funds, amount, expiresAtSec, hashLock);
        assumeNoCollision(made, ref, tried);
        vm.warp(nowSec);
        vm.prank(caller);
        (bool success, ) = address(escrow).call(abi.encodeCall(escrow.refund, (ETH, tried, ref)));
        if (success) {
            assert(nowSec >= expiresAtSec);
            assert(tried == hashLock);
            assertSettled(made, ref, amount, 0);
        } else {
            assertOpen(made);
        }
    }

    /// @dev After a claim, no claim and no refund goes through, at any time and with any arguments.
    function check_onePayout(
        uint96 funds,
        uint96 amount,
        uint40 expiresAtSec,
        bytes32 secret,
        uint40 nowSec,
        bool claims,
        bytes32 tried,
        IMidlockEscrow.LockRef calldata ref
    ) external {
        Made memory made = openLock(funds, amount, expiresAtSec, hashOf(secret));
        escrow.claim(ETH, secret, made.ref);
        vm.warp(nowSec);
        bytes memory data =
            claims ? abi.encodeCall(escrow.claim, (ETH, tried, ref)) : abi.encodeCall(escrow.refund, (ETH, tried, ref));
        (bool success, ) = address(escrow).call(data);
        assert(!success);
    }

    /// @dev Nothing is stuck: anybody refunds from the deadline on, and the owner then takes out all there is.
    function check_nothingIsStuck(
        uint96 funds,
        uint96 amount,
        uint40 expiresAtSec,
        bytes32 hashLock,
        address caller,
        uint40 nowSec
    ) external {
        Made memory made = openLock(funds, amount, expiresAtSec, hashLock);
        vm.assume(nowSec >= expiresAtSec);
        vm.warp(nowSec);
        vm.prank(caller);
        (bool refunded, ) = address(escrow).call(abi.encodeCall(escrow.refund, (ETH, hashLock, made.ref)));
        assert(refunded);
        vm.prank(OWNER);
        (bool withdrawn, ) = address(escrow).call(abi.encodeCall(escrow.withdraw, (ETH, funds, address(0xD0E))));
        assert(withdrawn);
        assert(address(escrow).balance == 0);
    }

    function openLock(
        uint96 funds,
        uint96 amount,
        uint40 expiresAtSec,
        bytes32 hashLock
    ) private returns (Made memory) {
        vm.assume(amount > 0 && amount <= funds);
        vm.assume(hashLock != 0);
        vm.assume(expiresAtSec >= START + 60 && expiresAtSec <= START + 30 days);
        vm.deal(OWNER, funds);
        vm.prank(OWNER);
        escrow.deposit{value: funds}(ETH, funds);
        Ticket ticket = Ticket.wrap(
            (uint256(uint160(BENEFICIARY)) << 96) | (uint256(expiresAtSec) << 56) | (uint256(SLOT) << 32)
        );
        IMidlockEscrow.LockOrder memory order = IMidlockEscrow.LockOrder(amount, hashLock, bytes32(uint256(1)), ticket);
        vm.prank(OWNER);
        escrow.lock(ETH, order);
        Stake stake = Stake.wrap((uint256(uint160(OWNER)) << 96) | amount);
        bytes32 swapId = escrow.swapIdOf(OWNER, ETH, order);
        return Made(IMidlockEscrow.LockRef(stake, swapId, ticket), hashLock, funds, amount, expiresAtSec);
    }

    /// @dev Two sets of arguments do not share the 255 bits of a commitment. The prover knows Keccak as a function without collisions, but
    /// not that it has none when its last bit is set.
    function assumeNoCollision(Made memory made, IMidlockEscrow.LockRef calldata ref, bytes32 hashLock) private pure {
        uint256 mine = LockHash.commitmentOf(made.ref.swapId, ETH, made.amount, made.ref.ticket, made.hashLock);
        uint256 tried = LockHash.commitmentOf(ref.swapId, ETH, ref.stake.amount(), ref.ticket, hashLock);
        bool same =
            made.ref.swapId == ref.swapId &&
                made.amount == ref.stake.amount() &&
                Ticket.unwrap(made.ref.ticket) == Ticket.unwrap(ref.ticket) &&
                made.hashLock == hashLock;
        vm.assume(same || mine != tried);
    }

    /// @dev As the copy under proof hashes secrets (scripts/prove.ts).
    function hashOf(bytes32 secret) private pure returns (bytes32) {
        return keccak256(abi.encode(secret));
    }

    function assertSettled(
        Made memory made,
        IMidlockEscrow.LockRef calldata ref,
        uint256 toOwner,
        uint256 toBeneficiary
    ) private view {
        assert(Ticket.unwrap(ref.ticket) == Ticket.unwrap(made.ref.ticket));
        assert(Stake.unwrap(ref.stake) == Stake.unwrap(made.ref.stake));
        assert(ref.swapId == made.ref.swapId);
        assert(escrow.balanceOf(ETH, OWNER) == made.funds - made.amount + toOwner);
        assert(escrow.balanceOf(ETH, BENEFICIARY) == toBeneficiary);
        assert(address(escrow).balance == made.funds);
        (bool locked, uint32 generation) = escrow.slotOf(OWNER, SLOT);
        assert(!locked && generation == 1);
    }

    function assertOpen(Made memory made) private view {
        assert(escrow.balanceOf(ETH, OWNER) == made.funds - made.amount);
        assert(escrow.balanceOf(ETH, BENEFICIARY) == 0);
        assert(address(escrow).balance == made.funds);
        (bool locked, ) = escrow.slotOf(OWNER, SLOT);
        assert(locked);
    }
}
