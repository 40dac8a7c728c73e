// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IMidlockEscrow} from "./interfaces/IMidlockEscrow.sol";
import {LockHash} from "./libraries/LockHash.sol";
import {Tokens} from "./libraries/Tokens.sol";
import {Stake} from "./types/Stake.sol";
import {Ticket} from "./types/Ticket.sol";

/// @title MidlockEscrow
/// @notice See {IMidlockEscrow}. State changes come before calls out everywhere; the one place where a call out decides an amount
/// (`_pull`) cannot be entered twice.
contract MidlockEscrow is IMidlockEscrow, EIP712 {
    bytes32 private constant CONSENT_TYPEHASH = keccak256("RefundConsent(bytes32 lockId,uint256 expiresAtSec)");
    address private constant ETH = address(0);

    /// @dev One word, in a struct so that its place is computed once.
    struct Slot {
        uint256 word;
    }

    /// @dev Minor units, in a struct for the same reason.
    struct Balance {
        uint256 amount;
    }

    /// @dev What a batch owes to one account and has not written yet.
    struct Credit {
        address to;
        uint256 amount;
    }

    // The id at deployment: after a fork that changes it, open locks must still be found.
    uint256 private immutable _chainId = block.chainid;
    uint256 private immutable _minDurationSec;
    uint256 private immutable _maxDurationSec;
    uint256 private immutable _payoutGas;
    uint256 private immutable _payoutReserve;

    // Slot key (owner << 24 | index) to commitment | 1 (taken) or generation << 1 (free).
    mapping(uint256 slotKey => Slot) private _slots;
    mapping(address token => mapping(address account => Balance)) private _balances;
    uint256 private transient _pulling;

    constructor(Limits memory limits_) EIP712("Midlock", "1") {
        if (limits_.minDurationSec == 0) revert ArgumentInvalid("minDurationSec");
        if (limits_.maxDurationSec < limits_.minDurationSec || limits_.maxDurationSec >= 1 << 39) {
            revert ArgumentInvalid("maxDurationSec");
        }
        if (limits_.payoutGas == 0) revert ArgumentInvalid("payoutGas");
        if (limits_.payoutReserve == 0) revert ArgumentInvalid("payoutReserve");
        _minDurationSec = limits_.minDurationSec;
        _maxDurationSec = limits_.maxDurationSec;
        _payoutGas = limits_.payoutGas;
        _payoutReserve = limits_.payoutReserve;
    }

    /// @inheritdoc IMidlockEscrow
    function deposit(address token, uint256 amount) external payable returns (uint256) {
        if (msg.value != (token == ETH ? amount : 0)) revert ArgumentInvalid("value");
        return _deposit(token, amount);
    }

    /// @inheritdoc IMidlockEscrow
    function depositWithPermit(address token, uint256 amount, Permit calldata permit) external returns (uint256) {
        _permit(token, amount, permit);
        return _deposit(token, amount);
    }

    /// @inheritdoc IMidlockEscrow
    function withdraw(address token, uint256 amount, address to) external {
        if (amount == 0) revert AmountInvalid();
        if (to == address(0) || to == address(this)) revert ArgumentInvalid("to");
        _debit(token, amount);
        emit Withdrawn(msg.sender, token, to, amount);
        if (!Tokens.trySend(token, to, amount, gasleft())) revert PayoutFailed(token, to);
    }

    /// @inheritdoc IMidlockEscrow
    function lock(address token, LockOrder calldata order) external payable {
        bool oneShot = order.ticket.isOneShot();
        if (msg.value != (oneShot && token == ETH ? order.amount : 0)) revert ArgumentInvalid("value");
        if (oneShot) {
            _lockOneShot(token, order);
        } else {
            _lock(token, order);
            _debit(token, order.amount);
        }
    }

    /// @inheritdoc IMidlockEscrow
    function lockWithPermit(address token, LockOrder calldata order, Permit calldata permit) external {
        if (!order.ticket.isOneShot()) revert ArgumentInvalid("mode");
        _permit(token, order.amount, permit);
        _lockOneShot(token, order);
    }

    /// @inheritdoc IMidlockEscrow
    function lockMany(address token, LockOrder[] calldata orders) external returns (uint256 made) {
        uint256 total = 0;
        for (uint256 i = 0; i < orders.length; ++i) {
            LockOrder calldata order = orders[i];
            if (order.ticket.isOneShot()) revert ArgumentInvalid("mode");
            (bytes32 swapId, bool taken) = _tryLock(token, order);
            if (taken) {
                emit Skipped(swapId, _lockId(msg.sender, order.ticket, swapId), LockExists.selector);
            } else {
                // Amounts of locks are below 2^96, and a batch has fewer than 2^64 entries.
                unchecked {
                    total += order.amount;
                    ++made;
                }
            }
        }
        _debit(token, total);
    }

    /// @inheritdoc IMidlockEscrow
    function claim(address token, bytes32 secret, LockRef calldata ref) external {
        bytes4 reason = _tryClaim(token, ref, secret);
        if (reason != 0) _refuse(reason, ref);
        _pay(token, ref.ticket.beneficiary(), ref);
    }

    /// @inheritdoc IMidlockEscrow
    function claimMany(address token, ClaimItem[] calldata items) external returns (uint256 settled) {
        Credit memory credit;
        for (uint256 i = 0; i < items.length; ++i) {
            LockRef calldata ref = items[i].lock;
            bytes4 reason = _tryClaim(token, ref, items[i].secret);
            if (reason != 0) {
                emit Skipped(ref.swapId, _lockId(ref), reason);
            } else {
                _payInBatch(credit, token, ref.ticket.beneficiary(), ref);
                unchecked {
                    ++settled;
                }
            }
        }
        _flush(credit, token);
    }

    /// @inheritdoc IMidlockEscrow
    function refund(address token, bytes32 hashLock, LockRef calldata ref) external {
        bytes4 reason = _tryRefund(token, ref, hashLock);
        if (reason != 0) _refuse(reason, ref);
        _pay(token, ref.stake.owner(), ref);
    }

    /// @inheritdoc IMidlockEscrow
    function refundMany(address token, RefundItem[] calldata items) external returns (uint256 settled) {
        Credit memory credit;
        for (uint256 i = 0; i < items.length; ++i) {
            LockRef calldata ref = items[i].lock;
            bytes4 reason = _tryRefund(token, ref, items[i].hashLock);
            if (reason != 0) {
                emit Skipped(ref.swapId, _lockId(ref), reason);
            } else {
                _payInBatch(credit, token, ref.stake.owner(), ref);
                unchecked {
                    ++settled;
                }
            }
        }
        _flush(credit, token);
    }

    /// @inheritdoc IMidlockEscrow
    function refundWithConsent(
        address token,
        bytes32 hashLock,
        LockRef calldata ref,
        uint256 consentExpiresAtSec,
        bytes calldata signature
    ) external {
        if (block.timestamp >= consentExpiresAtSec) revert ConsentExpired(consentExpiresAtSec);
        address beneficiary = ref.ticket.beneficiary();
        if (!_isSignedBy(beneficiary, consentDigest(_lockId(ref), consentExpiresAtSec), signature)) {
            revert NotBeneficiary(beneficiary);
        }
        bytes4 reason = _tryClose(token, ref, hashLock);
        if (reason != 0) _refuse(reason, ref);
        emit Refunded(ref.swapId, ref.ticket.place(ref.stake.owner()));
        _pay(token, ref.stake.owner(), ref);
    }

    /// @inheritdoc IMidlockEscrow
    function balanceOf(address token, address account) external view returns (uint256) {
        return _balances[token][account].amount;
    }

    /// @inheritdoc IMidlockEscrow
    function slotOf(address owner, uint24 index) public view returns (bool locked, uint32 generation) {
        uint256 stored = _slot(owner, index).word;
        locked = stored & 1 == 1;
        generation = locked ? 0 : uint32(stored >> 1);
    }

    /// @inheritdoc IMidlockEscrow
    function freeSlots(
        address owner,
        uint24 from,
        uint256 count,
        uint256 span
    ) external view returns (uint24[] memory indices, uint32[] memory generations) {
        indices = new uint24[](count);
        generations = new uint32[](count);
        uint256 found = 0;
        uint256 left = (1 << 24) - uint256(from);
        uint256 end = from + (span < left ? span : left);
        for (uint256 i = from; i < end && found < count; ++i) {
            (bool locked, uint32 generation) = slotOf(owner, uint24(i));
            if (locked) continue;
            indices[found] = uint24(i);
            generations[found] = generation;
            ++found;
        }
        // Both arrays were made for `count`; only what was found is returned.
        assembly ("memory-safe") {
            mstore(indices, found)
            mstore(generations, found)
        }
    }

    /// @inheritdoc IMidlockEscrow
    function statusOf(address token, bytes32 hashLock, LockRef calldata ref) external view returns (LockStatus) {
        uint256 stored = _slot(ref.stake.owner(), ref.ticket.index()).word;
        if (stored == LockHash.commitmentOf(ref.swapId, token, ref.stake.amount(), ref.ticket, hashLock)) {
            return LockStatus.Open;
        }
        return _isPast(stored, ref.ticket) ? LockStatus.Settled : LockStatus.Unknown;
    }

    /// @inheritdoc IMidlockEscrow
    function lockIdOf(address owner, uint24 index, uint32 generation, bytes32 swapId) external view returns (bytes32) {
        return LockHash.lockIdOf(_chainId, owner, index, generation, swapId);
    }

    /// @inheritdoc IMidlockEscrow
    function swapIdOf(address owner, address token, LockOrder calldata order) external view returns (bytes32) {
        return _swapId(owner, token, order);
    }

    /// @inheritdoc IMidlockEscrow
    function consentDigest(bytes32 lockId, uint256 consentExpiresAtSec) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(CONSENT_TYPEHASH, lockId, consentExpiresAtSec)));
    }

    /// @inheritdoc IMidlockEscrow
    function limits() external view returns (Limits memory) {
        return Limits(_minDurationSec, _maxDurationSec, _payoutGas, _payoutReserve);
    }

    function _deposit(address token, uint256 amount) private returns (uint256 received) {
        received = token == ETH ? amount : _pull(token, amount);
        if (received == 0) revert AmountInvalid();
        _balances[token][msg.sender].amount += received;
        emit Deposited(msg.sender, token, received);
    }

    /// @dev Takes from the caller's balance.
    function _debit(address token, uint256 amount) private {
        Balance storage balance = _balances[token][msg.sender];
        uint256 available = balance.amount;
        if (available < amount) revert BalanceInsufficient(available, amount);
        unchecked {
            balance.amount = available - amount;
        }
    }

    /// @dev What really arrives when `amount` is pulled from the caller. A token that calls back could have one arrival counted twice,
    /// hence no second pull while one runs.
    function _pull(address token, uint256 amount) private returns (uint256 received) {
        if (_pulling != 0 || token.code.length == 0) revert TokenMisbehaved(token);
        _pulling = 1;
        uint256 before = IERC20(token).balanceOf(address(this));
        if (!Tokens.tryPull(token, msg.sender, amount)) revert TokenMisbehaved(token);
        uint256 afterwards = IERC20(token).balanceOf(address(this));
        if (afterwards < before) revert TokenMisbehaved(token);
        _pulling = 0;
        unchecked {
            return afterwards - before;
        }
    }

    function _permit(address token, uint256 amount, Permit calldata permit) private {
        if (token == ETH) revert ArgumentInvalid("token");
        Tokens.permit(token, msg.sender, amount, permit.deadline, permit.v, permit.r, permit.s);
    }

    function _lockOneShot(address token, LockOrder calldata order) private {
        // The token is paid before the lock exists, so that nothing can be claimed that has not arrived.
        if (token != ETH && _pull(token, order.amount) != order.amount) revert TokenMisbehaved(token);
        _lock(token, order);
    }

    function _lock(address token, LockOrder calldata order) private {
        (, bool taken) = _tryLock(token, order);
        if (taken) revert LockExists(msg.sender, order.ticket.index());
    }

    function _tryLock(address token, LockOrder calldata order) private returns (bytes32 swapId, bool taken) {
        Ticket ticket = order.ticket;
        _checkOrder(order, ticket);
        swapId = _swapId(msg.sender, token, order);
        Slot storage slot = _slot(msg.sender, ticket.index());
        if (slot.word != ticket.generation() << 1) return (swapId, true);
        slot.word = LockHash.commitmentOf(swapId, token, order.amount, ticket, order.hashLock);
        emit Locked(swapId, msg.sender, (uint256(uint160(token)) << 96) | order.amount, ticket, order.hashLock);
    }

    function _checkOrder(LockOrder calldata order, Ticket ticket) private view {
        if (block.chainid != _chainId) revert NetworkMismatch(_chainId, block.chainid);
        if (order.amount == 0 || order.amount > type(uint96).max) revert AmountInvalid();
        // A balance of the escrow in itself could never leave it.
        address beneficiary = ticket.beneficiary();
        if (beneficiary == address(0) || beneficiary == address(this)) revert ArgumentInvalid("beneficiary");
        if (order.hashLock == 0) revert ArgumentInvalid("hashLock");
        if (order.counterpart == 0) revert ArgumentInvalid("counterpart");
        uint256 expiresAtSec = ticket.expiresAtSec();
        unchecked {
            // Block times and limits stay far below 2^64.
            uint256 earliestSec = block.timestamp + _minDurationSec;
            if (expiresAtSec < earliestSec) revert DeadlineTooClose(expiresAtSec, earliestSec);
            uint256 latestSec = block.timestamp + _maxDurationSec;
            if (expiresAtSec > latestSec) revert DeadlineTooFar(expiresAtSec, latestSec);
        }
    }

    function _tryClaim(address token, LockRef calldata ref, bytes32 secret) private returns (bytes4 reason) {
        if (block.timestamp >= ref.ticket.expiresAtSec()) return ClaimTooLate.selector;
        reason = _tryClose(token, ref, LockHash.hashLockOf(secret));
        if (reason == 0) emit Claimed(ref.swapId, ref.ticket.place(ref.stake.owner()), secret);
    }

    function _tryRefund(address token, LockRef calldata ref, bytes32 hashLock) private returns (bytes4 reason) {
        if (block.timestamp < ref.ticket.expiresAtSec()) return RefundTooEarly.selector;
        reason = _tryClose(token, ref, hashLock);
        if (reason == 0) emit Refunded(ref.swapId, ref.ticket.place(ref.stake.owner()));
    }

    /// @dev Ends a lock for ever by writing the next generation, if it is open under exactly these arguments.
    function _tryClose(address token, LockRef calldata ref, bytes32 hashLock) private returns (bytes4) {
        Ticket ticket = ref.ticket;
        Stake stake = ref.stake;
        Slot storage slot = _slot(stake.owner(), ticket.index());
        uint256 stored = slot.word;
        if (stored != LockHash.commitmentOf(ref.swapId, token, stake.amount(), ticket, hashLock)) {
            return _isPast(stored, ticket) ? LockSettled.selector : LockUnknown.selector;
        }
        unchecked {
            slot.word = (ticket.generation() + 1) << 1;
        }
        return 0;
    }

    function _refuse(bytes4 reason, LockRef calldata ref) private view {
        if (reason == ClaimTooLate.selector) revert ClaimTooLate(ref.ticket.expiresAtSec());
        if (reason == RefundTooEarly.selector) revert RefundTooEarly(ref.ticket.expiresAtSec());
        if (reason == LockSettled.selector) revert LockSettled(_lockId(ref));
        revert LockUnknown(_lockId(ref));
    }

    /// @dev Pays a closed lock.
    function _pay(address token, address to, LockRef calldata ref) private {
        if (ref.ticket.isOneShot() && _trySend(token, to, ref)) return;
        _balances[token][to].amount += ref.stake.amount();
    }

    /// @dev Pays a closed lock of a batch; credits to one account in a row are written once.
    function _payInBatch(Credit memory credit, address token, address to, LockRef calldata ref) private {
        if (ref.ticket.isOneShot() && _trySend(token, to, ref)) return;
        if (credit.to != to) {
            _flush(credit, token);
            credit.to = to;
        }
        unchecked {
            // Below 2^96 each, and fewer than 2^64 of them.
            credit.amount += ref.stake.amount();
        }
    }

    function _flush(Credit memory credit, address token) private {
        if (credit.amount == 0) return;
        _balances[token][credit.to].amount += credit.amount;
        credit.amount = 0;
    }

    /// @dev The payout of a one-shot lock. The receiver or token gets limited gas, and what is kept back pays for the balance that a
    /// failed payout becomes; with less gas than that the payout is not tried.
    function _trySend(address token, address to, LockRef calldata ref) private returns (bool) {
        uint256 amount = ref.stake.amount();
        uint256 available = gasleft();
        if (available > _payoutReserve) {
            uint256 gasLimit = available - _payoutReserve;
            if (gasLimit > _payoutGas) gasLimit = _payoutGas;
            if (Tokens.trySend(token, to, amount, gasLimit)) return true;
        }
        emit PayoutCredited(_lockId(ref), to, token, amount);
        return false;
    }

    /// @dev An account's own key counts even where the account has code (EIP-7702), else the code decides (EIP-1271).
    function _isSignedBy(address signer, bytes32 digest, bytes calldata signature) private view returns (bool) {
        (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature);
    }

    function _isPast(uint256 stored, Ticket ticket) private pure returns (bool) {
        return stored & 1 == 0 && stored >> 1 > ticket.generation();
    }

    function _slot(address owner, uint256 index) private view returns (Slot storage) {
        return _slots[(uint256(uint160(owner)) << 24) | index];
    }

    function _lockId(LockRef calldata ref) private view returns (bytes32) {
        return _lockId(ref.stake.owner(), ref.ticket, ref.swapId);
    }

    function _lockId(address owner, Ticket ticket, bytes32 swapId) private view returns (bytes32) {
        return LockHash.lockIdOf(_chainId, owner, ticket.index(), ticket.generation(), swapId);
    }

    function _swapId(address owner, address token, LockOrder calldata order) private view returns (bytes32) {
        return LockHash.swapIdOf(_chainId, owner, token, order.amount, order.ticket, order.hashLock, order.counterpart);
    }
}
