// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMidlockEscrow} from "../../contracts/interfaces/IMidlockEscrow.sol";
import {DemoToken} from "../../contracts/demo/DemoToken.sol";
import {Fixture} from "./support/Fixture.sol";
import {Handler} from "./support/Handler.sol";

/// @notice What holds after any sequence of calls by anybody. Every handler call settles or refuses exactly as the handler's own book says.
contract InvariantsTest is Fixture {
    Handler private handler;

    function setUp() public override {
        vm.warp(START);
        escrow = deployEscrow(limits());
        bytes memory args = abi.encode("Euro", "TEUR");
        token = DemoToken(create("DemoToken.sol", args));
        handler = new Handler(escrow, token);
        // The handler mints.
        vm.etch(address(token), address(deployTokenFor(address(handler), args)).code);
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() external view returns (FuzzSelector[] memory selectors) {
        bytes4[] memory calls = new bytes4[](10);
        calls[0] = Handler.deposit.selector;
        calls[1] = Handler.withdraw.selector;
        calls[2] = Handler.lock.selector;
        calls[3] = Handler.lockMany.selector;
        calls[4] = Handler.claim.selector;
        calls[5] = Handler.refund.selector;
        calls[6] = Handler.refundWithConsent.selector;
        calls[7] = Handler.settleMany.selector;
        calls[8] = Handler.pass.selector;
        calls[9] = Handler.mood.selector;
        selectors = new FuzzSelector[](1);
        selectors[0] = FuzzSelector(address(handler), calls);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    /// @dev Law: what the contract holds is what it owes, per asset, to the last unit; and each balance is the book's.
    function invariant_conservation() external view {
        for (uint256 i = 0; i < 3; ++i) {
            address asset = handler.assetOf(i);
            uint256 owed = handler.inFlight(asset);
            for (uint256 j = 0; j < 4; ++j) {
                uint256 credit = handler.credits(asset, handler.actors(j));
                eq(escrow.balanceOf(asset, handler.actors(j)), credit, "balance");
                owed += credit;
            }
            eq(held(asset, address(escrow)), owed, "conservation");
        }
    }

    /// @dev Every lock that was made is open or was paid exactly once.
    function invariant_onePayoutPerLock() external view {
        uint256 count = handler.lockCount();
        uint256 open = 0;
        for (uint256 i = 0; i < count; ++i) {
            Handler.Known memory known = handler.lockAt(i);
            IMidlockEscrow.LockStatus actual = escrow.statusOf(
                known.asset,
                sha256(abi.encode(known.secret)),
                known.ref
            );
            require((actual == IMidlockEscrow.LockStatus.Open) == known.open, "open");
            if (known.open) ++open;
        }
        eq(handler.payouts(), count - open, "payouts");
    }

    /// @dev A free slot's generation is the number of its settlements: it never goes back and never jumps.
    function invariant_generationsCountSettlements() external view {
        for (uint256 i = 0; i < 4; ++i) {
            for (uint256 index = 0; index < handler.slotCount(); ++index) {
                address account = handler.actors(i);
                (bool locked, uint32 generation) = escrow.slotOf(account, uint24(index));
                if (!locked) eq(generation, handler.settlements(account, index), "generation");
            }
        }
    }

    /// @dev At the end of every run everything can leave, and nothing remains.
    function afterInvariant() external {
        handler.drain();
        eq(address(escrow).balance, 0, "ETH stuck");
        eq(token.balanceOf(address(escrow)), 0, "tokens stuck");
        eq(handler.moody().balanceOf(address(escrow)), 0, "hostile tokens stuck");
        writeDown();
    }

    /// @dev A line for each deed of this run, where the long run asks for them: forge's own counts take a refusal for a success.
    function writeDown() private {
        string memory file = vm.envOr("MIDLOCK_DEEDS_FILE", string(""));
        if (bytes(file).length == 0) return;
        string[14] memory deeds = [
            "deposit",
            "hostile deposit",
            "withdraw",
            "lock",
            "lock one-shot",
            "lockMany",
            "claim",
            "claimMany",
            "refund",
            "refundMany",
            "refundWithConsent",
            "hostile payout",
            "hostile payout kept",
            "refusal"
        ];
        for (uint256 i = 0; i < deeds.length; ++i)
            vm.writeLine(file, string.concat(deeds[i], "=", vm.toString(handler.done(deeds[i]))));
    }

    function deployTokenFor(address issuer, bytes memory args) private returns (DemoToken created) {
        vm.startPrank(issuer);
        bytes memory code = abi.encodePacked(vm.getCode("DemoToken.sol"), args);
        assembly ("memory-safe") {
            created := create(0, add(code, 0x20), mload(code))
        }
        vm.stopPrank();
    }
}
