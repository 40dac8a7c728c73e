// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMidlockEscrow} from "../../contracts/interfaces/IMidlockEscrow.sol";
import {Fixture} from "./support/Fixture.sol";
import {
    BlocklistToken,
    CallbackToken,
    FalseToken,
    FeeToken,
    GreedyToken,
    OddAnswerToken,
    PlainToken,
    RebasingToken,
    ShrinkingToken,
    SilentToken
} from "./support/HostileTokens.sol";

/// @notice Tokens that do not do what they say harm only who uses them; a claim goes through whatever they do.
contract HostileTokensTest is Fixture {
    function test_feeOnTransferIsCreditedAsItArrives() external {
        FeeToken bad = new FeeToken();
        stock(bad);
        vm.prank(owner);
        eq(escrow.deposit(address(bad), 1000), 990, "received");
        eq(escrow.balanceOf(address(bad), owner), 990, "balance");
        law(bad, 990);
        // Terms name an amount, so a one-shot lock that gets less is refused.
        refusesOneShot(address(bad));
    }

    function test_rebasingTokenHarmsNobodyElse() external {
        RebasingToken bad = new RebasingToken();
        stock(bad);
        vm.prank(owner);
        escrow.deposit(address(bad), 1000);
        bad.rebase(50);
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.PayoutFailed.selector, address(bad), owner));
        escrow.withdraw(address(bad), 1000, owner);
        vm.prank(owner);
        escrow.withdraw(address(bad), 500, owner);
        // The honest token's users notice nothing.
        vm.prank(stranger);
        escrow.withdraw(address(token), FUNDS, stranger);
        eq(token.balanceOf(stranger), 2 * FUNDS, "stranger");
    }

    function test_falseIsARefusal() external {
        FalseToken bad = new FalseToken();
        stock(bad);
        refusesDeposit(address(bad));
        refusesOneShot(address(bad));
        bad.set(false);
        vm.prank(owner);
        escrow.deposit(address(bad), 1000);
        IMidlockEscrow.LockRef memory ref = lock(address(bad), orderOf(true));
        bad.set(true);
        creditsInstead(address(bad), ref);
        vm.prank(beneficiary);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.PayoutFailed.selector, address(bad), beneficiary));
        escrow.withdraw(address(bad), AMOUNT, beneficiary);
        bad.set(false);
        vm.prank(beneficiary);
        escrow.withdraw(address(bad), AMOUNT, beneficiary);
        eq(bad.balanceOf(beneficiary), FUNDS + AMOUNT, "beneficiary");
    }

    function test_noAnswerIsFine() external {
        SilentToken silent = new SilentToken();
        stock(silent);
        vm.prank(owner);
        eq(escrow.deposit(address(silent), 1000), 1000, "received");
        IMidlockEscrow.LockRef memory ref = lock(address(silent), orderOf(true));
        escrow.claim(address(silent), SECRET, ref);
        eq(silent.balanceOf(beneficiary), FUNDS + AMOUNT, "beneficiary");
        vm.prank(owner);
        escrow.withdraw(address(silent), 1000, owner);
        eq(silent.balanceOf(owner), FUNDS - AMOUNT, "owner");
    }

    function test_answersThatAreNotTrueAreRefusals() external {
        OddAnswerToken bad = new OddAnswerToken();
        stock(bad);
        bytes[4] memory answers = [
            abi.encode(uint256(2)),
            abi.encode(type(uint256).max),
            abi.encodePacked(uint8(1)),
            bytes(hex"00000000000000000000000000000000000000000000000000000000000001")
        ];
        for (uint256 i = 0; i < 4; ++i) {
            bad.set(answers[i]);
            refusesDeposit(address(bad));
        }
        // True with more behind it is true.
        bad.set(abi.encode(true, "and more"));
        vm.prank(owner);
        escrow.deposit(address(bad), 1000);
    }

    function test_callbacksCannotCountAnArrivalTwice() external {
        CallbackToken bad = new CallbackToken();
        stock(bad);
        bad.mint(address(bad), FUNDS);
        bad.set(address(escrow), abi.encodeCall(escrow.deposit, (address(bad), 1000)));
        refusesDeposit(address(bad));
        bad.set(address(escrow), abi.encodeCall(escrow.lock, (address(bad), orderOf(true))));
        refusesDeposit(address(bad));
        bad.set(address(escrow), abi.encodeCall(escrow.deposit, (address(bad), 1000)));
        refusesOneShot(address(bad));
        law(bad, 0);
        // After a refused call everything works again.
        bad.set(address(0), "");
        vm.prank(owner);
        escrow.deposit(address(bad), 1000);
        law(bad, 1000);
    }

    function test_twoDepositsInOneTransactionWork() external {
        CallbackToken plain = new CallbackToken();
        stock(plain);
        vm.startPrank(owner);
        escrow.deposit(address(plain), 1000);
        escrow.deposit(address(plain), 1000);
        eq(escrow.balanceOf(address(plain), owner), 2000, "balance");
    }

    function test_aCallbackInAPayoutCannotBePaidTwice() external {
        CallbackToken bad = new CallbackToken();
        stock(bad);
        vm.prank(stranger);
        escrow.deposit(address(bad), FUNDS);
        IMidlockEscrow.LockRef memory ref = lock(address(bad), orderOf(true));
        bad.set(address(escrow), abi.encodeCall(escrow.claim, (address(bad), SECRET, ref)));
        // The inner claim reverts with LockSettled, so the payout fails and becomes a balance, once.
        creditsInstead(address(bad), ref);
        law(bad, FUNDS + AMOUNT);
        bad.set(address(0), "");
        vm.prank(beneficiary);
        escrow.withdraw(address(bad), AMOUNT, beneficiary);
        eq(bad.balanceOf(address(escrow)), FUNDS, "the stranger's money");
    }

    function test_aWithdrawalCannotBeRepeatedFromACallback() external {
        CallbackToken bad = new CallbackToken();
        stock(bad);
        bad.mint(address(bad), 2000);
        vm.prank(address(bad));
        escrow.deposit(address(bad), 1000);
        vm.prank(stranger);
        escrow.deposit(address(bad), FUNDS);
        bad.set(address(escrow), abi.encodeCall(escrow.withdraw, (address(bad), 1000, address(bad))));
        vm.prank(address(bad));
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.PayoutFailed.selector, address(bad), address(0x99)));
        escrow.withdraw(address(bad), 1000, address(0x99));
        law(bad, FUNDS + 1000);
    }

    function test_blocklistedPartiesHoldUpNothing() external {
        BlocklistToken bad = new BlocklistToken();
        stock(bad);
        IMidlockEscrow.LockRef memory ref = lock(address(bad), orderOf(true));
        bad.block_(beneficiary, true);
        creditsInstead(address(bad), ref);
        // The credit can leave to an address that is not blocked.
        vm.prank(beneficiary);
        escrow.withdraw(address(bad), AMOUNT, address(0x99));
        eq(bad.balanceOf(address(0x99)), AMOUNT, "elsewhere");

        ref = lock(address(bad), orderAt(1, 0, true));
        bad.block_(owner, true);
        vm.warp(EXPIRES);
        escrow.refund(address(bad), hashLock, ref);
        eq(escrow.balanceOf(address(bad), owner), AMOUNT, "owner");
    }

    function test_gasEatingAndBombingTokensHoldUpNothing() external {
        GreedyToken bad = new GreedyToken();
        stock(bad);
        for (uint256 i = 1; i <= 2; ++i) {
            bad.set(GreedyToken.Mood.Honest);
            IMidlockEscrow.LockRef memory ref = lock(address(bad), orderAt(i, 0, true));
            bad.set(GreedyToken.Mood(i));
            uint256 before = gasleft();
            escrow.claim{gas: 400_000}(address(bad), SECRET, ref);
            require(before - gasleft() < PAYOUT_GAS + 90_000, "more gas than a payout may take");
            eq(escrow.balanceOf(address(bad), beneficiary), i * AMOUNT, "credited");
        }
    }

    function test_aTokenThatShrinksTheEscrowIsRefused() external {
        ShrinkingToken bad = new ShrinkingToken();
        stock(bad);
        bad.mint(address(escrow), 10);
        refusesDeposit(address(bad));
    }

    function test_aTokenWithoutBalanceOfIsRefused() external {
        vm.prank(owner);
        vm.expectRevert();
        escrow.deposit(address(this), 1);
    }

    function test_aTokenWhoseCodeIsGoneDoesNotCountAsPaid() external {
        PlainToken plain = new SilentToken();
        stock(plain);
        IMidlockEscrow.LockRef memory ref = lock(address(plain), orderOf(true));
        vm.etch(address(plain), "");
        creditsInstead(address(plain), ref);
    }

    /// @dev Funds the parties; PlainToken knows no approvals.
    function stock(PlainToken bad) private {
        bad.mint(owner, FUNDS);
        bad.mint(beneficiary, FUNDS);
        bad.mint(stranger, FUNDS);
    }

    function law(PlainToken bad, uint256 obligations) private view {
        require(bad.balanceOf(address(escrow)) >= obligations, "the escrow owes more than it holds");
    }

    function refusesDeposit(address bad) private {
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.TokenMisbehaved.selector, bad));
        escrow.deposit(bad, 1000);
    }

    function refusesOneShot(address bad) private {
        vm.prank(owner);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.TokenMisbehaved.selector, bad));
        escrow.lock(bad, orderOf(true));
    }

    function creditsInstead(address bad, IMidlockEscrow.LockRef memory ref) private {
        bytes32 lockId = lockIdOf(ref);
        vm.expectEmit(address(escrow));
        emit IMidlockEscrow.PayoutCredited(lockId, beneficiary, bad, AMOUNT);
        escrow.claim(bad, SECRET, ref);
        eq(escrow.balanceOf(bad, beneficiary), AMOUNT, "credited");
    }
}
