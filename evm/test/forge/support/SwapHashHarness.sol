// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

import {SwapHash} from "../../../contracts/libraries/SwapHash.sol";

/// @notice Opens the library for calls from outside: fuzzing and the differential test.
contract SwapHashHarness {
    function swapId(SwapHash.Swap memory swap) external pure returns (bytes32) {
        return SwapHash.swapIdOf(swap);
    }

    function counterpartHash(SwapHash.Counterpart memory counterpart) external pure returns (bytes32) {
        return SwapHash.counterpartHash(counterpart);
    }

    function ethereumLegHash(SwapHash.EthereumLeg memory leg) external pure returns (bytes32) {
        return SwapHash.ethereumLegHash(leg);
    }

    function fabricLegHash(SwapHash.FabricLeg memory leg) external pure returns (bytes32) {
        return SwapHash.fabricLegHash(leg);
    }
}
