// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";
import {IMidlockEscrow} from "./interfaces/IMidlockEscrow.sol";
import {SwapHash} from "./libraries/SwapHash.sol";
import {Tokens} from "./libraries/Tokens.sol";
import {LockWord, LockWords} from "./types/LockWord.sol";

/// @title MidlockEscrow
/// @notice See {IMidlockEscrow}. State changes come before calls out everywhere; the one place where a call out decides an amount
/// (`_pull`) cannot be entered twice.
contract MidlockEscrow is IMidlockEscrow, EIP712 {
    bytes32 private constant CONSENT_TYPEHASH = keccak256("RefundConsent(bytes32 lockId,uint256 expiresAtSec)");
    address private constant ETH = address(0);

    // The id at deployment: after a fork that changes it, open locks must still be found.
    uint256 private immutable _chainId = block.chainid;
    uint256 private immutable _minDurationSec;
    uint256 private immutable _maxDurationSec;
    uint256 private immutable _payoutGas;
    uint256 private immutable _payoutReserve;

    // Slot key (owner << 40 | index) to commitment | 1 (taken) or generation << 1 (free).
    mapping(uint256 slotKey => uint256) private _slots;
    mapping(address token => mapping(address account => uint256)) private _balances;
    bool private transient _pulling;

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
    function lock(address token, LockOrder calldata order) external payable returns (bytes32) {
        uint256 mode = order.word.mode();
        uint256 amount = order.word.amount();
        if (msg.value != (mode == LockWords.ONE_SHOT && token == ETH ? amount : 0)) revert ArgumentInvalid("value");
        if (mode == LockWords.ONE_SHOT) return _lockOneShot(token, order);
        bytes32 lockId = _lock(token, order);
        _debit(token, amount);
        return lockId;
    }

    /// @inheritdoc IMidlockEscrow
    function lockWithPermit(
        address token,
        LockOrder calldata order,
        Permit calldata permit
    ) external returns (bytes32) {
        if (order.word.mode() != LockWords.ONE_SHOT) revert ArgumentInvalid("mode");
        _permit(token, order.word.amount(), permit);
        return _lockOneShot(token, order);
    }

    /// @inheritdoc IMidlockEscrow
    function lockMany(address token, LockOrder[] calldata orders) external returns (uint256 made) {
        uint256 total = 0;
        for (uint256 i = 0; i < orders.length; ++i) {
            LockOrder calldata order = orders[i];
            if (order.word.mode() != LockWords.MID_ACCOUNT) revert ArgumentInvalid("mode");
            (bytes32 lockId, bytes32 swapId, bool taken) = _tryLock(token, order);
            if (taken) {
                emit Skipped(swapId, lockId, LockExists.selector);
            } else {
                total += order.word.amount();
                ++made;
            }
        }
        _debit(token, total);
    }

    /// @inheritdoc IMidlockEscrow
    function claim(address token, LockRef calldata ref, bytes32 secret) external {
        (bytes32 lockId, bytes4 reason) = _tryClaim(token, ref, secret);
        if (reason != 0) _refuse(reason, lockId, ref.word);
        _pay(token, ref.beneficiary, ref.word, lockId);
    }

    /// @inheritdoc IMidlockEscrow
    function claimMany(address token, ClaimItem[] calldata items) external returns (uint256 settled) {
        for (uint256 i = 0; i < items.length; ++i) {
            LockRef calldata ref = items[i].lock;
            (bytes32 lockId, bytes4 reason) = _tryClaim(token, ref, items[i].secret);
            if (reason != 0) {
                emit Skipped(ref.swapId, lockId, reason);
            } else {
                _pay(token, ref.beneficiary, ref.word, lockId);
                ++settled;
            }
        }
    }

    /// @inheritdoc IMidlockEscrow
    function refund(address token, LockRef calldata ref, bytes32 hashLock) external {
        (bytes32 lockId, bytes4 reason) = _tryRefund(token, ref, hashLock);
        if (reason != 0) _refuse(reason, lockId, ref.word);
        _pay(token, ref.owner, ref.word, lockId);
    }

    /// @inheritdoc IMidlockEscrow
    function refundMany(address token, RefundItem[] calldata items) external returns (uint256 settled) {
        for (uint256 i = 0; i < items.length; ++i) {
            LockRef calldata ref = items[i].lock;
            (bytes32 lockId, bytes4 reason) = _tryRefund(token, ref, items[i].hashLock);
            if (reason != 0) {
                emit Skipped(ref.swapId, lockId, reason);
            } else {
                _pay(token, ref.owner, ref.word, lockId);
                ++settled;
            }
        }
    }

    /// @inheritdoc IMidlockEscrow
    function refundWithConsent(
        address token,
        LockRef calldata ref,
        bytes32 hashLock,
        uint256 consentExpiresAtSec,
        bytes calldata signature
    ) external {
        if (block.timestamp >= consentExpiresAtSec) revert ConsentExpired(consentExpiresAtSec);
        bytes32 lockId = _lockId(ref.owner, ref.word, ref.swapId);
        bytes32 digest = consentDigest(lockId, consentExpiresAtSec);
        if (!_isSignedBy(ref.beneficiary, digest, signature)) revert NotBeneficiary(ref.beneficiary);
        bytes4 reason = _tryClose(token, ref, hashLock, lockId);
        if (reason != 0) _refuse(reason, lockId, ref.word);
        emit Refunded(ref.swapId, lockId);
        _pay(token, ref.owner, ref.word, lockId);
    }

    /// @inheritdoc IMidlockEscrow
    function balanceOf(address token, address account) external view returns (uint256) {
        return _balances[token][account];
    }

    /// @inheritdoc IMidlockEscrow
    function slotOf(address owner, uint40 index) public view returns (bool locked, uint40 generation) {
        uint256 stored = _slots[_slotKey(owner, index)];
        locked = stored & 1 == 1;
        generation = locked ? 0 : uint40(stored >> 1);
    }

    /// @inheritdoc IMidlockEscrow
    function freeSlots(
        address owner,
        uint40 from,
        uint256 count,
        uint256 span
    ) external view returns (uint40[] memory indices, uint40[] memory generations) {
        indices = new uint40[](count);
        generations = new uint40[](count);
        uint256 found = 0;
        for (uint256 i = 0; i < span && found < count; ++i) {
            uint40 index = from + uint40(i);
            (bool locked, uint40 generation) = slotOf(owner, index);
            if (locked) continue;
            indices[found] = index;
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
    function statusOf(address token, LockRef calldata ref, bytes32 hashLock) external view returns (LockStatus) {
        bytes32 lockId = _lockId(ref.owner, ref.word, ref.swapId);
        uint256 stored = _slots[_slotKey(ref.owner, ref.word.index())];
        if (stored == _commitment(lockId, token, ref.beneficiary, hashLock, ref.word)) return LockStatus.Open;
        return _isPast(stored, ref.word) ? LockStatus.Settled : LockStatus.Unknown;
    }

    /// @inheritdoc IMidlockEscrow
    function lockIdOf(
        address owner,
        uint40 index,
        uint40 generation,
        bytes32 swapId
    ) external view returns (bytes32) {
        return _lockId(owner, LockWords.pack(0, 0, index, generation, 0), swapId);
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
        _balances[token][msg.sender] += received;
        emit Deposited(msg.sender, token, received);
    }

    /// @dev Takes from the caller's balance.
    function _debit(address token, uint256 amount) private {
        uint256 available = _balances[token][msg.sender];
        if (available < amount) revert BalanceInsufficient(available, amount);
        unchecked {
            _balances[token][msg.sender] = available - amount;
        }
    }

    /// @dev What really arrives when `amount` is pulled from the caller. A token that calls back could have one arrival counted twice,
    /// hence no second pull while one runs.
    function _pull(address token, uint256 amount) private returns (uint256 received) {
        if (_pulling || token.code.length == 0) revert TokenMisbehaved(token);
        _pulling = true;
        uint256 before = IERC20(token).balanceOf(address(this));
        if (!Tokens.tryPull(token, msg.sender, amount)) revert TokenMisbehaved(token);
        uint256 afterwards = IERC20(token).balanceOf(address(this));
        if (afterwards < before) revert TokenMisbehaved(token);
        _pulling = false;
        return afterwards - before;
    }

    function _permit(address token, uint256 amount, Permit calldata permit) private {
        if (token == ETH) revert ArgumentInvalid("token");
        Tokens.permit(token, msg.sender, amount, permit.deadline, permit.v, permit.r, permit.s);
    }

    function _lockOneShot(address token, LockOrder calldata order) private returns (bytes32) {
        // The token is paid before the lock exists, so that nothing can be claimed that has not arrived.
        if (token != ETH && _pull(token, order.word.amount()) != order.word.amount()) revert TokenMisbehaved(token);
        return _lock(token, order);
    }

    function _lock(address token, LockOrder calldata order) private returns (bytes32) {
        if (order.word.mode() > LockWords.ONE_SHOT) revert ArgumentInvalid("mode");
        (bytes32 lockId, , bool taken) = _tryLock(token, order);
        if (taken) revert LockExists(msg.sender, order.word.index());
        return lockId;
    }

    function _tryLock(
        address token,
        LockOrder calldata order
    ) private returns (bytes32 lockId, bytes32 swapId, bool taken) {
        _checkOrder(order);
        LockWord word = order.word;
        swapId = _swapId(msg.sender, token, order);
        lockId = _lockId(msg.sender, word, swapId);
        uint256 key = _slotKey(msg.sender, word.index());
        if (_slots[key] != word.generation() << 1) return (lockId, swapId, true);
        _slots[key] = _commitment(lockId, token, order.beneficiary, order.hashLock, word);
        emit Locked(swapId, msg.sender, order.beneficiary, token, order.hashLock, word);
    }

    function _checkOrder(LockOrder calldata order) private view {
        if (block.chainid != _chainId) revert NetworkMismatch(_chainId, block.chainid);
        if (order.word.amount() == 0) revert AmountInvalid();
        // A balance of the escrow in itself could never leave it.
        if (order.beneficiary == address(0) || order.beneficiary == address(this)) revert ArgumentInvalid("beneficiary");
        if (order.hashLock == 0) revert ArgumentInvalid("hashLock");
        if (order.counterpart == 0) revert ArgumentInvalid("counterpart");
        uint256 expiresAtSec = order.word.expiresAtSec();
        uint256 earliestSec = block.timestamp + _minDurationSec;
        if (expiresAtSec < earliestSec) revert DeadlineTooClose(expiresAtSec, earliestSec);
        uint256 latestSec = block.timestamp + _maxDurationSec;
        if (expiresAtSec > latestSec) revert DeadlineTooFar(expiresAtSec, latestSec);
    }

    function _tryClaim(
        address token,
        LockRef calldata ref,
        bytes32 secret
    ) private returns (bytes32 lockId, bytes4 reason) {
        lockId = _lockId(ref.owner, ref.word, ref.swapId);
        if (block.timestamp >= ref.word.expiresAtSec()) return (lockId, ClaimTooLate.selector);
        reason = _tryClose(token, ref, sha256(abi.encode(secret)), lockId);
        if (reason == 0) emit Claimed(ref.swapId, lockId, secret);
    }

    function _tryRefund(
        address token,
        LockRef calldata ref,
        bytes32 hashLock
    ) private returns (bytes32 lockId, bytes4 reason) {
        lockId = _lockId(ref.owner, ref.word, ref.swapId);
        if (block.timestamp < ref.word.expiresAtSec()) return (lockId, RefundTooEarly.selector);
        reason = _tryClose(token, ref, hashLock, lockId);
        if (reason == 0) emit Refunded(ref.swapId, lockId);
    }

    /// @dev Ends a lock for ever by writing the next generation, if it is open under exactly these arguments.
    function _tryClose(
        address token,
        LockRef calldata ref,
        bytes32 hashLock,
        bytes32 lockId
    ) private returns (bytes4) {
        LockWord word = ref.word;
        uint256 key = _slotKey(ref.owner, word.index());
        uint256 stored = _slots[key];
        if (stored != _commitment(lockId, token, ref.beneficiary, hashLock, word)) {
            return _isPast(stored, word) ? LockSettled.selector : LockUnknown.selector;
        }
        _slots[key] = (word.generation() + 1) << 1;
        return 0;
    }

    function _refuse(bytes4 reason, bytes32 lockId, LockWord word) private pure {
        if (reason == ClaimTooLate.selector) revert ClaimTooLate(word.expiresAtSec());
        if (reason == RefundTooEarly.selector) revert RefundTooEarly(word.expiresAtSec());
        if (reason == LockSettled.selector) revert LockSettled(lockId);
        revert LockUnknown(lockId);
    }

    /// @dev Pays a closed lock. In one-shot mode the receiver or token gets limited gas, and what is kept back pays for the balance that
    /// a failed payout becomes; with less gas than that the payout is not tried.
    function _pay(address token, address to, LockWord word, bytes32 lockId) private {
        uint256 amount = word.amount();
        if (word.mode() == LockWords.ONE_SHOT) {
            uint256 gasBefore = gasleft();
            if (gasBefore > _payoutReserve) {
                uint256 gasLimit = gasBefore - _payoutReserve;
                if (gasLimit > _payoutGas) gasLimit = _payoutGas;
                if (Tokens.trySend(token, to, amount, gasLimit)) return;
            }
            emit PayoutCredited(lockId, to, token, amount);
        }
        _balances[token][to] += amount;
    }

    /// @dev An account's own key counts even where the account has code (EIP-7702), else the code decides (EIP-1271).
    function _isSignedBy(address signer, bytes32 digest, bytes calldata signature) private view returns (bool) {
        (address recovered, ECDSA.RecoverError failure, ) = ECDSA.tryRecoverCalldata(digest, signature);
        if (failure == ECDSA.RecoverError.NoError && recovered == signer) return true;
        return SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature);
    }

    function _isPast(uint256 stored, LockWord word) private pure returns (bool) {
        return stored & 1 == 0 && stored >> 1 > word.generation();
    }

    function _slotKey(address owner, uint256 index) private pure returns (uint256) {
        return (uint256(uint160(owner)) << 40) | index;
    }

    function _lockId(address owner, LockWord word, bytes32 swapId) private view returns (bytes32) {
        return keccak256(abi.encode(_chainId, address(this), owner, word.index(), word.generation(), swapId));
    }

    function _commitment(
        bytes32 lockId,
        address token,
        address beneficiary,
        bytes32 hashLock,
        LockWord word
    ) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(lockId, token, beneficiary, hashLock, word))) | 1;
    }

    function _swapId(address owner, address token, LockOrder calldata order) private view returns (bytes32) {
        return
            SwapHash.swapIdOf(
                SwapHash.ethereumLegHash(
                    SwapHash.EthereumLeg({
                        chainId: _chainId,
                        escrow: address(this),
                        token: token,
                        amount: order.word.amount(),
                        owner: owner,
                        beneficiary: order.beneficiary,
                        expiresAtSec: order.word.expiresAtSec()
                    })
                ),
                order.hashLock,
                order.counterpart
            );
    }
}
