// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {Stake} from "../types/Stake.sol";
import {Ticket} from "../types/Ticket.sol";

/// @title The Ethereum side of a Midlock swap: mid-accounts and hash locks, without owner, pause or upgrade.
/// @notice Token 0 is ETH everywhere. Amounts are minor units, times are seconds of block.timestamp.
///
/// A lock lives in one storage slot of its owner, found by (owner, index). A free slot holds `generation << 1`; a taken slot holds a
/// commitment to all arguments with bit 0 set, so claim and refund supply the arguments again. Settlement writes the next generation:
/// that is the tombstone, no lock id ever comes back.
///
/// lockId = keccak256(abi.encode(chainId, escrow, owner, index, generation, swapId)).
/// swapId = EIP-712 struct hash of Swap(EthereumLeg ethereum,bytes32 hashLock,Counterpart counterpart); see libraries/SwapHash.sol.
///
/// Law: for every token that moves what it says, the contract's balance >= all balances + all open locks.
interface IMidlockEscrow {
    /// @notice What the owner says when it locks. The owner is the caller.
    /// @param amount Minor units, 1 to 2^96 - 1.
    /// @param hashLock SHA-256 of the secret of exactly 32 bytes; not zero.
    /// @param counterpart EIP-712 struct hash of Counterpart (version, direction, nonce, Fabric leg), opaque here; not zero.
    /// @param ticket Beneficiary (not zero, not the escrow), expiresAtSec, index, generation (the slot's own) and mode.
    struct LockOrder {
        uint256 amount;
        bytes32 hashLock;
        bytes32 counterpart;
        Ticket ticket;
    }

    /// @notice A lock as claim and refund name it; all of it stands in its Locked event.
    struct LockRef {
        Stake stake;
        bytes32 swapId;
        Ticket ticket;
    }

    /// @notice One claim of a batch.
    struct ClaimItem {
        bytes32 secret;
        LockRef lock;
    }

    /// @notice One refund of a batch.
    struct RefundItem {
        bytes32 hashLock;
        LockRef lock;
    }

    /// @notice An ERC-2612 permit for exactly the amount that is moved.
    struct Permit {
        uint256 deadline;
        uint8 v;
        bytes32 r;
        bytes32 s;
    }

    /// @notice Limits that are fixed when the escrow is deployed.
    /// @param minDurationSec A lock's deadline is at least this far away; > 0.
    /// @param maxDurationSec A lock's deadline is at most this far away; >= minDurationSec and < 2^39.
    /// @param payoutGas Gas that a one-shot payout hands to the receiver or token, at most; > 0.
    /// @param payoutReserve Gas kept back from a payout, enough to credit a balance that did not exist; > 0.
    struct Limits {
        uint256 minDurationSec;
        uint256 maxDurationSec;
        uint256 payoutGas;
        uint256 payoutReserve;
    }

    /// @notice What is known of a lock: never made (or other arguments), open, or claimed or refunded.
    enum LockStatus {
        Unknown,
        Open,
        Settled
    }

    /// @notice A balance grew by what arrived.
    event Deposited(address indexed account, address indexed token, uint256 amount);

    /// @notice A balance was paid out to `to`.
    event Withdrawn(address indexed account, address indexed token, address to, uint256 amount);

    /// @notice A lock was made. Holds all that claim and refund need; `asset` is token << 96 | amount.
    event Locked(bytes32 indexed swapId, address indexed owner, uint256 asset, Ticket ticket, bytes32 hashLock);

    /// @notice A lock went to its beneficiary; the secret is public from now on. `place` is owner << 55 | index << 31 | generation: with the
    /// swap id all that the lock's id is made of.
    event Claimed(bytes32 indexed swapId, uint256 place, bytes32 secret);

    /// @notice A lock went back to its owner. `place` as in Claimed.
    event Refunded(bytes32 indexed swapId, uint256 place);

    /// @notice The payout of a one-shot lock failed and became a balance that `account` can withdraw.
    event PayoutCredited(bytes32 indexed lockId, address indexed account, address token, uint256 amount);

    /// @notice An entry of a batch was left out; `reason` is the selector of the error the single call would have thrown.
    event Skipped(bytes32 indexed swapId, bytes32 lockId, bytes4 reason);

    /// @notice An argument is zero, the escrow itself, or does not fit; `name` says which.
    error ArgumentInvalid(bytes32 name);
    /// @notice An amount is zero, or a lock's amount is 2^96 or more.
    error AmountInvalid();
    /// @notice The account's balance is too small.
    error BalanceInsufficient(uint256 available, uint256 needed);
    /// @notice The deadline is nearer than minDurationSec.
    error DeadlineTooClose(uint256 expiresAtSec, uint256 earliestSec);
    /// @notice The deadline is further away than maxDurationSec.
    error DeadlineTooFar(uint256 expiresAtSec, uint256 latestSec);
    /// @notice The slot is taken or stands at another generation.
    error LockExists(address owner, uint256 index);
    /// @notice No lock with these arguments was made: a field, the secret or the hash lock is wrong.
    error LockUnknown(bytes32 lockId);
    /// @notice The lock was claimed or refunded before.
    error LockSettled(bytes32 lockId);
    /// @notice block.timestamp has reached the deadline.
    error ClaimTooLate(uint256 expiresAtSec);
    /// @notice block.timestamp has not reached the deadline.
    error RefundTooEarly(uint256 expiresAtSec);
    /// @notice The beneficiary's consent has run out.
    error ConsentExpired(uint256 expiresAtSec);
    /// @notice The consent is not signed by the beneficiary.
    error NotBeneficiary(address beneficiary);
    /// @notice The chain changed its id (a fork); open locks can be settled, new ones cannot be made.
    error NetworkMismatch(uint256 expected, uint256 actual);
    /// @notice The token has no code, refused, moved another amount, or called back in the middle of a measurement.
    error TokenMisbehaved(address token);
    /// @notice The receiver or the token refused a withdrawal.
    error PayoutFailed(address token, address to);

