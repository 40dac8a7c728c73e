// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Product of Paillier ciphertexts
/// @notice Decides whether a calculation node multiplied two ciphertexts rightly: first * second = claimed modulo n^2.
/// MODEXP only raises to powers, so the product is checked by three squarings: a^2 + b^2 - (a-b)^2 = 2 a b. For odd N that proves
/// a b = c exactly when a^2 + b^2 = (a-b)^2 + 2 c modulo N; |a-b| needs no longer operand than a and b.
/// @dev Operands are big-endian and as long as n^2: 128 to 1,024 bytes, the limit of EIP-7823.
library PaillierProduct {
    /// @dev An operand is not as long as n^2.
    error PaillierLength();

    /// @notice True when all three are below n^2 and first * second = claimed modulo n^2.
    /// @param store The data contract that PaillierModulus.write made.
    function verify(
        address store,
        bytes calldata first,
        bytes calldata second,
        bytes calldata claimed
    ) internal view returns (bool) {
        uint256 size = store.code.length - 1;
        if (first.length != size || second.length != size || claimed.length != size) revert PaillierLength(); // check: product-length
        (uint256 modulus, uint256 a, uint256 b, uint256 c) = _load(store, size, first, second, claimed);
        if (!_below(a, modulus, size)) return false; // check: product-first-below
        if (!_below(b, modulus, size)) return false; // check: product-second-below
        if (!_below(c, modulus, size)) return false; // check: product-claimed-below
        uint256 difference = _difference(a, b, size);
        _square(difference, modulus, size);
        _square(a, modulus, size);
        _square(b, modulus, size);
        return _balanced(a, b, difference, c, modulus, size);
    }

    /// @dev Copies n^2 and the operands to fresh memory and returns where they are.
    function _load(
        address store,
        uint256 size,
        bytes calldata first,
        bytes calldata second,
        bytes calldata claimed
    ) private view returns (uint256 modulus, uint256 a, uint256 b, uint256 c) {
        assembly ("memory-safe") {
            modulus := mload(0x40)
            a := add(modulus, size)
            b := add(a, size)
            c := add(b, size)
            mstore(0x40, add(c, size))
            extcodecopy(store, modulus, 1, size)
            calldatacopy(a, first.offset, size)
            calldatacopy(b, second.offset, size)
            calldatacopy(c, claimed.offset, size)
        }
    }

    /// @dev x < y, by their first differing word.
    function _below(uint256 x, uint256 y, uint256 size) private pure returns (bool smaller) {
        assembly ("memory-safe") {
            for {
                let i := 0
            } lt(i, size) {
                i := add(i, 32)
            } {
                let xi := mload(add(x, i))
                let yi := mload(add(y, i))
                if iszero(eq(xi, yi)) {
                    smaller := lt(xi, yi)
                    break
                }
            }
        }
    }

    /// @dev |a - b| in fresh memory.
    function _difference(uint256 a, uint256 b, uint256 size) private pure returns (uint256 result) {
        if (_below(a, b, size)) (a, b) = (b, a);
        assembly ("memory-safe") {
            result := mload(0x40)
            mstore(0x40, add(result, size))
            let borrow := 0
            for {
                let i := size
            } i {} {
                i := sub(i, 32)
                let ai := mload(add(a, i))
                let bi := mload(add(b, i))
                let word := sub(ai, bi)
                mstore(add(result, i), sub(word, borrow))
                borrow := or(lt(ai, bi), lt(word, borrow))
            }
        }
    }

    /// @dev Replaces x by x^2 modulo n^2.
    function _square(uint256 x, uint256 modulus, uint256 size) private view {
        assembly ("memory-safe") {
            let input := mload(0x40)
            mstore(input, size)
            mstore(add(input, 32), 1)
            mstore(add(input, 64), size)
            mcopy(add(input, 96), x, size)
            mstore8(add(input, add(96, size)), 2)
            mcopy(add(input, add(97, size)), modulus, size)
            if iszero(staticcall(gas(), 5, input, add(97, shl(1, size)), x, size)) {
                invalid()
            }
        }
    }

    /// @dev a2 + b2 = d2 + 2 c modulo the modulus, all below it. Then a2 + b2 - d2 - 2 c is k times the modulus with k in -2 to 1, and
    /// the lowest words alone fix k because the modulus is odd; one pass with carries proves the equation for that k.
    function _balanced(
        uint256 a2,
        uint256 b2,
        uint256 d2,
        uint256 c,
        uint256 modulus,
        uint256 size
    ) private pure returns (bool equal) {
        assembly ("memory-safe") {
            let last := sub(size, 32)
            let low := mload(add(modulus, last))
            let rest := sub(
                sub(add(mload(add(a2, last)), mload(add(b2, last))), mload(add(d2, last))),
                shl(1, mload(add(c, last)))
            )
            // How often the modulus stands on the left and on the right.
            let left := 0
            let right := 0
            equal := 1
            switch rest
            case 0 {}
            default {
                switch eq(rest, low)
                case 1 {
                    right := 1
                }
                default {
                    switch eq(add(rest, low), 0)
                    case 1 {
                        left := 1
                    }
                    default {
                        switch eq(add(rest, shl(1, low)), 0)
                        case 1 {
                            left := 2
                        }
                        default {
                            equal := 0
                        }
                    }
                }
            }
            if equal {
                let carryLeft := 0
                let carryRight := 0
                for {
                    let i := size
                } i {} {
                    i := sub(i, 32)
                    let n := mload(add(modulus, i))
                    let x := add(mload(add(a2, i)), carryLeft)
                    carryLeft := lt(x, carryLeft)
                    let y := mload(add(b2, i))
                    x := add(x, y)
                    carryLeft := add(carryLeft, lt(x, y))
                    for {
                        let j := 0
                    } lt(j, left) {
                        j := add(j, 1)
                    } {
                        x := add(x, n)
                        carryLeft := add(carryLeft, lt(x, n))
                    }
                    let z := add(mload(add(d2, i)), carryRight)
                    carryRight := lt(z, carryRight)
                    y := mload(add(c, i))
                    z := add(z, y)
                    carryRight := add(carryRight, lt(z, y))
                    z := add(z, y)
                    carryRight := add(carryRight, lt(z, y))
                    if right {
                        z := add(z, n)
                        carryRight := add(carryRight, lt(z, n))
                    }
                    if iszero(eq(x, z)) {
                        equal := 0
                        break
                    }
                }
                if iszero(eq(carryLeft, carryRight)) {
                    equal := 0
                }
            }
        }
    }
}
