// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @notice Refuses ETH until told otherwise.
contract RevertingReceiver {
    bool public accepts;

    function set(bool accepts_) external {
        accepts = accepts_;
    }

    receive() external payable {
        require(accepts, "RevertingReceiver: no");
    }

    /// @dev Lets the test act as this account.
    function act(address target, bytes calldata data) external returns (bytes memory) {
        (bool success, bytes memory answer) = target.call(data);
        require(success, "RevertingReceiver: act");
        return answer;
    }
}

/// @notice Burns all gas that a payment brings.
contract GasEater {
    receive() external payable {
        assembly {
            invalid()
        }
    }
}

/// @notice Answers a payment with a revert of 100,000 bytes.
contract ReturnBomber {
    receive() external payable {
        assembly {
            revert(0, 100000)
        }
    }
}

/// @notice A contract wallet that writes to storage when it is paid: more than the 2,300 gas of `transfer`.
contract BusyWallet {
    uint256 public payments;
    uint256 public total;

    receive() external payable {
        payments += 1;
        total += msg.value;
    }
}

/// @notice Calls the escrow again while it is being paid, and notes what came of it.
contract ReentrantReceiver {
    address public target;
    bytes public data;
    uint256 public succeeded;
    uint256 public failed;

    function set(address target_, bytes calldata data_) external {
        target = target_;
        data = data_;
    }

    receive() external payable {
        if (target == address(0)) return;
        (bool success, ) = target.call(data);
        if (success) ++succeeded;
        else ++failed;
    }
}

/// @notice An EIP-1271 wallet that says yes to one digest.
contract Wallet1271 {
    bytes32 public approved;

    function approve(bytes32 digest) external {
        approved = digest;
    }

    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return digest == approved ? this.isValidSignature.selector : bytes4(0xffffffff);
    }
}
