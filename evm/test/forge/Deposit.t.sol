// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMidlockEscrow} from "../../contracts/interfaces/IMidlockEscrow.sol";
import {DemoToken} from "../../contracts/demo/DemoToken.sol";
import {Fixture} from "./support/Fixture.sol";

/// @notice Deployment, deposits and withdrawals with honest parties.
contract DepositTest is Fixture {
    function test_limitsAreFixedAtDeployment() external view {
        IMidlockEscrow.Limits memory set = escrow.limits();
        eq(set.minDurationSec, MIN_DURATION, "minDurationSec");
        eq(set.maxDurationSec, MAX_DURATION, "maxDurationSec");
        eq(set.payoutGas, PAYOUT_GAS, "payoutGas");
        eq(set.payoutReserve, PAYOUT_RESERVE, "payoutReserve");
    }

    function test_refusesContradictoryLimits() external {
        refusesLimits("minDurationSec", IMidlockEscrow.Limits(0, 10, 1, 1));
        refusesLimits("maxDurationSec", IMidlockEscrow.Limits(11, 10, 1, 1));
        refusesLimits("maxDurationSec", IMidlockEscrow.Limits(1, 1 << 39, 1, 1));
        refusesLimits("payoutGas", IMidlockEscrow.Limits(10, 10, 0, 1));
        refusesLimits("payoutReserve", IMidlockEscrow.Limits(10, 10, 1, 0));
        deployEscrow(IMidlockEscrow.Limits(10, 10, 1, 1));
        deployEscrow(IMidlockEscrow.Limits(1, (1 << 39) - 1, 1, 1));
    }

    function test_depositCreditsAndEmits() external {
        vm.expectEmit(address(escrow));
        emit IMidlockEscrow.Deposited(owner, ETH, 5);
        vm.prank(owner);
        eq(escrow.deposit{value: 5}(ETH, 5), 5, "received");
        eq(escrow.balanceOf(ETH, owner), FUNDS + 5, "ETH balance");

        vm.expectEmit(address(escrow));
        emit IMidlockEscrow.Deposited(owner, address(token), 7);
        vm.prank(owner);
        eq(escrow.deposit(address(token), 7), 7, "received");
        eq(escrow.balanceOf(address(token), owner), FUNDS + 7, "token balance");
        eq(token.balanceOf(address(escrow)), 3 * FUNDS + 7, "held");
    }

    function test_depositRefusesWrongValueAndZero() external {
        vm.startPrank(owner);
        refusesValue(4, ETH, 5);
        refusesValue(6, ETH, 5);
        refusesValue(5, address(token), 5);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.AmountInvalid.selector));
        escrow.deposit(ETH, 0);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.AmountInvalid.selector));
        escrow.deposit(address(token), 0);
    }

    function test_depositRefusesWithoutAllowanceOrCode() external {
        address nobody = address(0xC0FFEE);
        vm.startPrank(nobody);
        vm.expectRevert(misbehaved(address(token)));
        escrow.deposit(address(token), 1);
        vm.expectRevert(misbehaved(address(0xABCD)));
        escrow.deposit(address(0xABCD), 1);
        // A precompile answers every call, but has no code.
        vm.expectRevert(misbehaved(address(4)));
        escrow.deposit(address(4), 1);
    }

    function test_depositWithPermit() external {
        (address holder, IMidlockEscrow.Permit memory permit) = permitOf(0xCAFE, 9, START + 10);
        vm.prank(holder);
        eq(escrow.depositWithPermit(address(token), 9, permit), 9, "received");
        eq(escrow.balanceOf(address(token), holder), 9, "balance");
    }

    function test_permitUsedUpBySomebodyElseStillDeposits() external {
        (address holder, IMidlockEscrow.Permit memory permit) = permitOf(0xCAFE, 9, START + 10);
        token.permit(holder, address(escrow), 9, permit.deadline, permit.v, permit.r, permit.s);
        vm.prank(holder);
        eq(escrow.depositWithPermit(address(token), 9, permit), 9, "received");
    }

    function test_badPermitLeavesNoAllowance() external {
        (address holder, IMidlockEscrow.Permit memory permit) = permitOf(0xCAFE, 9, START - 1);
        vm.prank(holder);
        vm.expectRevert(misbehaved(address(token)));
        escrow.depositWithPermit(address(token), 9, permit);
    }

    function test_permitForEthIsRefused() external {
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.ArgumentInvalid.selector, bytes32("token")));
        escrow.depositWithPermit(ETH, 9, IMidlockEscrow.Permit(0, 0, 0, 0));
    }

    function test_withdrawPaysAnyAddress() external {
        uint256 before = stranger.balance;
        vm.expectEmit(address(escrow));
        emit IMidlockEscrow.Withdrawn(owner, ETH, stranger, 5);
        vm.prank(owner);
        escrow.withdraw(ETH, 5, stranger);
        eq(stranger.balance, before + 5, "ETH");
        eq(escrow.balanceOf(ETH, owner), FUNDS - 5, "ETH balance");

        before = token.balanceOf(stranger);
        vm.prank(owner);
        escrow.withdraw(address(token), FUNDS, stranger);
        eq(token.balanceOf(stranger), before + FUNDS, "token");
        eq(escrow.balanceOf(address(token), owner), 0, "token balance");
    }

    function test_withdrawRefuses() external {
        vm.startPrank(owner);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.AmountInvalid.selector));
        escrow.withdraw(ETH, 0, owner);
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.ArgumentInvalid.selector, bytes32("to")));
        escrow.withdraw(ETH, 1, address(0));
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.ArgumentInvalid.selector, bytes32("to")));
        escrow.withdraw(ETH, 1, address(escrow));
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.BalanceInsufficient.selector, FUNDS, FUNDS + 1));
        escrow.withdraw(ETH, FUNDS + 1, owner);
        // The token contract itself does not take ETH.
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.PayoutFailed.selector, ETH, address(token)));
        escrow.withdraw(ETH, 1, address(token));
    }

    function test_plainTransferOfEthIsRefused() external {
        vm.prank(owner);
        (bool success, ) = address(escrow).call{value: 1}("");
        require(!success, "took ETH");
    }

    function test_onlyTheIssuerMintsTheDemoToken() external {
        vm.prank(stranger);
        vm.expectRevert(abi.encodeWithSelector(DemoToken.NotIssuer.selector));
        token.mint(stranger, 1);
    }

    function deploy(IMidlockEscrow.Limits memory limits_) external {
        deployEscrow(limits_);
    }

    function refusesLimits(bytes32 name, IMidlockEscrow.Limits memory bad) private {
        bytes memory reason = abi.encodeWithSelector(IMidlockEscrow.ArgumentInvalid.selector, name);
        try this.deploy(bad) {
            revert("deployed with bad limits");
        } catch (bytes memory actual) {
            eq(keccak256(actual), keccak256(reason), "reason");
        }
    }

    function refusesValue(uint256 value, address asset, uint256 amount) private {
        vm.expectRevert(abi.encodeWithSelector(IMidlockEscrow.ArgumentInvalid.selector, bytes32("value")));
        escrow.deposit{value: value}(asset, amount);
    }

    function misbehaved(address asset) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IMidlockEscrow.TokenMisbehaved.selector, asset);
    }

    function permitOf(
        uint256 key,
        uint256 amount,
        uint256 deadline
    ) private returns (address holder, IMidlockEscrow.Permit memory permit) {
        holder = vm.addr(key);
        token.mint(holder, amount);
        bytes32 typeHash = keccak256(
            "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
        );
        bytes32 structHash = keccak256(abi.encode(typeHash, holder, address(escrow), amount, 0, deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), structHash));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        permit = IMidlockEscrow.Permit(deadline, v, r, s);
    }
}