    /// @notice Adds to the caller's balance. ETH: `amount` must equal msg.value. ERC-20: pulls `amount` by allowance and credits what
    /// arrived. Emits Deposited.
    /// @return received What was credited.
    function deposit(address token, uint256 amount) external payable returns (uint256 received);

    /// @notice deposit with an ERC-2612 permit. A permit that fails, because it was used up by somebody else, is ignored: the allowance
    /// decides.
    function depositWithPermit(
        address token,
        uint256 amount,
        Permit calldata permit
    ) external returns (uint256 received);

    /// @notice Pays `amount` of the caller's balance to `to`. Emits Withdrawn; throws PayoutFailed when the receiver or token refuses.
    function withdraw(address token, uint256 amount, address to) external;

    /// @notice Makes a lock. Mode mid-account takes the amount from the caller's balance (msg.value must be 0); mode one-shot takes
    /// msg.value, or pulls the token by allowance and demands that exactly the amount arrives. Emits Locked.
    function lock(address token, LockOrder calldata order) external payable;

    /// @notice lock in one-shot mode for an ERC-20 with an ERC-2612 permit, treated as in depositWithPermit.
    function lockWithPermit(address token, LockOrder calldata order, Permit calldata permit) external;

    /// @notice Makes many mid-account locks of one token. An entry whose slot is not free at its generation is skipped and reported; any
    /// other defect throws. Emits Locked or Skipped per entry.
    /// @return made How many locks were made.
    function lockMany(address token, LockOrder[] calldata orders) external returns (uint256 made);

    /// @notice Pays a lock to its beneficiary; anyone may call who knows the secret, while block.timestamp < expiresAtSec. Mid-account
    /// mode credits a balance. One-shot mode pays out; a payout that fails, or for which gas is short, becomes a balance, so receiver,
    /// token and gas limit cannot stop a claim. Emits Claimed and perhaps PayoutCredited.
    function claim(address token, bytes32 secret, LockRef calldata ref) external;

    /// @notice Claims many locks of one token. Entries that are unknown, settled or too late are skipped and reported.
    /// @return settled How many locks were claimed.
    function claimMany(address token, ClaimItem[] calldata items) external returns (uint256 settled);

    /// @notice Pays a lock back to its owner; anyone may call once block.timestamp >= expiresAtSec. Pays like claim. Emits Refunded and
    /// perhaps PayoutCredited.
    function refund(address token, bytes32 hashLock, LockRef calldata ref) external;

    /// @notice Refunds many locks of one token. Entries that are unknown, settled or too early are skipped and reported.
    /// @return settled How many locks were refunded.
    function refundMany(address token, RefundItem[] calldata items) external returns (uint256 settled);

    /// @notice Refunds before the deadline with the beneficiary's signature over RefundConsent(bytes32 lockId,uint256 expiresAtSec) in
    /// this escrow's EIP-712 domain; an account's key or EIP-1271. The beneficiary signs only when its own leg is terminal and final on
    /// its ledger. Valid while block.timestamp < consentExpiresAtSec. Emits Refunded and perhaps PayoutCredited.
    function refundWithConsent(
        address token,
        bytes32 hashLock,
        LockRef calldata ref,
        uint256 consentExpiresAtSec,
        bytes calldata signature
    ) external;

    /// @notice What `account` can lock or withdraw of `token`.
    function balanceOf(address token, address account) external view returns (uint256);

    /// @notice A slot's state. While it is locked the generation is known only to whoever knows the lock, and 0 is returned.
    function slotOf(address owner, uint24 index) external view returns (bool locked, uint32 generation);

    /// @notice The first `count` free slots of `owner` from index `from` on, looking at no more than `span` slots.
    /// @return indices Their indices, ascending; fewer than `count` when the span ends first.
    /// @return generations Their generations, as a lock must name them. A generation > 0 is a slot that is cheaper to use again.
    function freeSlots(
        address owner,
        uint24 from,
        uint256 count,
        uint256 span
    ) external view returns (uint24[] memory indices, uint32[] memory generations);

    /// @notice What is known of a lock with these arguments.
    function statusOf(address token, bytes32 hashLock, LockRef calldata ref) external view returns (LockStatus);

    /// @notice The id of a lock.
    function lockIdOf(address owner, uint24 index, uint32 generation, bytes32 swapId) external view returns (bytes32);

    /// @notice The swap id that a lock of `owner` with this order has.
    function swapIdOf(address owner, address token, LockOrder calldata order) external view returns (bytes32);

    /// @notice The digest that a beneficiary signs to consent to a refund.
    function consentDigest(bytes32 lockId, uint256 consentExpiresAtSec) external view returns (bytes32);

    /// @notice The limits given at deployment.
    function limits() external view returns (Limits memory);
}
