// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

/// @title A token for demos and tests: its deployer mints
contract DemoToken is ERC20Permit {
    address private immutable _ISSUER = msg.sender;

    error NotIssuer();

    constructor(string memory name_, string memory symbol_) ERC20(name_, symbol_) ERC20Permit(name_) {}

    /// @notice Creates `amount` minor units for `to`. Reverts: NotIssuer.
    function mint(address to, uint256 amount) external {
        if (msg.sender != _ISSUER) revert NotIssuer();
        _mint(to, amount);
    }
}
