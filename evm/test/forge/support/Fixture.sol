// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {DemoToken} from "../../../contracts/demo/DemoToken.sol";
import {IMidlockEscrow} from "../../../contracts/interfaces/IMidlockEscrow.sol";
import {Stake} from "../../../contracts/types/Stake.sol";
import {Ticket} from "../../../contracts/types/Ticket.sol";
import {Vm} from "./Vm.sol";

/// @notice One escrow, one honest token, an owner, a beneficiary and a stranger, all funded.
abstract contract Fixture {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    address internal constant ETH = address(0);
    uint256 internal constant OWNER_KEY = 0xA11CE;
    uint256 internal constant BENEFICIARY_KEY = 0xB0B;
    uint256 internal constant START = 1_800_000_000;
    uint256 internal constant MIN_DURATION = 60;
    uint256 internal constant MAX_DURATION = 30 days;
    uint256 internal constant PAYOUT_GAS = 150_000;
    uint256 internal constant PAYOUT_RESERVE = 45_000;
    uint256 internal constant EXPIRES = START + 3600;
    uint256 internal constant AMOUNT = 1_234_567;
    uint256 internal constant FUNDS = 1_000_000_000;
    bytes32 internal constant SECRET = keccak256("secret");
    bytes32 internal constant COUNTERPART = keccak256("counterpart");

    address internal immutable owner = vm.addr(OWNER_KEY);
    address internal immutable beneficiary = vm.addr(BENEFICIARY_KEY);
    address internal immutable stranger = address(0x5742);
    bytes32 internal immutable hashLock = sha256(abi.encodePacked(SECRET));
    IMidlockEscrow internal escrow;
    DemoToken internal token;

    function setUp() public virtual {
        vm.warp(START);
        escrow = deployEscrow(limits());
        token = DemoToken(create("DemoToken.sol", abi.encode("Euro", "TEUR")));
        fund(owner);
        fund(beneficiary);
        fund(stranger);
    }

    function deployEscrow(IMidlockEscrow.Limits memory limits_) internal returns (IMidlockEscrow) {
        return IMidlockEscrow(create("MidlockEscrow.sol", abi.encode(limits_)));
    }

    /// @dev From the compiled artifact, so that no test contract holds the code and compiles it again.
    function create(string memory artifact, bytes memory args) internal returns (address created) {
        bytes memory code = abi.encodePacked(vm.getCode(artifact), args);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
            if iszero(created) {
                let m := mload(0x40)
                returndatacopy(m, 0, returndatasize())
                revert(m, returndatasize())
            }
        }
    }

    function limits() internal pure returns (IMidlockEscrow.Limits memory) {
        return IMidlockEscrow.Limits(MIN_DURATION, MAX_DURATION, PAYOUT_GAS, PAYOUT_RESERVE);
    }

    /// @dev Half of the funds goes into the escrow, the rest stays with the account.
    function fund(address account) internal {
        vm.deal(account, 2 * FUNDS);
        token.mint(account, 2 * FUNDS);
        vm.startPrank(account);
        token.approve(address(escrow), type(uint256).max);
        escrow.deposit(address(token), FUNDS);
        escrow.deposit{value: FUNDS}(ETH, FUNDS);
        vm.stopPrank();
    }

    function ticketOf(
        address to,
        uint256 expiresAtSec,
        uint256 index,
        uint256 generation,
        bool oneShot
    ) internal pure returns (Ticket) {
        return
            Ticket.wrap(
                (uint256(uint160(to)) << 96) |
                    (expiresAtSec << 56) |
                    (index << 32) |
                    (generation << 1) |
                    (oneShot ? 1 : 0)
            );
    }

    function orderOf(bool oneShot) internal view returns (IMidlockEscrow.LockOrder memory) {
        return orderAt(0, 0, oneShot);
    }

    function orderAt(
        uint256 index,
        uint256 generation,
        bool oneShot
    ) internal view returns (IMidlockEscrow.LockOrder memory) {
        return
            IMidlockEscrow.LockOrder(
                AMOUNT,
                hashLock,
                COUNTERPART,
                ticketOf(beneficiary, EXPIRES, index, generation, oneShot)
            );
    }

    function refOf(
        address asset,
        IMidlockEscrow.LockOrder memory order
    ) internal view returns (IMidlockEscrow.LockRef memory) {
        return refOf(owner, asset, order);
    }

    function refOf(
        address from,
        address asset,
        IMidlockEscrow.LockOrder memory order
    ) internal view returns (IMidlockEscrow.LockRef memory) {
        return IMidlockEscrow.LockRef(stakeOf(from, order.amount), escrow.swapIdOf(from, asset, order), order.ticket);
    }

    function stakeOf(address from, uint256 amount) internal pure returns (Stake) {
        return Stake.wrap((uint256(uint160(from)) << 96) | amount);
    }

    function lockIdOf(IMidlockEscrow.LockRef memory ref) internal view returns (bytes32) {
        return
            escrow.lockIdOf(ref.stake.owner(), uint24(ref.ticket.index()), uint32(ref.ticket.generation()), ref.swapId);
    }

    /// @dev owner << 55 | index << 31 | generation, as Claimed and Refunded hold it.
    function placeOf(IMidlockEscrow.LockRef memory ref) internal pure returns (uint256) {
        return (uint256(uint160(ref.stake.owner())) << 55) | (ref.ticket.index() << 31) | ref.ticket.generation();
    }

    /// @dev Locks as the owner with whatever value the mode needs.
    function lock(
        address asset,
        IMidlockEscrow.LockOrder memory order
    ) internal returns (IMidlockEscrow.LockRef memory ref) {
        ref = refOf(asset, order);
        uint256 value = asset == ETH && order.ticket.isOneShot() ? order.amount : 0;
        vm.prank(owner);
        escrow.lock{value: value}(asset, order);
    }

    /// @dev The beneficiary's consent to an early refund.
    function consent(
        uint256 key,
        IMidlockEscrow.LockRef memory ref,
        uint256 expiresAtSec
    ) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, escrow.consentDigest(lockIdOf(ref), expiresAtSec));
        return abi.encodePacked(r, s, v);
    }

    /// @dev Everything an account has of an asset: in the escrow and outside.
    function wealth(address asset, address account) internal view returns (uint256) {
        return escrow.balanceOf(asset, account) + held(asset, account);
    }

    function held(address asset, address account) internal view returns (uint256) {
        return asset == ETH ? account.balance : IERC20(asset).balanceOf(account);
    }

    /// @dev The four kinds of a lock: each asset in each mode.
    function kinds() internal view returns (address[4] memory assets, bool[4] memory oneShots) {
        assets = [ETH, ETH, address(token), address(token)];
        oneShots = [false, true, false, true];
    }

    function eq(uint256 actual, uint256 expected, string memory what) internal pure {
        require(actual == expected, string.concat(what, ": not as expected"));
    }

    function eq(bytes32 actual, bytes32 expected, string memory what) internal pure {
        require(actual == expected, string.concat(what, ": not as expected"));
    }

    function status(IMidlockEscrow.LockStatus actual, IMidlockEscrow.LockStatus expected) internal pure {
        require(actual == expected, "status: not as expected");
    }
}
