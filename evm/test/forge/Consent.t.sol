// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ticket} from "../../contracts/types/Ticket.sol";
import {IMidlockEscrow} from "../../contracts/interfaces/IMidlockEscrow.sol";
import {Fixture} from "./support/Fixture.sol";
import {Wallet1271} from "./support/HostileReceivers.sol";

/// @notice Refunds before the deadline, with the beneficiary's signature.
contract ConsentTest is Fixture {
    uint256 private constant VALID = START + 600;

    function test_theBeneficiarysConsentRefundsEarly() external {
        (address[4] memory assets, bool[4] memory oneShots) = kinds();
        for (uint256 i = 0; i < 4; ++i) {
            IMidlockEscrow.LockRef memory ref = lock(assets[i], orderAt(i, 0, oneShots[i]));
            bytes memory signature = consent(BENEFICIARY_KEY, ref, VALID);
            vm.expectEmit(address(escrow));
            emit IMidlockEscrow.Refunded(ref.swapId, placeOf(ref));
            vm.prank(stranger);
            escrow.refundWithConsent(assets[i], hashLock, ref, VALID, signature);
            eq(wealth(assets[i], owner), 2 * FUNDS, "owner");
        }
    }

    function test_nobodyElseConsents() external {
        IMidlockEscrow.LockRef memory ref = lock(ETH, orderOf(false));
        refuses(ref, VALID, consent(OWNER_KEY, ref, VALID));
        refuses(ref, VALID + 1, consent(BENEFICIARY_KEY, ref, VALID));
        refuses(ref, VALID, "");
        refuses(ref, VALID, new bytes(65));
        bytes memory signature = consent(BENEFICIARY_KEY, ref, VALID);
        refuses(ref, VALID, abi.encodePacked(signature, bytes1(0)));
        // The mirrored signature (n - s, v flipped) is the same consent in another dress; one form is accepted only.
        refuses(ref, VALID, mirrored(signature));
    }

    /// What recovers to nobody is nobody's consent, also where a forged ticket names the zero address as beneficiary.
    function test_aSignatureOfNobodyIsNoConsentOfTheZeroAddress() external {
        IMidlockEscrow.LockRef memory ref = lock(ETH, orderOf(false));
        ref.ticket = Ticket.wrap(uint96(Ticket.unwrap(ref.ticket)));
        eq(ref.ticket.beneficiary() == address(0) ? 1 : 0, 1, "zero");
        refuses(ref, VALID, new bytes(65));
        refuses(ref, VALID, "");
    }

    function test_consentRunsOut() external {
        IMidlockEscrow.LockRef memory ref = lock(ETH, orderOf(false));
        bytes memory signature = consent(BENEFICIARY_KEY, ref, VALID);
        vm.warp(VALID);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.ConsentExpired.selector, VALID));
        escrow.refundWithConsent(ETH, hashLock, ref, VALID, signature);
        vm.warp(VALID - 1);
        escrow.refundWithConsent(ETH, hashLock, ref, VALID, signature);
    }

    function test_consentCountsForOneLockOnly() external {
        IMidlockEscrow.LockRef memory ref = lock(ETH, orderAt(0, 0, false));
        bytes memory signature = consent(BENEFICIARY_KEY, ref, VALID);
        escrow.refundWithConsent(ETH, hashLock, ref, VALID, signature);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.LockSettled.selector, lockIdOf(ref)));
        escrow.refundWithConsent(ETH, hashLock, ref, VALID, signature);

        // The same terms in the same slot: another generation, so the old consent is worth nothing.
        IMidlockEscrow.LockRef memory again = lock(ETH, orderAt(0, 1, false));
        eq(again.swapId, ref.swapId, "same terms");
        refuses(again, VALID, signature);
        // The same terms in another slot.
        refuses(lock(ETH, orderAt(1, 0, false)), VALID, signature);
        // The old reference with its valid signature finds no lock.
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.LockUnknown.selector, lockIdOf(ref)));
        escrow.refundWithConsent(ETH, hashLock, ref, VALID, signature);
    }

    function test_consentCountsInOneEscrowOnOneChain() external {
        IMidlockEscrow.LockRef memory ref = lock(ETH, orderOf(false));
        bytes memory signature = consent(BENEFICIARY_KEY, ref, VALID);
        bytes32 lockId = lockIdOf(ref);
        IMidlockEscrow other = deployEscrow(limits());
        require(other.consentDigest(lockId, VALID) != escrow.consentDigest(lockId, VALID), "digest of another escrow");
        vm.chainId(4711);
        refuses(ref, VALID, signature);
    }

    function test_consentNeedsAnOpenLockWithTheseArguments() external {
        IMidlockEscrow.LockRef memory ref = refOf(ETH, orderOf(false));
        bytes memory signature = consent(BENEFICIARY_KEY, ref, VALID);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.LockUnknown.selector, lockIdOf(ref)));
        escrow.refundWithConsent(ETH, hashLock, ref, VALID, signature);
        lock(ETH, orderOf(false));
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.LockUnknown.selector, lockIdOf(ref)));
        escrow.refundWithConsent(ETH, ~hashLock, ref, VALID, signature);
    }

    function test_aContractWalletConsents() external {
        Wallet1271 wallet = new Wallet1271();
        IMidlockEscrow.LockOrder memory order = orderOf(false);
        order.ticket = ticketOf(address(wallet), EXPIRES, 0, 0, false);
        IMidlockEscrow.LockRef memory ref = lock(ETH, order);
        refuses(ref, VALID, "anything");
        wallet.approve(escrow.consentDigest(lockIdOf(ref), VALID));
        escrow.refundWithConsent(ETH, hashLock, ref, VALID, "anything");
        eq(wealth(ETH, owner), 2 * FUNDS, "owner");
    }

    function test_anAccountWithDelegatedCodeConsentsByItsKey() external {
        IMidlockEscrow.LockRef memory ref = lock(ETH, orderOf(false));
        // EIP-7702: the account's code points to a contract that knows nothing of EIP-1271.
        vm.etch(beneficiary, abi.encodePacked(hex"ef0100", address(token)));
        escrow.refundWithConsent(ETH, hashLock, ref, VALID, consent(BENEFICIARY_KEY, ref, VALID));
        eq(wealth(ETH, owner), 2 * FUNDS, "owner");
    }

    function test_theDigestIsEip712() external view {
        bytes32 lockId = keccak256("a lock");
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Midlock"),
                keccak256("1"),
                31337,
                address(escrow)
            )
        );
        bytes32 message = keccak256(
            abi.encode(keccak256("RefundConsent(bytes32 lockId,uint256 expiresAtSec)"), lockId, VALID)
        );
        eq(escrow.consentDigest(lockId, VALID), keccak256(abi.encodePacked(hex"1901", domain, message)), "digest");
    }

    function refuses(IMidlockEscrow.LockRef memory ref, uint256 expiresAtSec, bytes memory signature) private {
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.NotBeneficiary.selector, ref.ticket.beneficiary()));
        escrow.refundWithConsent(ETH, hashLock, ref, expiresAtSec, signature);
    }

    function mirrored(bytes memory signature) private pure returns (bytes memory) {
        uint256 n = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;
        bytes32 r;
        uint256 s;
        uint8 v = uint8(signature[64]);
        assembly {
            r := mload(add(signature, 0x20))
            s := mload(add(signature, 0x40))
        }
        return abi.encodePacked(r, bytes32(n - s), v == 27 ? uint8(28) : uint8(27));
    }
}
