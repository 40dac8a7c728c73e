/** A defence taken out of the escrow: in `file`, the only place where `from` stands becomes `to`. */
export interface Mutant {
  /** What is missing then; named after the known loss where there is one (README, History). */
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const ESCROW = 'contracts/MidlockEscrow.sol';
const TOKENS = 'contracts/libraries/Tokens.sol';
const HASH = 'contracts/libraries/LockHash.sol';

/** Every defence of the escrow, removed one at a time. The forge tests must fail on each. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: 'a claim leaves the lock open (Weaver paid one lock twice)',
    file: ESCROW,
    from: 'slot.word = (ticket.generation() + 1) << 1;',
    to: '',
  },
  {
    name: 'settlement forgets the generation',
    file: ESCROW,
    from: 'slot.word = (ticket.generation() + 1) << 1;',
    to: 'slot.word = ticket.generation() << 1;',
  },
  {
    name: 'the answer of a token is ignored (Cacti, chatch)',
    file: TOKENS,
    from: 'return success && (size == 0 ? token.code.length > 0 : word == 1);',
    to: 'return true;',
  },
  {
    name: 'an empty answer counts without code',
    file: TOKENS,
    from: 'size == 0 ? token.code.length > 0 :',
    to: 'size == 0 ? true :',
  },
  { name: 'any true word counts', file: TOKENS, from: 'word == 1', to: 'word != 0' },
  {
    name: 'a deposit is credited as asked, not as it arrives (fee on transfer)',
    file: ESCROW,
    from: 'return afterwards - before;',
    to: 'return amount;',
  },
  {
    name: 'a callback token is counted twice (ERC-777)',
    file: ESCROW,
    from: 'if (_pulling != 0 || token.code.length == 0)',
    to: 'if (token.code.length == 0)',
  },
  { name: 'the guard stays closed', file: ESCROW, from: '_pulling = 0;', to: '' },
  {
    name: 'a token without code is taken',
    file: ESCROW,
    from: 'if (_pulling != 0 || token.code.length == 0)',
    to: 'if (_pulling != 0)',
  },
  {
    name: 'a one-shot lock takes what arrives',
    file: ESCROW,
    from: 'if (token != ETH && _pull(token, order.amount) != order.amount) revert TokenMisbehaved(token);',
    to: 'if (token != ETH) _pull(token, order.amount);',
  },
  {
    name: 'claims at the deadline (Athanor)',
    file: ESCROW,
    from: 'block.timestamp >= ref.ticket',
    to: 'block.timestamp > ref.ticket',
  },
  {
    name: 'claims after the deadline (Boltz, chatch)',
    file: ESCROW,
    from: 'if (block.timestamp >= ref.ticket.expiresAtSec()) return ClaimTooLate.selector;',
    to: '',
  },
  {
    name: 'refunds one second late',
    file: ESCROW,
    from: 'block.timestamp < ref.ticket',
    to: 'block.timestamp <= ref.ticket',
  },
  {
    name: 'refunds before the deadline',
    file: ESCROW,
    from: 'if (block.timestamp < ref.ticket.expiresAtSec()) return RefundTooEarly.selector;',
    to: '',
  },
  {
    name: 'a failed payout is lost',
    file: ESCROW,
    from: 'if (ref.ticket.isOneShot() && _trySend(token, to, ref)) return;\n        _balances',
    to: 'if (ref.ticket.isOneShot()) { _trySend(token, to, ref); return; }\n        _balances',
  },
  {
    name: 'a failed payout of a batch is lost',
    file: ESCROW,
    from: 'if (ref.ticket.isOneShot() && _trySend(token, to, ref)) return;\n        if (credit',
    to: 'if (ref.ticket.isOneShot()) { _trySend(token, to, ref); return; }\n        if (credit',
  },
  {
    name: 'a payout takes all gas (63/64)',
    file: ESCROW,
    from: 'if (gasLimit > _payoutGas) gasLimit = _payoutGas;',
    to: 'gasLimit = available;',
  },
  {
    name: 'a payout keeps nothing back',
    file: ESCROW,
    from: 'uint256 gasLimit = available - _payoutReserve;',
    to: 'uint256 gasLimit = available;',
  },
  {
    name: 'a payout gets 2,300 gas (chatch, Cacti)',
    file: ESCROW,
    from: 'if (gasLimit > _payoutGas) gasLimit = _payoutGas;',
    to: 'gasLimit = 0;',
  },
  {
    name: 'anyone consents',
    file: ESCROW,
    from: 'if (!_isSignedBy(beneficiary, consentDigest(_lockId(ref), consentExpiresAtSec), signature)) {',
    to: 'if (false) {',
  },
  {
    name: 'a consent never runs out',
    file: ESCROW,
    from: 'if (block.timestamp >= consentExpiresAtSec) revert ConsentExpired(consentExpiresAtSec);',
    to: '',
  },
  {
    name: 'a consent names the swap, not the lock: it counts again after re-locking',
    file: ESCROW,
    from: 'consentDigest(_lockId(ref), consentExpiresAtSec)',
    to: 'consentDigest(ref.swapId, consentExpiresAtSec)',
  },
  {
    name: 'a lock id without generation',
    file: HASH,
    from: 'mstore(add(m, 0x80), generation)',
    to: 'mstore(add(m, 0x80), 0)',
  },
  {
    name: 'a lock id without escrow (chatch, Cacti, garden)',
    file: HASH,
    from: 'mstore(add(m, 0x20), address())\n            mstore(add(m, 0x40), owner)',
    to: 'mstore(add(m, 0x20), 0)\n            mstore(add(m, 0x40), owner)',
  },
  {
    name: 'the signature of the zero address',
    file: ESCROW,
    from: 'failure == ECDSA.RecoverError.NoError && recovered == signer',
    to: 'true',
  },
  {
    name: 'no contract wallets',
    file: ESCROW,
    from: 'return SignatureChecker.isValidERC1271SignatureNowCalldata(signer, digest, signature);',
    to: 'return false;',
  },
  {
    name: 'an account with code cannot sign by its key',
    file: ESCROW,
    from: 'failure == ECDSA.RecoverError.NoError && recovered == signer',
    to: 'signer.code.length == 0 && failure == ECDSA.RecoverError.NoError && recovered == signer',
  },
  {
    name: 'a slot is overwritten',
    file: ESCROW,
    from: 'if (slot.word != ticket.generation() << 1) return (swapId, true);',
    to: '',
  },
  {
    name: 'a slot takes any generation',
    file: ESCROW,
    from: 'if (slot.word != ticket.generation() << 1)',
    to: 'if (slot.word & 1 == 1)',
  },
  { name: 'a lock for nobody', file: ESCROW, from: 'beneficiary == address(0) || ', to: '' },
  { name: 'a lock for the escrow', file: ESCROW, from: ' || beneficiary == address(this)', to: '' },
  { name: 'a lock of nothing', file: ESCROW, from: 'order.amount == 0 || ', to: '' },
  {
    name: 'an amount that runs into the token',
    file: ESCROW,
    from: ' || order.amount > type(uint96).max',
    to: '',
  },
  {
    name: 'a zero hash lock',
    file: ESCROW,
    from: 'if (order.hashLock == 0) revert ArgumentInvalid("hashLock");',
    to: '',
  },
  {
    name: 'a zero counterpart',
    file: ESCROW,
    from: 'if (order.counterpart == 0) revert ArgumentInvalid("counterpart");',
    to: '',
  },
  {
    name: 'no least duration',
    file: ESCROW,
    from: 'if (expiresAtSec < earliestSec)',
    to: 'if (false)',
  },
  {
    name: 'no greatest duration',
    file: ESCROW,
    from: 'if (expiresAtSec > latestSec)',
    to: 'if (false)',
  },
  {
    name: 'locks on a fork',
    file: ESCROW,
    from: 'if (block.chainid != _chainId) revert NetworkMismatch(_chainId, block.chainid);',
    to: '',
  },
  {
    name: "a lock's id changes on a fork",
    file: ESCROW,
    from: 'return LockHash.lockIdOf(_chainId, owner, ticket.index()',
    to: 'return LockHash.lockIdOf(block.chainid, owner, ticket.index()',
  },
  {
    name: 'a deposit of any value',
    file: ESCROW,
    from: 'if (msg.value != (token == ETH ? amount : 0)) revert ArgumentInvalid("value");',
    to: '',
  },
  {
    name: 'a lock of any value',
    file: ESCROW,
    from: 'if (msg.value != (oneShot && token == ETH ? order.amount : 0)) revert ArgumentInvalid("value");',
    to: '',
  },
  {
    name: 'more is taken than there is',
    file: ESCROW,
    from: 'if (available < amount) revert BalanceInsufficient(available, amount);',
    to: '',
  },
  {
    name: 'a withdrawal costs nothing',
    file: ESCROW,
    from: '_debit(token, amount);\n        emit Withdrawn',
    to: 'emit Withdrawn',
  },
  {
    name: 'a mid-account lock costs nothing',
    file: ESCROW,
    from: '_debit(token, order.amount);',
    to: '',
  },
  { name: 'a batch of locks costs nothing', file: ESCROW, from: '_debit(token, total);', to: '' },
  {
    name: 'a failed withdrawal is lost',
    file: ESCROW,
    from: 'if (!Tokens.trySend(token, to, amount, gasleft())) revert PayoutFailed(token, to);',
    to: 'Tokens.trySend(token, to, amount, gasleft());',
  },
  {
    name: 'a batch pays one account only',
    file: ESCROW,
    from: 'if (credit.to != to) {\n            _flush(credit, token);',
    to: 'if (credit.to != to) {',
  },
  { name: 'a batch pays an account twice', file: ESCROW, from: 'credit.amount = 0;', to: '' },
  {
    name: 'the commitment forgets the hash lock',
    file: HASH,
    from: 'mstore(add(m, 0x60), hashLock)\n            word',
    to: 'mstore(add(m, 0x60), 0)\n            word',
  },
  {
    name: 'the commitment forgets the ticket',
    file: HASH,
    from: 'mstore(add(m, 0x40), ticket)',
    to: 'mstore(add(m, 0x40), 0)',
  },
  {
    name: 'the commitment forgets the asset',
    file: HASH,
    from: 'mstore(add(m, 0x20), or(shl(96, token), amount))',
    to: 'mstore(add(m, 0x20), 0)',
  },
  {
    name: 'the commitment forgets the swap',
    file: HASH,
    from: 'mstore(m, swapId)',
    to: 'mstore(m, 0)',
  },
];
