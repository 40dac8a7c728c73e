// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {BlsVerifier} from "./BlsVerifier.sol";
import {FrostVerifier} from "./FrostVerifier.sol";
import {IVerifier} from "./IVerifier.sol";
import {QuorumVerifier} from "./QuorumVerifier.sol";
import {Statements} from "./encoding/Statements.sol";

/// @title The committee keys that this chain accepts: the current one, and for a while the one before it.
/// @notice Equal in its rules to crypto/src/dkg/rotation.ts. A key is replaced by a `rotate` statement that it signed itself; from
/// then on it only finishes what was opened under it, until the last deadline named there, and is refused afterwards. The
/// register deploys each verifier itself from the key in the statement, so nobody can bring a verifier that says yes to all.
contract KeyRegister {
    struct Key {
        IVerifier verifier;
        uint64 epoch;
        bytes32 rosterHash;
    }

    /// @dev The tag of attestations: BLS_TAGS.attestation of crypto/src/bls/tags.ts.
    bytes private constant ATTESTATION_TAG = "MIDLOCK-V1-ATTEST-BLS12381G1_XMD:SHA-256_SSWU_RO_";

    /// @notice Hash of the pair of ledgers whose statements count here; this contract and chain are part of it.
    bytes32 public immutable domainHash;

    Key private _current;
    Key private _previous;
    /// @notice Time until which the key before the current one still counts.
    uint64 public previousUntilSec;

    event KeyRotated(
        uint64 indexed epoch,
        bytes32 rosterHash,
        Statements.Scheme scheme,
        address verifier,
        uint64 previousUntilSec
    );

    /// @dev The statement is of another epoch or roster, or not for the next epoch.
    error RotateForeign();
    /// @dev The new key may not be used yet.
    error RotateTooEarly(uint64 activeFromSec);
    /// @dev The current key did not sign this statement.
    error RotateUnsigned();
    /// @dev Key data that are not of the scheme, or not what the statement names.
    error KeyDataInvalid();

    /// @param networkId Hash of the Fabric channel's genesis block header.
    /// @param channel Name of the Fabric channel.
    /// @param chaincode Name of the chaincode on it.
    /// @param epoch Epoch of the first key.
    /// @param rosterHash Hash of its roster.
    /// @param scheme Its scheme.
    /// @param keyData The key: see {rotate}.
    constructor(
        bytes32 networkId,
        string memory channel,
        string memory chaincode,
        uint64 epoch,
        bytes32 rosterHash,
        Statements.Scheme scheme,
        bytes memory keyData
    ) {
        domainHash = Statements.domainHash(uint64(block.chainid), address(this), networkId, channel, chaincode);
        _current = Key(_deploy(scheme, keyData), epoch, rosterHash);
        emit KeyRotated(epoch, rosterHash, scheme, address(_current.verifier), 0);
    }

    /// @notice The key for new work.
    function current() external view returns (Key memory) {
        return _current;
    }

    /// @notice The key before it; {previousUntilSec} says how long it counts.
    function previous() external view returns (Key memory) {
        return _previous;
    }

    /// @notice Replaces the current key. Anyone may bring the statement.
    /// @param epoch Epoch in the statement's header.
    /// @param rosterHash Roster hash in the statement's header.
    /// @param body The statement. `nextKey` is the key itself, for a quorum keccak256 of its data.
    /// @param keyData BLS: 192 bytes, affine G2 as crypto/ writes it. FROST: 33 bytes, compressed. Quorum: threshold (1 byte), then the
    /// members' addresses, ascending.
    /// @param proof The current key's signature over the statement's digest.
    function rotate(
        uint64 epoch,
        bytes32 rosterHash,
        Statements.Rotate calldata body,
        bytes calldata keyData,
        bytes calldata proof
    ) external {
        Key memory key = _current;
        if (epoch != key.epoch) revert RotateForeign(); // check: rotate-epoch
        if (rosterHash != key.rosterHash) revert RotateForeign(); // check: rotate-roster
        if (body.nextEpoch != key.epoch + 1) revert RotateForeign(); // check: rotate-next-epoch
        if (block.timestamp < body.activeFromSec) revert RotateTooEarly(body.activeFromSec); // check: rotate-active
        bytes32 named = keccak256(body.nextKey);
        bytes32 given = keccak256(keyData);
        if (body.scheme == Statements.Scheme.EcdsaQuorum) given = keccak256(abi.encodePacked(given));
        if (named != given) revert KeyDataInvalid(); // check: rotate-key
        bytes32 digest = Statements.rotateDigest(Statements.Header(domainHash, epoch, rosterHash), body);
        if (!key.verifier.verify(digest, proof)) revert RotateUnsigned(); // check: rotate-signature
        _previous = key;
        previousUntilSec = body.lastDeadlineSec;
        IVerifier verifier = _deploy(body.scheme, keyData);
        _current = Key(verifier, body.nextEpoch, body.nextRosterHash);
        emit KeyRotated(body.nextEpoch, body.nextRosterHash, body.scheme, address(verifier), body.lastDeadlineSec);
    }

    /// @notice True when `proof` certifies `digest`, the digest of a statement with this epoch and roster in its header, under a key
    /// that counts now. The caller derives digest, epoch and roster from one statement, and never asks for `rotate` here.
    function isCertified(
        uint64 epoch,
        bytes32 rosterHash,
        bytes32 digest,
        bytes calldata proof
    ) external view returns (bool) {
        Key memory key = _current;
        if (epoch != key.epoch) {
            key = _previous;
            if (address(key.verifier) == address(0)) return false; // check: register-previous
            if (epoch != key.epoch) return false; // check: register-epoch
            if (block.timestamp > previousUntilSec) return false; // check: register-deadline
        }
        if (rosterHash != key.rosterHash) return false; // check: register-roster
        return key.verifier.verify(digest, proof);
    }

    function _deploy(Statements.Scheme scheme, bytes memory keyData) private returns (IVerifier) {
        if (scheme == Statements.Scheme.Bls12381G1) return new BlsVerifier(_precompileLayout(keyData), ATTESTATION_TAG);
        if (scheme == Statements.Scheme.FrostSecp256k1) {
            if (keyData.length != 33) revert KeyDataInvalid(); // check: register-frost-length
            uint256 x;
            assembly ("memory-safe") {
                x := mload(add(keyData, 0x21))
            }
            return new FrostVerifier(x, uint8(keyData[0]));
        }
        return _deployQuorum(keyData);
    }

    function _deployQuorum(bytes memory keyData) private returns (IVerifier) {
        if (keyData.length < 21 || (keyData.length - 1) % 20 != 0) revert KeyDataInvalid(); // check: register-quorum-length
        address[] memory members = new address[]((keyData.length - 1) / 20);
        for (uint256 i = 0; i < members.length; ++i) {
            address member;
            assembly ("memory-safe") {
                member := shr(96, mload(add(add(keyData, 0x21), mul(i, 20))))
            }
            members[i] = member;
        }
        return new QuorumVerifier(members, uint8(keyData[0]));
    }

    /// @dev Our points are x.c1, x.c0, y.c1, y.c0 of 48 bytes each; EIP-2537 wants c0 first and each in 64 bytes.
    function _precompileLayout(bytes memory key) private pure returns (bytes memory) {
        if (key.length != 192) revert KeyDataInvalid(); // check: register-bls-length
        return bytes.concat(_element(key, 48), _element(key, 0), _element(key, 144), _element(key, 96));
    }

    function _element(bytes memory key, uint256 offset) private pure returns (bytes memory) {
        bytes32 high;
        bytes16 low;
        assembly ("memory-safe") {
            high := mload(add(add(key, 0x20), offset))
            low := mload(add(add(key, 0x40), offset))
        }
        return abi.encodePacked(bytes16(0), high, low);
    }
}
