// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Statements of a committee
/// @notice The digest that a committee signs, equal to crypto/src/encoding/statement.ts: keccak256 over tag, domain hash, epoch, roster
/// hash and the fields of the kind, each behind its length in 32 bits.
/// @dev A contract computes the domain hash once, in its constructor, and keeps it as an immutable.
library Statements {
    /// @notice On which ledger the fact stands; the other one is the destination.
    enum Ledger {
        Fabric,
        Ethereum
    }

    enum Scheme {
        Bls12381G1,
        FrostSecp256k1,
        EcdsaQuorum
    }

    struct Header {
        bytes32 domainHash;
        uint64 epoch;
        bytes32 rosterHash;
    }

    /// @notice A transfer's fact. Accounts and assets: 20 bytes on Ethereum, the UTF-8 text on Fabric; 1 to 256 bytes.
    struct Transfer {
        Ledger source;
        bytes32 transferId;
        bytes asset;
        uint256 amount;
        bytes recipient;
        uint64 deadlineSec;
        uint64 blockNumber;
        bytes32 blockHash;
    }

    struct Penalty {
        bytes32 tradeId;
        bytes offender;
        bytes beneficiary;
        bytes asset;
        uint256 amount;
        bytes32 evidenceHash;
        uint64 blockNumber;
        bytes32 blockHash;
    }

    struct Rotate {
        uint64 nextEpoch;
        bytes32 nextRosterHash;
        Scheme scheme;
        bytes nextKey;
        uint64 activeFromSec;
        uint64 lastDeadlineSec;
    }

    /// @dev A field of free length is empty or longer than 256 bytes.
    error StatementField();

    string private constant DOMAIN_TAG = "midlock/v1/statement-domain";
    string private constant LOCK_TAG = "midlock/v1/statement/lock";
    string private constant UNLOCK_TAG = "midlock/v1/statement/unlock";
    string private constant RELEASE_TAG = "midlock/v1/statement/release";
    string private constant EXPIRED_TAG = "midlock/v1/statement/expired";
    string private constant PENALTY_TAG = "midlock/v1/statement/penalty";
    string private constant ROTATE_TAG = "midlock/v1/statement/rotate";

    /// @notice Hash of the pair of ledgers that statements are for.
    function domainHash(
        uint64 chainId,
        address verifier,
        bytes32 networkId,
        string memory channel,
        string memory chaincode
    ) internal pure returns (bytes32) {
        return
            keccak256(
                bytes.concat(
                    _free(bytes(DOMAIN_TAG)),
                    _word64(chainId),
                    abi.encodePacked(uint32(20), verifier),
                    _word(networkId),
                    _free(bytes(channel)),
                    _free(bytes(chaincode))
                )
            );
    }

    function lockDigest(Header memory header, Transfer memory body) internal pure returns (bytes32) {
        return _transferDigest(LOCK_TAG, header, body);
    }

    function unlockDigest(Header memory header, Transfer memory body) internal pure returns (bytes32) {
        return _transferDigest(UNLOCK_TAG, header, body);
    }

    function releaseDigest(Header memory header, Transfer memory body) internal pure returns (bytes32) {
        return _transferDigest(RELEASE_TAG, header, body);
    }

    function expiredDigest(Header memory header, Transfer memory body) internal pure returns (bytes32) {
        return _transferDigest(EXPIRED_TAG, header, body);
    }

    function penaltyDigest(Header memory header, Penalty memory body) internal pure returns (bytes32) {
        bytes memory parties = bytes.concat(
            _word(body.tradeId),
            _bounded(body.offender),
            _bounded(body.beneficiary),
            _bounded(body.asset)
        );
        bytes memory facts = bytes.concat(
            _word(bytes32(body.amount)),
            _word(body.evidenceHash),
            _word64(body.blockNumber),
            _word(body.blockHash)
        );
        return keccak256(bytes.concat(_header(PENALTY_TAG, header), parties, facts));
    }

    function rotateDigest(Header memory header, Rotate memory body) internal pure returns (bytes32) {
        bytes memory key = bytes.concat(
            _word64(body.nextEpoch),
            _word(body.nextRosterHash),
            _choice(uint8(body.scheme)),
            _bounded(body.nextKey)
        );
        return
            keccak256(
                bytes.concat(
                    _header(ROTATE_TAG, header),
                    key,
                    _word64(body.activeFromSec),
                    _word64(body.lastDeadlineSec)
                )
            );
    }

    function _transferDigest(
        string memory tag,
        Header memory header,
        Transfer memory body
    ) private pure returns (bytes32) {
        bytes memory value = bytes.concat(
            _choice(uint8(body.source)),
            _word(body.transferId),
            _bounded(body.asset),
            _word(bytes32(body.amount)),
            _bounded(body.recipient)
        );
        return
            keccak256(
                bytes.concat(
                    _header(tag, header),
                    value,
                    _word64(body.deadlineSec),
                    _word64(body.blockNumber),
                    _word(body.blockHash)
                )
            );
    }

    function _header(string memory tag, Header memory header) private pure returns (bytes memory) {
        return
            bytes.concat(_free(bytes(tag)), _word(header.domainHash), _word64(header.epoch), _word(header.rosterHash));
    }

    function _bounded(bytes memory field) private pure returns (bytes memory) {
        if (field.length == 0 || field.length > 256) revert StatementField(); // check: statement-bytes-length
        return _free(field);
    }

    function _free(bytes memory field) private pure returns (bytes memory) {
        return abi.encodePacked(uint32(field.length), field);
    }

    function _word(bytes32 value) private pure returns (bytes memory) {
        return abi.encodePacked(uint32(32), value);
    }

    function _word64(uint64 value) private pure returns (bytes memory) {
        return abi.encodePacked(uint32(8), value);
    }

    function _choice(uint8 value) private pure returns (bytes memory) {
        return abi.encodePacked(uint32(1), value);
    }
}
