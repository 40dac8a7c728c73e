// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IMidlockEscrow} from "../../../contracts/interfaces/IMidlockEscrow.sol";
import {DemoToken} from "../../../contracts/demo/DemoToken.sol";
import {Stake} from "../../../contracts/types/Stake.sol";
import {Ticket} from "../../../contracts/types/Ticket.sol";
import {GasEater} from "./HostileReceivers.sol";
import {MoodyToken} from "./HostileTokens.sol";
import {Vm} from "./Vm.sol";

/// @notice Plays random parties against one escrow and keeps its own book of what must be true. Every call goes through whatever the
/// random arguments are, so that no run is wasted; what must be refused is tried and must revert.
contract Handler {
    struct Known {
        address asset;
        address owner;
        address beneficiary;
        IMidlockEscrow.LockRef ref;
        bytes32 secret;
        bool open;
    }

    Vm private constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);
    uint256 private constant SLOTS = 3;
    bytes32 private constant COUNTERPART = keccak256("counterpart");

    IMidlockEscrow public immutable escrow;
    DemoToken public immutable token;
    MoodyToken public immutable moody;
    address[4] public actors;
    uint256[4] private keys;
    Known[] private locks;
    mapping(address asset => uint256) public inFlight;
    mapping(address asset => mapping(address account => uint256)) public credits;
    mapping(address owner => mapping(uint256 index => uint256)) public settlements;
    uint256 public payouts;
    uint256 public refusals;
    /// @dev How often each deed went through, by name.
    mapping(string deed => uint256) public done;

    constructor(IMidlockEscrow escrow_, DemoToken token_) {
        escrow = escrow_;
        token = token_;
        moody = new MoodyToken(address(escrow_));
        for (uint256 i = 0; i < 3; ++i) {
            keys[i] = uint256(keccak256(abi.encode("actor", i)));
            actors[i] = vm.addr(keys[i]);
        }
        // A receiver that burns all gas: its one-shot payouts become balances.
        actors[3] = address(new GasEater());
    }

    function deposit(uint256 who, uint256 kind, uint96 amount) external {
        (address account, address asset) = (actor(who), assetOf(kind));
        uint256 value = 1 + (amount % 1e24);
        if (refuses(asset)) return mustFail(account, abi.encodeCall(escrow.deposit, (asset, value)));
        give(account, asset, value);
        vm.prank(account);
        escrow.deposit{value: asset == address(0) ? value : 0}(asset, value);
        credits[asset][account] += value;
        ++done[asset == address(moody) ? "hostile deposit" : "deposit"];
    }

    function withdraw(uint256 who, uint256 kind, uint256 amount) external {
        (address account, address asset) = (actor(who), assetOf(kind));
        uint256 balance = credits[asset][account];
        if (balance == 0 || refuses(asset))
            return mustFail(account, abi.encodeCall(escrow.withdraw, (asset, 1, address(0x1234))));
        uint256 value = 1 + (amount % balance);
        vm.prank(account);
        escrow.withdraw(asset, value, address(0x1234));
        credits[asset][account] -= value;
        ++done["withdraw"];
    }

    function lock(
        uint256 who,
        uint256 to,
        uint256 kind,
        bool oneShot,
        uint256 index,
        uint96 amount,
        uint256 life
    ) external {
        (address account, address asset) = (actor(who), assetOf(kind));
        index %= SLOTS;
        uint256 value = 1 + (amount % 1e24);
        if (!oneShot && credits[asset][account] < value) value = credits[asset][account];
        IMidlockEscrow.LockOrder memory order = orderOf(account, actor(to), value, index, oneShot, life);
        (bool taken, ) = escrow.slotOf(account, uint24(index));
        if (value == 0 || taken || (oneShot && refuses(asset)))
            return mustFail(account, abi.encodeCall(escrow.lock, (asset, order)));
        bytes32 swapId = escrow.swapIdOf(account, asset, order);
        if (oneShot) give(account, asset, value);
        vm.prank(account);
        escrow.lock{value: oneShot && asset == address(0) ? value : 0}(asset, order);
        if (!oneShot) credits[asset][account] -= value;
        enter(asset, account, actor(to), order, swapId);
        ++done[oneShot ? "lock one-shot" : "lock"];
    }

    function lockMany(uint256 who, uint256 to, uint256 kind, uint96 amount, uint256 life) external {
        (address account, address asset) = (actor(who), assetOf(kind));
        uint256 value = credits[asset][account] / SLOTS;
        if (value == 0) return;
        value = 1 + (amount % value);
        IMidlockEscrow.LockOrder[] memory orders = new IMidlockEscrow.LockOrder[](SLOTS);
        for (uint256 i = 0; i < SLOTS; ++i) orders[i] = orderOf(account, actor(to), value, i, false, life);
        bool[SLOTS] memory taken;
        uint256 free = 0;
        for (uint256 i = 0; i < SLOTS; ++i) {
            (taken[i], ) = escrow.slotOf(account, uint24(i));
            if (!taken[i]) ++free;
        }
        vm.prank(account);
        require(escrow.lockMany(asset, orders) == free, "lockMany made another number of locks");
        done["lockMany"] += free;
        for (uint256 i = 0; i < SLOTS; ++i) {
            if (taken[i]) continue;
            credits[asset][account] -= value;
            enter(asset, account, actor(to), orders[i], escrow.swapIdOf(account, asset, orders[i]));
        }
    }

    function claim(uint256 caller, uint256 which) external {
        if (locks.length == 0) return;
        Known storage known = locks[which % locks.length];
        bytes memory data = abi.encodeCall(escrow.claim, (known.asset, known.secret, known.ref));
        if (!known.open || block.timestamp >= known.ref.ticket.expiresAtSec()) return mustFail(actor(caller), data);
        uint256 outside = held(known.asset, known.beneficiary);
        vm.prank(actor(caller));
        escrow.claim(known.asset, known.secret, known.ref);
        book(known, known.beneficiary, outside);
        ++done["claim"];
    }

    function refund(uint256 caller, uint256 which) external {
        if (locks.length == 0) return;
        Known storage known = locks[which % locks.length];
        bytes32 hashLock = sha256(abi.encode(known.secret));
        bytes memory data = abi.encodeCall(escrow.refund, (known.asset, hashLock, known.ref));
        if (!known.open || block.timestamp < known.ref.ticket.expiresAtSec()) return mustFail(actor(caller), data);
        uint256 outside = held(known.asset, known.owner);
        vm.prank(actor(caller));
        escrow.refund(known.asset, hashLock, known.ref);
        book(known, known.owner, outside);
        ++done["refund"];
    }

    function refundWithConsent(uint256 caller, uint256 which, uint256 signer) external {
        if (locks.length == 0) return;
        Known storage known = locks[which % locks.length];
        signer %= 3;
        bytes32 hashLock = sha256(abi.encode(known.secret));
        uint256 until = block.timestamp + 1;
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keys[signer], escrow.consentDigest(lockIdOf(known.ref), until));
        bytes memory data = abi.encodeCall(
            escrow.refundWithConsent,
            (known.asset, hashLock, known.ref, until, abi.encodePacked(r, s, v))
        );
        if (!known.open || actors[signer] != known.beneficiary) return mustFail(actor(caller), data);
        uint256 outside = held(known.asset, known.owner);
        vm.prank(actor(caller));
        (bool success, ) = address(escrow).call(data);
        require(success, "a good consent failed");
        book(known, known.owner, outside);
        ++done["refundWithConsent"];
    }

    /// @dev Claims or refunds the last locks of one asset together, good and bad entries mixed.
    function settleMany(uint256 kind, bool claims) external {
        address asset = assetOf(kind);
        uint256 count = locks.length < 6 ? locks.length : 6;
        IMidlockEscrow.ClaimItem[] memory claimItems = new IMidlockEscrow.ClaimItem[](count);
        IMidlockEscrow.RefundItem[] memory refundItems = new IMidlockEscrow.RefundItem[](count);
        uint256 due = 0;
        for (uint256 i = 0; i < count; ++i) {
            Known storage known = locks[locks.length - 1 - i];
            claimItems[i] = IMidlockEscrow.ClaimItem(known.secret, known.ref);
            refundItems[i] = IMidlockEscrow.RefundItem(sha256(abi.encode(known.secret)), known.ref);
            if (isDue(known, asset, claims)) ++due;
        }
        uint256 settled = claims ? escrow.claimMany(asset, claimItems) : escrow.refundMany(asset, refundItems);
        require(settled == due, "a batch settled another number of locks");
        done[claims ? "claimMany" : "refundMany"] += settled;
        for (uint256 i = 0; i < count; ++i) {
            Known storage known = locks[locks.length - 1 - i];
            if (!isDue(known, asset, claims)) continue;
            address to = claims ? known.beneficiary : known.owner;
            bool kept = asset == address(0) ? to == actors[3] : refuses(asset);
            close(known, to, !known.ref.ticket.isOneShot() || kept);
        }
    }

    function pass(uint256 time) external {
        vm.warp(block.timestamp + (time % 2 hours));
    }

    /// @dev The hostile token changes its ways.
    function mood(uint256 which) external {
        moody.set(MoodyToken.Mood(which % 3));
    }

    /// @dev Gives everything back: every open lock is refunded after its deadline and every balance withdrawn.
    function drain() external {
        vm.warp(block.timestamp + 31 days);
        moody.set(MoodyToken.Mood.Silent);
        for (uint256 i = 0; i < locks.length; ++i) {
            Known storage known = locks[i];
            if (!known.open) continue;
            uint256 outside = held(known.asset, known.owner);
            escrow.refund(known.asset, sha256(abi.encode(known.secret)), known.ref);
            book(known, known.owner, outside);
        }
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 j = 0; j < 3; ++j) {
                address asset = assetOf(j);
                uint256 balance = credits[asset][actors[i]];
                if (balance == 0) continue;
                vm.prank(actors[i]);
                escrow.withdraw(asset, balance, address(0x1234));
                credits[asset][actors[i]] = 0;
            }
        }
    }

    function lockCount() external view returns (uint256) {
        return locks.length;
    }

    function lockAt(uint256 i) external view returns (Known memory) {
        return locks[i];
    }

    function slotCount() external pure returns (uint256) {
        return SLOTS;
    }

    /// @dev Ether, a token that keeps its word, and one that does not.
    function assetOf(uint256 kind) public view returns (address) {
        kind %= 3;
        return
            kind == 0
                ? address(0)
                : kind == 1
                    ? address(token)
                    : address(moody);
    }

    function refuses(address asset) private view returns (bool) {
        return asset == address(moody) && moody.mood() == MoodyToken.Mood.Refusing;
    }

    function enter(
        address asset,
        address account,
        address to,
        IMidlockEscrow.LockOrder memory order,
        bytes32 swapId
    ) private {
        locks.push(
            Known({
                asset: asset,
                owner: account,
                beneficiary: to,
                ref: IMidlockEscrow.LockRef(
                    Stake.wrap((uint256(uint160(account)) << 96) | order.amount),
                    swapId,
                    order.ticket
                ),
                secret: secretOf(account, order.ticket),
                open: true
            })
        );
        inFlight[asset] += order.amount;
    }

    /// @dev Books a settlement by what really arrived outside.
    function book(Known storage known, address to, uint256 outside) private {
        uint256 arrived = held(known.asset, to) - outside;
        require(arrived == 0 || arrived == known.ref.stake.amount(), "a part was paid");
        close(known, to, arrived == 0);
        if (known.asset == address(moody)) ++done[arrived == 0 ? "hostile payout kept" : "hostile payout"];
    }

    function close(Known storage known, address to, bool credited) private {
        known.open = false;
        inFlight[known.asset] -= known.ref.stake.amount();
        settlements[known.owner][known.ref.ticket.index()] += 1;
        ++payouts;
        if (credited) credits[known.asset][to] += known.ref.stake.amount();
    }

    function isDue(Known storage known, address asset, bool claims) private view returns (bool) {
        bool expired = block.timestamp >= known.ref.ticket.expiresAtSec();
        return known.open && known.asset == asset && claims != expired;
    }

    function mustFail(address caller, bytes memory data) private {
        vm.prank(caller);
        (bool success, ) = address(escrow).call(data);
        require(!success, "what must be refused went through");
        ++refusals;
        ++done["refusal"];
    }

    function orderOf(
        address account,
        address to,
        uint256 amount,
        uint256 index,
        bool oneShot,
        uint256 life
    ) private view returns (IMidlockEscrow.LockOrder memory) {
        uint256 expires = block.timestamp + 60 + (life % 2 hours);
        // The book's generation, not the contract's: a lock that comes too early or too late in a slot must fail.
        uint256 generation = settlements[account][index];
        Ticket ticket = Ticket.wrap(
            (uint256(uint160(to)) << 96) | (expires << 56) | (index << 32) | (generation << 1) | (oneShot ? 1 : 0)
        );
        bytes32 hashLock = sha256(abi.encode(secretOf(account, ticket)));
        return IMidlockEscrow.LockOrder(amount, hashLock, COUNTERPART, ticket);
    }

    function secretOf(address account, Ticket ticket) private pure returns (bytes32) {
        return keccak256(abi.encode(account, ticket));
    }

    function lockIdOf(IMidlockEscrow.LockRef memory ref) private view returns (bytes32) {
        return
            escrow.lockIdOf(ref.stake.owner(), uint24(ref.ticket.index()), uint32(ref.ticket.generation()), ref.swapId);
    }

    function give(address account, address asset, uint256 amount) private {
        if (asset == address(0)) return vm.deal(account, account.balance + amount);
        if (asset == address(moody)) return moody.mint(account, amount);
        token.mint(account, amount);
        vm.prank(account);
        token.approve(address(escrow), type(uint256).max);
    }

    function held(address asset, address account) private view returns (uint256) {
        return asset == address(0) ? account.balance : IERC20(asset).balanceOf(account);
    }

    function actor(uint256 who) private view returns (address) {
        return actors[who % 4];
    }
}
