// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.37;

/// @notice A plain ledger that hostile tokens bend. Approvals are unlimited: the tests are about the escrow.
contract PlainToken {
    mapping(address account => uint256) internal _balances;

    function mint(address to, uint256 amount) external {
        _balances[to] += amount;
    }

    function balanceOf(address account) public view virtual returns (uint256) {
        return _balances[account];
    }

    function _move(address from, address to, uint256 amount) internal {
        require(_balances[from] >= amount, "PlainToken: balance");
        _balances[from] -= amount;
        _balances[to] += amount;
    }
}

/// @notice Keeps one percent of every transfer.
contract FeeToken is PlainToken {
    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, amount - amount / 100);
        _move(msg.sender, address(0xFEE), amount / 100);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _move(from, to, amount - amount / 100);
        _move(from, address(0xFEE), amount / 100);
        return true;
    }
}

/// @notice Every balance is multiplied by a factor that anyone moves.
contract RebasingToken is PlainToken {
    uint256 public percent = 100;

    function rebase(uint256 percent_) external {
        percent = percent_;
    }

    function balanceOf(address account) public view override returns (uint256) {
        return (_balances[account] * percent) / 100;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _move(msg.sender, to, (amount * 100) / percent);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _move(from, to, (amount * 100) / percent);
        return true;
    }
}

/// @notice Answers false instead of reverting, and moves nothing, while it is told to.
contract FalseToken is PlainToken {
    bool public refuses = true;

    function set(bool refuses_) external {
        refuses = refuses_;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (!refuses) _move(msg.sender, to, amount);
        return !refuses;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        if (!refuses) _move(from, to, amount);
        return !refuses;
    }
}

/// @notice Returns nothing, as USDT does.
contract SilentToken is PlainToken {
    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _move(from, to, amount);
    }
}

/// @notice Answers with bytes of the test's choice after an honest move.
contract OddAnswerToken is PlainToken {
    bytes public answer;

    function set(bytes calldata answer_) external {
        answer = answer_;
    }

    function transfer(address to, uint256 amount) external {
        _move(msg.sender, to, amount);
        _answer();
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _move(from, to, amount);
        _answer();
    }

    function _answer() private view {
        bytes memory data = answer;
        assembly {
            return(add(data, 0x20), mload(data))
        }
    }
}

/// @notice Calls a target back in the middle of every transfer, as ERC-777 does.
contract CallbackToken is PlainToken {
    address public target;
    bytes public data;

    function set(address target_, bytes calldata data_) external {
        target = target_;
        data = data_;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        _callBack();
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _callBack();
        _move(from, to, amount);
        return true;
    }

    function _callBack() private {
        if (target == address(0)) return;
        address target_ = target;
        target = address(0);
        (bool success, bytes memory answer) = target_.call(data);
        if (!success) {
            assembly {
                revert(add(answer, 0x20), mload(answer))
            }
        }
    }
}

/// @notice Refuses listed accounts, as USDC does.
contract BlocklistToken is PlainToken {
    mapping(address account => bool) public blocked;

    function block_(address account, bool blocked_) external {
        blocked[account] = blocked_;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        require(!blocked[to] && !blocked[msg.sender], "BlocklistToken: blocked");
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        require(!blocked[to] && !blocked[from], "BlocklistToken: blocked");
        _move(from, to, amount);
        return true;
    }
}

/// @notice Burns all gas it is given on a transfer out, or answers with a bomb of zeros, once armed.
contract GreedyToken is PlainToken {
    enum Mood {
        Honest,
        Burn,
        Bomb
    }
    Mood public mood;

    function set(Mood mood_) external {
        mood = mood_;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        if (mood == Mood.Burn) {
            assembly {
                invalid()
            }
        }
        if (mood == Mood.Bomb) {
            assembly {
                revert(0, 100000)
            }
        }
        _move(msg.sender, to, amount);
        return true;
    }

    function transferFrom(address from, address to, uint256 amount) external returns (bool) {
        _move(from, to, amount);
        return true;
    }
}

/// @notice Says after a pull that the escrow holds less than before.
contract ShrinkingToken is PlainToken {
    function transferFrom(address, address to, uint256) external returns (bool) {
        _move(to, address(0xDEAD), 1);
        return true;
    }
}

/// @notice Changes its ways while locks are open: it returns nothing as USDT does, or answers false and moves nothing, or calls the escrow
/// back in the middle of a move to have one arrival counted twice.
contract MoodyToken is PlainToken {
    enum Mood {
        Silent,
        Refusing,
        CallingBack
    }

    address private immutable _escrow;
    Mood public mood;

    constructor(address escrow) {
        _escrow = escrow;
    }

    function set(Mood mood_) external {
        mood = mood_;
    }

    function transfer(address to, uint256 amount) external {
        _act(msg.sender, to, amount, false);
    }

    function transferFrom(address from, address to, uint256 amount) external {
        _act(from, to, amount, true);
    }

    function _act(address from, address to, uint256 amount, bool pulled) private {
        if (mood == Mood.Refusing) {
            assembly ("memory-safe") {
                mstore(0, 0)
                return(0, 0x20)
            }
        }
        if (mood == Mood.CallingBack) {
            _balances[address(this)] += amount;
            // Both must be refused: one pull at a time, and nothing is owed to this token.
            if (pulled) _try(abi.encodeWithSignature("deposit(address,uint256)", address(this), amount));
            _try(abi.encodeWithSignature("withdraw(address,uint256,address)", address(this), 1, address(0xBAD)));
            _balances[address(this)] -= amount;
        }
        _move(from, to, amount);
    }

    function _try(bytes memory data) private {
        (bool success, ) = _escrow.call(data);
        require(!success, "MoodyToken: the escrow let a callback through");
    }
}
