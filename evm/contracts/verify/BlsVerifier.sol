// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {IVerifier} from "./IVerifier.sol";

/// @title BLS12-381, signature in G1 and key in G2, over the precompiles of EIP-2537.
/// @notice A proof is an affine G1 point of 96 bytes. The digest is hashed to G1 by RFC 9380 (suite
/// BLS12381G1_XMD:SHA-256_SSWU_RO_) under the tag given at deployment. The pairing precompile checks coordinates, curve and order.
contract BlsVerifier is IVerifier {
    // -g2 in the layout of EIP-2537: x.c0, x.c1, y.c0, y.c1, each 64 bytes.
    uint256 private constant G2_X0_HI = 0x00000000000000000000000000000000024aa2b2f08f0a91260805272dc51051;
    uint256 private constant G2_X0_LO = 0xc6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8;
    uint256 private constant G2_X1_HI = 0x0000000000000000000000000000000013e02b6052719f607dacd3a088274f65;
    uint256 private constant G2_X1_LO = 0x596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e;
    uint256 private constant G2_NEG_Y0_HI = 0x000000000000000000000000000000000d1b3cc2c7027888be51d9ef691d77bc;
    uint256 private constant G2_NEG_Y0_LO = 0xb679afda66c73f17f9ee3837a55024f78c71363275a75d75d86bab79f74782aa;
    uint256 private constant G2_NEG_Y1_HI = 0x0000000000000000000000000000000013fa4d4a0ad8b1ce186ed5061789213d;
    uint256 private constant G2_NEG_Y1_LO = 0x993923066dddaf1040bc3ff59f825c78df74f2d75467e25e0f55f8a00fa030ed;
    uint256 private constant P_HI = 0x1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f624;
    uint256 private constant P_LO = 0x1eabfffeb153ffffb9feffffffffaaab00000000000000000000000000000000;

    uint256 private immutable keyX0Hi;
    uint256 private immutable keyX0Lo;
    uint256 private immutable keyX1Hi;
    uint256 private immutable keyX1Lo;
    uint256 private immutable keyY0Hi;
    uint256 private immutable keyY0Lo;
    uint256 private immutable keyY1Hi;
    uint256 private immutable keyY1Lo;
    // The tag, left-aligned in two words, with its length as last byte behind it: DST' of RFC 9380 5.3.1.
    uint256 private immutable tagHead;
    uint256 private immutable tagTail;
    uint256 private immutable tagLength;

    error KeyInvalid();
    error TagInvalid();

    /// @param key The group key, 256 bytes in the layout of EIP-2537, of order r and not the identity.
    /// @param tag The domain-separation tag, 1 to 63 bytes.
    constructor(bytes memory key, bytes memory tag) {
        if (tag.length == 0 || tag.length > 63) revert TagInvalid(); // check: bls-tag-length
        if (key.length != 256) revert KeyInvalid(); // check: bls-key-length
        uint256[8] memory words = abi.decode(key, (uint256[8]));
        uint256 nonZero;
        for (uint256 i = 0; i < 8; ++i) nonZero |= words[i];
        // A pairing with the identity of G1 is always one; the precompile fails unless the key is a point of order r.
        (bool ok, ) = address(0x0f).staticcall(bytes.concat(new bytes(128), key));
        if (!ok) revert KeyInvalid(); // check: bls-key-order
        if (nonZero == 0) revert KeyInvalid(); // check: bls-key-identity
        (keyX0Hi, keyX0Lo, keyX1Hi, keyX1Lo) = (words[0], words[1], words[2], words[3]);
        (keyY0Hi, keyY0Lo, keyY1Hi, keyY1Lo) = (words[4], words[5], words[6], words[7]);
        bytes memory suffixed = bytes.concat(tag, bytes1(uint8(tag.length)), new bytes(64));
        uint256 head;
        uint256 tail;
        assembly ("memory-safe") {
            head := mload(add(suffixed, 0x20))
            tail := mload(add(suffixed, 0x40))
        }
        (tagHead, tagTail, tagLength) = (head, tail, tag.length);
    }

    /// @inheritdoc IVerifier
    function scheme() external pure returns (bytes32) {
        return "bls12381-g1";
    }

    /// @notice The domain-separation tag given at deployment.
    function domainTag() external view returns (bytes memory) {
        bytes memory padded = abi.encodePacked(tagHead, tagTail);
        uint256 length = tagLength;
        assembly ("memory-safe") {
            mstore(padded, length)
        }
        return padded;
    }

    /// @inheritdoc IVerifier
    function verify(bytes32 digest, bytes calldata proof) external view returns (bool valid) {
        if (proof.length != 96) return false; // check: bls-length
        uint256 m;
        assembly ("memory-safe") {
            m := mload(0x40)
            mstore(0x40, add(m, 0x480))
        }
        // The pairing's input: [0x000, 0x080) the hash, then the key; [0x180, 0x200) the signature, then -g2.
        if (!_hashToG1(digest, m)) return false; // check: bls-hash
        _storeKey(m + 0x80);
        _storeSignature(proof, m + 0x180);
        _storeNegatedGenerator(m + 0x200);
        assembly ("memory-safe") {
            mstore(0, 0)
            let ok := staticcall(gas(), 0x0f, m, 0x300, 0, 0x20)
            valid := and(ok, eq(mload(0), 1))
        }
    }

    /// @dev hash_to_curve(digest) of RFC 9380 as 128 bytes at `out`; the 0x400 bytes behind are scratch.
    function _hashToG1(bytes32 digest, uint256 out) private view returns (bool ok) {
        uint256 head = tagHead;
        uint256 tail = tagTail;
        uint256 length = tagLength;
        assembly ("memory-safe") {
            // expand_message_xmd to 128 bytes: b0 = H(64 zero bytes || digest || I2OSP(128, 2) || 0 || DST')
            mstore(out, 0)
            mstore(add(out, 0x20), 0)
            mstore(add(out, 0x40), digest)
            mstore(add(out, 0x60), shl(232, 0x008000))
            mstore(add(out, 0x63), head)
            mstore(add(out, 0x83), tail)
            ok := staticcall(gas(), 2, out, add(0x64, length), out, 0x20)
            let b0 := mload(out)
            // b_i = H((b0 ^ b_(i-1)) || i || DST'), with b_0 left out of the first
            let block_ := add(out, 0x200)
            let blockLength := add(0x22, length)
            mstore(add(block_, 0x21), head)
            mstore(add(block_, 0x41), tail)
            mstore(block_, b0)
            mstore8(add(block_, 0x20), 1)
            // Both MODEXP inputs are laid out at once: lengths 64, 1, 48; base; exponent 1; modulus p.
            let first := add(out, 0x280)
            let second := add(out, 0x380)
            ok := and(staticcall(gas(), 2, block_, blockLength, add(first, 0x60), 0x20), ok)
            mstore(block_, xor(b0, mload(add(first, 0x60))))
            mstore8(add(block_, 0x20), 2)
            ok := and(staticcall(gas(), 2, block_, blockLength, add(first, 0x80), 0x20), ok)
            mstore(block_, xor(b0, mload(add(first, 0x80))))
            mstore8(add(block_, 0x20), 3)
            ok := and(staticcall(gas(), 2, block_, blockLength, add(second, 0x60), 0x20), ok)
            mstore(block_, xor(b0, mload(add(second, 0x60))))
            mstore8(add(block_, 0x20), 4)
            ok := and(staticcall(gas(), 2, block_, blockLength, add(second, 0x80), 0x20), ok)
            for {
                let input := first
            } lt(input, add(second, 1)) {
                input := add(input, 0x100)
            } {
                mstore(input, 0x40)
                mstore(add(input, 0x20), 1)
                mstore(add(input, 0x40), 0x30)
                mstore8(add(input, 0xa0), 1)
                mstore(add(input, 0xa1), P_HI)
                mstore(add(input, 0xc1), P_LO)
            }
            // Each element in 64 bytes, 16 of them zero, then mapped (cofactor cleared) and added up.
            mstore(out, 0)
            ok := and(staticcall(gas(), 5, first, 0xd1, add(out, 0x10), 0x30), ok)
            ok := and(staticcall(gas(), 0x10, out, 0x40, add(out, 0x80), 0x80), ok)
            mstore(out, 0)
            ok := and(staticcall(gas(), 5, second, 0xd1, add(out, 0x10), 0x30), ok)
            ok := and(staticcall(gas(), 0x10, out, 0x40, add(out, 0x100), 0x80), ok)
            ok := and(staticcall(gas(), 0x0b, add(out, 0x80), 0x100, out, 0x80), ok)
        }
    }

    function _storeKey(uint256 target) private view {
        (uint256 a, uint256 b, uint256 c, uint256 d) = (keyX0Hi, keyX0Lo, keyX1Hi, keyX1Lo);
        (uint256 e, uint256 f, uint256 g, uint256 h) = (keyY0Hi, keyY0Lo, keyY1Hi, keyY1Lo);
        assembly ("memory-safe") {
            mstore(target, a)
            mstore(add(target, 0x20), b)
            mstore(add(target, 0x40), c)
            mstore(add(target, 0x60), d)
            mstore(add(target, 0x80), e)
            mstore(add(target, 0xa0), f)
            mstore(add(target, 0xc0), g)
            mstore(add(target, 0xe0), h)
        }
    }

    function _storeSignature(bytes calldata proof, uint256 target) private pure {
        assembly ("memory-safe") {
            mstore(target, 0)
            mstore(add(target, 0x40), 0)
            calldatacopy(add(target, 0x10), proof.offset, 0x30)
            calldatacopy(add(target, 0x50), add(proof.offset, 0x30), 0x30)
        }
    }

    function _storeNegatedGenerator(uint256 target) private pure {
        assembly ("memory-safe") {
            mstore(target, G2_X0_HI)
            mstore(add(target, 0x20), G2_X0_LO)
            mstore(add(target, 0x40), G2_X1_HI)
            mstore(add(target, 0x60), G2_X1_LO)
            mstore(add(target, 0x80), G2_NEG_Y0_HI)
            mstore(add(target, 0xa0), G2_NEG_Y0_LO)
            mstore(add(target, 0xc0), G2_NEG_Y1_HI)
            mstore(add(target, 0xe0), G2_NEG_Y1_LO)
        }
    }
}
