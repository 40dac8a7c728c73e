import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { secretsOf, encodeClaim, encodeClaimMany, encodeRefund } from './escrow-calls.ts';
import { decodeEscrowLog, escrowTopic } from './escrow-events.ts';
import { ESCROW } from './escrow-interface.ts';
import { obligationsOf, surplusOf } from './obligations.ts';
import { lockIdOf } from './lock-id.ts';
import { ETH, type Address, type EthereumLock, type Hex32 } from '@midlock/protocol';

const escrow = `0x${'ee'.repeat(20)}` as Address;
const swapId = `0x${'51'.repeat(32)}` as Hex32;
const owner = `0x${'aa'.repeat(20)}` as Address;
const lock: EthereumLock = {
  lockId: lockIdOf({ chainId: 1n, escrow, owner, slot: 3n, generation: 4n, swapId }),
  swapId,
  owner,
  beneficiary: `0x${'bb'.repeat(20)}` as Address,
  slot: 3n,
  generation: 4n,
  token: ETH,
  amount: 5n,
  expiresAtSec: 6n,
  hashLock: `0x${'77'.repeat(32)}` as Hex32,
  direct: true,
};
const secret = new Uint8Array(32).fill(9);

describe('secretsOf', () => {
  it('reads the secrets of claims and of nothing else', () => {
    expect(secretsOf(encodeClaim(lock, secret))).toEqual([secret]);
    expect(
      secretsOf(
        encodeClaimMany(ETH, [
          { lock, secret },
          { lock, secret: secret.map((x) => x + 1) },
        ]),
      ),
    ).toEqual([secret, secret.map((x) => x + 1)]);
    expect(secretsOf(encodeRefund(lock))).toEqual([]);
    expect(secretsOf('0x')).toEqual([]);
  });

  it('refuses a secret that is not 32 bytes', () => {
    expect(() => encodeClaim(lock, new Uint8Array(31))).toThrow('TERMS_FIELD_INVALID');
    expect(() => encodeClaim(lock, new Uint8Array(33))).toThrow('TERMS_FIELD_INVALID');
  });

  it('takes any calldata', () => {
    const heads = [encodeClaim(lock, secret), encodeClaimMany(ETH, [{ lock, secret }])];
    const damaged = fc
      .tuple(fc.constantFrom(...heads), fc.nat(700), fc.uint8Array({ maxLength: 40 }))
      .map(([head, cut, tail]) => head.slice(0, 2 + 2 * cut) + Buffer.from(tail).toString('hex'));
    fc.assert(
      fc.property(damaged, (calldata) => {
        for (const found of secretsOf(calldata)) expect(found).toHaveLength(32);
      }),
      { seed: 4, numRuns: 500 },
    );
  });
});

describe('decodeEscrowLog', () => {
  const names = [
    'Locked',
    'Claimed',
    'Refunded',
    'Deposited',
    'Withdrawn',
    'PayoutCredited',
    'Skipped',
  ] as const;

  it('passes over foreign and malformed logs', () => {
    expect(
      decodeEscrowLog({ address: escrow, topics: [`0x${'12'.repeat(32)}`], data: '0x' }, 1n),
    ).toBeUndefined();
    expect(decodeEscrowLog({ address: escrow, topics: [], data: '0x' }, 1n)).toBeUndefined();
    for (const name of names) {
      expect(
        decodeEscrowLog({ address: escrow, topics: [escrowTopic(name)], data: '0x' }, 1n),
        name,
      ).toBeUndefined();
    }
  });

  it('takes any topics and data', () => {
    const word = fc
      .uint8Array({ minLength: 32, maxLength: 32 })
      .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`);
    const log = fc.record({
      address: fc.constant(escrow),
      topics: fc
        .tuple(fc.constantFrom(...names.map(escrowTopic)), fc.array(word, { maxLength: 3 }))
        .map(([head, rest]) => [head, ...rest]),
      data: fc
        .uint8Array({ maxLength: 200 })
        .map((bytes) => `0x${Buffer.from(bytes).toString('hex')}`),
    });
    fc.assert(
      fc.property(log, (entry) => {
        decodeEscrowLog(entry, 1n);
      }),
      { seed: 5, numRuns: 1000 },
    );
  });

  it('are none where an argument does not decode: an address of too many bits', () => {
    const { data, topics } = ESCROW.encodeEventLog('Deposited', [owner, ETH, 5n]);
    const token = `0x${'00'.repeat(8)}80${'00'.repeat(23)}`;
    const log = { address: escrow, data, topics: [topics[0] ?? '', topics[1] ?? '', token] };
    expect(decodeEscrowLog(log, 1n)).toBeUndefined();
  });

  it('names the reason of a skipped entry', () => {
    const reason = ESCROW.getError('LockSettled')?.selector ?? '';
    const log = ESCROW.encodeEventLog('Skipped', [swapId, lock.lockId, reason]);
    expect(decodeEscrowLog({ address: escrow, ...log }, 1n)).toEqual({
      kind: 'skipped',
      swapId,
      lockId: lock.lockId,
      reason: 'LockSettled',
    });
  });
});

describe('obligationsOf', () => {
  const credit = {
    kind: 'payout-credited',
    lockId: lock.lockId,
    account: owner,
    token: ETH,
    amount: 5n,
  } as const;
  const claimed = { kind: 'claimed', swapId, lockId: lock.lockId, secret } as const;

  it('counts one-shot locks in and out, and what became a balance', () => {
    expect(obligationsOf([{ kind: 'locked', lock }], ETH)).toBe(5n);
    expect(obligationsOf([{ kind: 'locked', lock }, claimed], ETH)).toBe(0n);
    expect(obligationsOf([{ kind: 'locked', lock }, claimed, credit], ETH)).toBe(5n);
  });

  it('passes over mid-account locks, which move nothing in or out', () => {
    const inside = { ...lock, direct: false };
    const events = [
      { kind: 'deposited', account: owner, token: ETH, amount: 9n } as const,
      { kind: 'locked', lock: inside } as const,
      claimed,
    ];
    expect(obligationsOf(events, ETH)).toBe(9n);
    expect(surplusOf(10n, events, ETH)).toBe(1n);
    expect(obligationsOf(events, escrow)).toBe(0n);
  });
});
