// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IVerifier} from "./IVerifier.sol";

/// @title A quorum of ECDSA signatures: the fallback that needs no key generation and no new precompile.
/// @notice A proof is, for each signer in strictly ascending order: one byte, his place in the roster, and 64 bytes, his
/// signature in the compact form of EIP-2098 (r, then s with the parity of R in its top bit; so s is low by construction below
/// 2^255 and checked against n/2). The roster ascends too, so that places ascend as addresses do. It stands in the code of a
/// data contract made at deployment: reading it costs one cold account, not a slot for each member.
contract QuorumVerifier is IVerifier {
    uint256 private constant HALF_N = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
    uint256 private constant ENTRY = 65;

    /// @notice Number of signatures that make a proof.
    uint256 public immutable threshold;
    /// @notice Number of members.
    uint256 public immutable size;
    /// @notice Code of one STOP byte and 20 bytes for each member.
    address public immutable roster;

    error RosterInvalid();
    error ThresholdInvalid();

    /// @param members Addresses, none zero, strictly ascending, 1 to 255 of them.
    /// @param threshold_ Signatures needed, 1 to the number of members.
    constructor(address[] memory members, uint256 threshold_) {
        if (members.length == 0 || members.length > 255) revert RosterInvalid(); // check: quorum-roster-size
        if (threshold_ == 0 || threshold_ > members.length) revert ThresholdInvalid(); // check: quorum-threshold
        bytes memory packed;
        address last = address(0);
        for (uint256 i = 0; i < members.length; ++i) {
            if (members[i] <= last) revert RosterInvalid(); // check: quorum-roster-ascending
            last = members[i];
            packed = bytes.concat(packed, bytes20(last));
        }
        // PUSH2 length, DUP1, PUSH1 10, RETURNDATASIZE, CODECOPY, RETURNDATASIZE, RETURN; then the code itself.
        bytes memory code = bytes.concat(hex"61", bytes2(uint16(packed.length + 1)), hex"80600a3d393df300", packed);
        address data;
        assembly ("memory-safe") {
            data := create(0, add(code, 0x20), mload(code))
        }
        if (data == address(0)) revert RosterInvalid(); // check: quorum-data
        (roster, size, threshold) = (data, members.length, threshold_);
    }

    /// @inheritdoc IVerifier
    function scheme() external pure returns (bytes32) {
        return "ecdsa-quorum";
    }

    /// @inheritdoc IVerifier
    function verify(bytes32 digest, bytes calldata proof) external view returns (bool valid) {
        uint256 needed = threshold;
        // Exactly the threshold: further signatures would be a second encoding of the same fact.
        if (proof.length != needed * ENTRY) return false; // check: quorum-length
        address data = roster;
        uint256 members = size;
        assembly ("memory-safe") {
            let list := mload(0x40)
            extcodecopy(data, list, 1, mul(members, 20))
            let input := add(list, mul(members, 20))
            mstore(input, digest)
            let cursor := proof.offset
            let end := add(cursor, proof.length)
            let next := 0
            valid := 1
            for {} lt(cursor, end) {
                cursor := add(cursor, ENTRY)
            } {
                let place := byte(0, calldataload(cursor))
                let vs := calldataload(add(cursor, 33))
                let s := and(vs, 0x7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff)
                mstore(add(input, 0x20), add(shr(255, vs), 27))
                mstore(add(input, 0x40), calldataload(add(cursor, 1)))
                mstore(add(input, 0x60), s)
                mstore(0, 0)
                let ok := staticcall(gas(), 1, input, 0x80, 0, 0x20)
                let member := shr(96, mload(add(list, mul(place, 20))))
                // No member is zero, so where ecrecover refuses nothing matches.
                ok := and(ok, eq(mload(0), member)) // check: quorum-signer
                ok := and(ok, lt(place, members)) // check: quorum-place
                ok := and(ok, iszero(lt(place, next))) // check: quorum-ascending
                ok := and(ok, iszero(gt(s, HALF_N))) // check: quorum-s-low
                if iszero(ok) {
                    valid := 0
                    break
                }
                next := add(place, 1)
            }
        }
    }
}
