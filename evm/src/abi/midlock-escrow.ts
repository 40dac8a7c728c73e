/** ABI of MidlockEscrow; written by scripts/compile.ts. */
export const MIDLOCK_ESCROW_ABI = [
  {
    inputs: [
      {
        components: [
          { internalType: 'uint256', name: 'minDurationSec', type: 'uint256' },
          { internalType: 'uint256', name: 'maxDurationSec', type: 'uint256' },
          { internalType: 'uint256', name: 'payoutGas', type: 'uint256' },
          { internalType: 'uint256', name: 'payoutReserve', type: 'uint256' },
        ],
        internalType: 'struct IMidlockEscrow.Limits',
        name: 'limits_',
        type: 'tuple',
      },
    ],
    stateMutability: 'nonpayable',
    type: 'constructor',
  },
  { inputs: [], name: 'AmountInvalid', type: 'error' },
  {
    inputs: [{ internalType: 'bytes32', name: 'name', type: 'bytes32' }],
    name: 'ArgumentInvalid',
    type: 'error',
  },
  {
    inputs: [
      { internalType: 'uint256', name: 'available', type: 'uint256' },
      { internalType: 'uint256', name: 'needed', type: 'uint256' },
    ],
    name: 'BalanceInsufficient',
    type: 'error',
  },
  {
    inputs: [{ internalType: 'uint256', name: 'expiresAtSec', type: 'uint256' }],
    name: 'ClaimTooLate',
    type: 'error',
  },
  {
    inputs: [{ internalType: 'uint256', name: 'expiresAtSec', type: 'uint256' }],
    name: 'ConsentExpired',
    type: 'error',
  },
  {
    inputs: [
      { internalType: 'uint256', name: 'expiresAtSec', type: 'uint256' },
      { internalType: 'uint256', name: 'earliestSec', type: 'uint256' },
    ],
    name: 'DeadlineTooClose',
    type: 'error',
  },
  {
    inputs: [
      { internalType: 'uint256', name: 'expiresAtSec', type: 'uint256' },
      { internalType: 'uint256', name: 'latestSec', type: 'uint256' },
    ],
    name: 'DeadlineTooFar',
    type: 'error',
  },
  { inputs: [], name: 'InvalidShortString', type: 'error' },
  {
    inputs: [
      { internalType: 'address', name: 'owner', type: 'address' },
      { internalType: 'uint256', name: 'index', type: 'uint256' },
    ],
    name: 'LockExists',
    type: 'error',
  },
  {
    inputs: [{ internalType: 'bytes32', name: 'lockId', type: 'bytes32' }],
    name: 'LockSettled',
    type: 'error',
  },
  {
    inputs: [{ internalType: 'bytes32', name: 'lockId', type: 'bytes32' }],
    name: 'LockUnknown',
    type: 'error',
  },
  {
    inputs: [
      { internalType: 'uint256', name: 'expected', type: 'uint256' },
      { internalType: 'uint256', name: 'actual', type: 'uint256' },
    ],
    name: 'NetworkMismatch',
    type: 'error',
  },
  {
    inputs: [{ internalType: 'address', name: 'beneficiary', type: 'address' }],
    name: 'NotBeneficiary',
    type: 'error',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      { internalType: 'address', name: 'to', type: 'address' },
    ],
    name: 'PayoutFailed',
    type: 'error',
  },
  {
    inputs: [{ internalType: 'uint256', name: 'expiresAtSec', type: 'uint256' }],
    name: 'RefundTooEarly',
    type: 'error',
  },
  {
    inputs: [{ internalType: 'string', name: 'str', type: 'string' }],
    name: 'StringTooLong',
    type: 'error',
  },
  {
    inputs: [{ internalType: 'address', name: 'token', type: 'address' }],
    name: 'TokenMisbehaved',
    type: 'error',
  },
  {
    anonymous: false,
    inputs: [
      { indexed: true, internalType: 'bytes32', name: 'swapId', type: 'bytes32' },
      { indexed: false, internalType: 'uint256', name: 'place', type: 'uint256' },
      { indexed: false, internalType: 'bytes32', name: 'secret', type: 'bytes32' },
    ],
    name: 'Claimed',
    type: 'event',
  },
  {
    anonymous: false,
    inputs: [
      { indexed: true, internalType: 'address', name: 'account', type: 'address' },
      { indexed: true, internalType: 'address', name: 'token', type: 'address' },
      { indexed: false, internalType: 'uint256', name: 'amount', type: 'uint256' },
    ],
    name: 'Deposited',
    type: 'event',
  },
  { anonymous: false, inputs: [], name: 'EIP712DomainChanged', type: 'event' },
  {
    anonymous: false,
    inputs: [
      { indexed: true, internalType: 'bytes32', name: 'swapId', type: 'bytes32' },
      { indexed: true, internalType: 'address', name: 'owner', type: 'address' },
      { indexed: false, internalType: 'uint256', name: 'asset', type: 'uint256' },
      { indexed: false, internalType: 'Ticket', name: 'ticket', type: 'uint256' },
      { indexed: false, internalType: 'bytes32', name: 'hashLock', type: 'bytes32' },
    ],
    name: 'Locked',
    type: 'event',
  },
  {
    anonymous: false,
    inputs: [
      { indexed: true, internalType: 'bytes32', name: 'lockId', type: 'bytes32' },
      { indexed: true, internalType: 'address', name: 'account', type: 'address' },
      { indexed: false, internalType: 'address', name: 'token', type: 'address' },
      { indexed: false, internalType: 'uint256', name: 'amount', type: 'uint256' },
    ],
    name: 'PayoutCredited',
    type: 'event',
  },
  {
    anonymous: false,
    inputs: [
      { indexed: true, internalType: 'bytes32', name: 'swapId', type: 'bytes32' },
      { indexed: false, internalType: 'uint256', name: 'place', type: 'uint256' },
    ],
    name: 'Refunded',
    type: 'event',
  },
  {
    anonymous: false,
    inputs: [
      { indexed: true, internalType: 'bytes32', name: 'swapId', type: 'bytes32' },
      { indexed: false, internalType: 'bytes32', name: 'lockId', type: 'bytes32' },
      { indexed: false, internalType: 'bytes4', name: 'reason', type: 'bytes4' },
    ],
    name: 'Skipped',
    type: 'event',
  },
  {
    anonymous: false,
    inputs: [
      { indexed: true, internalType: 'address', name: 'account', type: 'address' },
      { indexed: true, internalType: 'address', name: 'token', type: 'address' },
      { indexed: false, internalType: 'address', name: 'to', type: 'address' },
      { indexed: false, internalType: 'uint256', name: 'amount', type: 'uint256' },
    ],
    name: 'Withdrawn',
    type: 'event',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      { internalType: 'address', name: 'account', type: 'address' },
    ],
    name: 'balanceOf',
    outputs: [{ internalType: 'uint256', name: '', type: 'uint256' }],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      { internalType: 'bytes32', name: 'secret', type: 'bytes32' },
      {
        components: [
          { internalType: 'Stake', name: 'stake', type: 'uint256' },
          { internalType: 'bytes32', name: 'swapId', type: 'bytes32' },
          { internalType: 'Ticket', name: 'ticket', type: 'uint256' },
        ],
        internalType: 'struct IMidlockEscrow.LockRef',
        name: 'ref',
        type: 'tuple',
      },
    ],
    name: 'claim',
    outputs: [],
    stateMutability: 'nonpayable',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      {
        components: [
          { internalType: 'bytes32', name: 'secret', type: 'bytes32' },
          {
            components: [
              { internalType: 'Stake', name: 'stake', type: 'uint256' },
              { internalType: 'bytes32', name: 'swapId', type: 'bytes32' },
              { internalType: 'Ticket', name: 'ticket', type: 'uint256' },
            ],
            internalType: 'struct IMidlockEscrow.LockRef',
            name: 'lock',
            type: 'tuple',
          },
        ],
        internalType: 'struct IMidlockEscrow.ClaimItem[]',
        name: 'items',
        type: 'tuple[]',
      },
    ],
    name: 'claimMany',
    outputs: [{ internalType: 'uint256', name: 'settled', type: 'uint256' }],
    stateMutability: 'nonpayable',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'bytes32', name: 'lockId', type: 'bytes32' },
      { internalType: 'uint256', name: 'consentExpiresAtSec', type: 'uint256' },
    ],
    name: 'consentDigest',
    outputs: [{ internalType: 'bytes32', name: '', type: 'bytes32' }],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      { internalType: 'uint256', name: 'amount', type: 'uint256' },
    ],
    name: 'deposit',
    outputs: [{ internalType: 'uint256', name: '', type: 'uint256' }],
    stateMutability: 'payable',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      { internalType: 'uint256', name: 'amount', type: 'uint256' },
      {
        components: [
          { internalType: 'uint256', name: 'deadline', type: 'uint256' },
          { internalType: 'uint8', name: 'v', type: 'uint8' },
          { internalType: 'bytes32', name: 'r', type: 'bytes32' },
          { internalType: 'bytes32', name: 's', type: 'bytes32' },
        ],
        internalType: 'struct IMidlockEscrow.Permit',
        name: 'permit',
        type: 'tuple',
      },
    ],
    name: 'depositWithPermit',
    outputs: [{ internalType: 'uint256', name: '', type: 'uint256' }],
    stateMutability: 'nonpayable',
    type: 'function',
  },
  {
    inputs: [],
    name: 'eip712Domain',
    outputs: [
      { internalType: 'bytes1', name: 'fields', type: 'bytes1' },
      { internalType: 'string', name: 'name', type: 'string' },
      { internalType: 'string', name: 'version', type: 'string' },
      { internalType: 'uint256', name: 'chainId', type: 'uint256' },
      { internalType: 'address', name: 'verifyingContract', type: 'address' },
      { internalType: 'bytes32', name: 'salt', type: 'bytes32' },
      { internalType: 'uint256[]', name: 'extensions', type: 'uint256[]' },
    ],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'owner', type: 'address' },
      { internalType: 'uint24', name: 'from', type: 'uint24' },
      { internalType: 'uint256', name: 'count', type: 'uint256' },
      { internalType: 'uint256', name: 'span', type: 'uint256' },
    ],
    name: 'freeSlots',
    outputs: [
      { internalType: 'uint24[]', name: 'indices', type: 'uint24[]' },
      { internalType: 'uint32[]', name: 'generations', type: 'uint32[]' },
    ],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [],
    name: 'limits',
    outputs: [
      {
        components: [
          { internalType: 'uint256', name: 'minDurationSec', type: 'uint256' },
          { internalType: 'uint256', name: 'maxDurationSec', type: 'uint256' },
          { internalType: 'uint256', name: 'payoutGas', type: 'uint256' },
          { internalType: 'uint256', name: 'payoutReserve', type: 'uint256' },
        ],
        internalType: 'struct IMidlockEscrow.Limits',
        name: '',
        type: 'tuple',
      },
    ],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      {
        components: [
          { internalType: 'uint256', name: 'amount', type: 'uint256' },
          { internalType: 'bytes32', name: 'hashLock', type: 'bytes32' },
          { internalType: 'bytes32', name: 'counterpart', type: 'bytes32' },
          { internalType: 'Ticket', name: 'ticket', type: 'uint256' },
        ],
        internalType: 'struct IMidlockEscrow.LockOrder',
        name: 'order',
        type: 'tuple',
      },
    ],
    name: 'lock',
    outputs: [],
    stateMutability: 'payable',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'owner', type: 'address' },
      { internalType: 'uint24', name: 'index', type: 'uint24' },
      { internalType: 'uint32', name: 'generation', type: 'uint32' },
      { internalType: 'bytes32', name: 'swapId', type: 'bytes32' },
    ],
    name: 'lockIdOf',
    outputs: [{ internalType: 'bytes32', name: '', type: 'bytes32' }],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      {
        components: [
          { internalType: 'uint256', name: 'amount', type: 'uint256' },
          { internalType: 'bytes32', name: 'hashLock', type: 'bytes32' },
          { internalType: 'bytes32', name: 'counterpart', type: 'bytes32' },
          { internalType: 'Ticket', name: 'ticket', type: 'uint256' },
        ],
        internalType: 'struct IMidlockEscrow.LockOrder[]',
        name: 'orders',
        type: 'tuple[]',
      },
    ],
    name: 'lockMany',
    outputs: [{ internalType: 'uint256', name: 'made', type: 'uint256' }],
    stateMutability: 'nonpayable',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      {
        components: [
          { internalType: 'uint256', name: 'amount', type: 'uint256' },
          { internalType: 'bytes32', name: 'hashLock', type: 'bytes32' },
          { internalType: 'bytes32', name: 'counterpart', type: 'bytes32' },
          { internalType: 'Ticket', name: 'ticket', type: 'uint256' },
        ],
        internalType: 'struct IMidlockEscrow.LockOrder',
        name: 'order',
        type: 'tuple',
      },
      {
        components: [
          { internalType: 'uint256', name: 'deadline', type: 'uint256' },
          { internalType: 'uint8', name: 'v', type: 'uint8' },
          { internalType: 'bytes32', name: 'r', type: 'bytes32' },
          { internalType: 'bytes32', name: 's', type: 'bytes32' },
        ],
        internalType: 'struct IMidlockEscrow.Permit',
        name: 'permit',
        type: 'tuple',
      },
    ],
    name: 'lockWithPermit',
    outputs: [],
    stateMutability: 'nonpayable',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      { internalType: 'bytes32', name: 'hashLock', type: 'bytes32' },
      {
        components: [
          { internalType: 'Stake', name: 'stake', type: 'uint256' },
          { internalType: 'bytes32', name: 'swapId', type: 'bytes32' },
          { internalType: 'Ticket', name: 'ticket', type: 'uint256' },
        ],
        internalType: 'struct IMidlockEscrow.LockRef',
        name: 'ref',
        type: 'tuple',
      },
    ],
    name: 'refund',
    outputs: [],
    stateMutability: 'nonpayable',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      {
        components: [
          { internalType: 'bytes32', name: 'hashLock', type: 'bytes32' },
          {
            components: [
              { internalType: 'Stake', name: 'stake', type: 'uint256' },
              { internalType: 'bytes32', name: 'swapId', type: 'bytes32' },
              { internalType: 'Ticket', name: 'ticket', type: 'uint256' },
            ],
            internalType: 'struct IMidlockEscrow.LockRef',
            name: 'lock',
            type: 'tuple',
          },
        ],
        internalType: 'struct IMidlockEscrow.RefundItem[]',
        name: 'items',
        type: 'tuple[]',
      },
    ],
    name: 'refundMany',
    outputs: [{ internalType: 'uint256', name: 'settled', type: 'uint256' }],
    stateMutability: 'nonpayable',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      { internalType: 'bytes32', name: 'hashLock', type: 'bytes32' },
      {
        components: [
          { internalType: 'Stake', name: 'stake', type: 'uint256' },
          { internalType: 'bytes32', name: 'swapId', type: 'bytes32' },
          { internalType: 'Ticket', name: 'ticket', type: 'uint256' },
        ],
        internalType: 'struct IMidlockEscrow.LockRef',
        name: 'ref',
        type: 'tuple',
      },
      { internalType: 'uint256', name: 'consentExpiresAtSec', type: 'uint256' },
      { internalType: 'bytes', name: 'signature', type: 'bytes' },
    ],
    name: 'refundWithConsent',
    outputs: [],
    stateMutability: 'nonpayable',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'owner', type: 'address' },
      { internalType: 'uint24', name: 'index', type: 'uint24' },
    ],
    name: 'slotOf',
    outputs: [
      { internalType: 'bool', name: 'locked', type: 'bool' },
      { internalType: 'uint32', name: 'generation', type: 'uint32' },
    ],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      { internalType: 'bytes32', name: 'hashLock', type: 'bytes32' },
      {
        components: [
          { internalType: 'Stake', name: 'stake', type: 'uint256' },
          { internalType: 'bytes32', name: 'swapId', type: 'bytes32' },
          { internalType: 'Ticket', name: 'ticket', type: 'uint256' },
        ],
        internalType: 'struct IMidlockEscrow.LockRef',
        name: 'ref',
        type: 'tuple',
      },
    ],
    name: 'statusOf',
    outputs: [{ internalType: 'enum IMidlockEscrow.LockStatus', name: '', type: 'uint8' }],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'owner', type: 'address' },
      { internalType: 'address', name: 'token', type: 'address' },
      {
        components: [
          { internalType: 'uint256', name: 'amount', type: 'uint256' },
          { internalType: 'bytes32', name: 'hashLock', type: 'bytes32' },
          { internalType: 'bytes32', name: 'counterpart', type: 'bytes32' },
          { internalType: 'Ticket', name: 'ticket', type: 'uint256' },
        ],
        internalType: 'struct IMidlockEscrow.LockOrder',
        name: 'order',
        type: 'tuple',
      },
    ],
    name: 'swapIdOf',
    outputs: [{ internalType: 'bytes32', name: '', type: 'bytes32' }],
    stateMutability: 'view',
    type: 'function',
  },
  {
    inputs: [
      { internalType: 'address', name: 'token', type: 'address' },
      { internalType: 'uint256', name: 'amount', type: 'uint256' },
      { internalType: 'address', name: 'to', type: 'address' },
    ],
    name: 'withdraw',
    outputs: [],
    stateMutability: 'nonpayable',
    type: 'function',
  },
] as const;
