import { AbiCoder, Interface, getBytes, keccak256 } from 'ethers';
import {
  MidlockError,
  counterpartHash,
  swapIdOf,
  toHex,
  type Address,
  type ErrorCode,
  type EthereumLock,
  type Hex32,
  type SwapTerms,
} from '@midlock/protocol';
import { ESCROW_ABI } from './escrow-abi.ts';
import { packLockWord, unpackLockWord, type LockNumbers } from './lock-word.ts';
import type { WireLog } from './wire.ts';

export const ESCROW = new Interface(ESCROW_ABI);

/** What a log of the escrow says about one swap. */
export type EscrowEvent =
  | { readonly type: 'locked'; readonly swapId: Hex32; readonly lock: EthereumLock }
  | {
      readonly type: 'claimed';
      readonly swapId: Hex32;
      readonly lockId: Hex32;
      readonly secret: Uint8Array;
    }
  | { readonly type: 'refunded'; readonly swapId: Hex32; readonly lockId: Hex32 };

/** Topics of the three events that swaps depend on. */
export const SWAP_TOPICS: readonly string[] = ['Locked', 'Claimed', 'Refunded'].map(topicOf);

export interface EscrowAddress {
  readonly chainId: bigint;
  readonly escrow: Address;
}

/**
 * Reads a log of the escrow; undefined for events that are none of the three.
 * @throws {MidlockError} ENDPOINT_LIED when the data do not fit the event.
 */
export function readEscrowLog(
  log: WireLog,
  { chainId, escrow }: EscrowAddress,
): EscrowEvent | undefined {
  if (!SWAP_TOPICS.includes(log.topics[0] ?? '')) return undefined;
  const event = parseLog(log);
  const swapId = event.args['swapId'] as Hex32;
  switch (event.name) {
    case 'Locked': {
      const numbers = unpackLockWord(event.args['word'] as bigint);
      if (numbers === undefined) throw malformed(log);
      const owner = lower(event.args['owner']);
      const lock: EthereumLock = {
        swapId,
        owner,
        lockId: lockIdOf({ chainId, escrow }, owner, numbers, swapId),
        beneficiary: lower(event.args['beneficiary']),
        token: lower(event.args['token']),
        hashLock: event.args['hashLock'] as Hex32,
        ...numbers,
      };
      return { type: 'locked', swapId, lock };
    }
    case 'Claimed':
      return {
        type: 'claimed',
        swapId,
        lockId: event.args['lockId'] as Hex32,
        secret: getBytes(event.args['secret'] as string),
      };
    default:
      return { type: 'refunded', swapId, lockId: event.args['lockId'] as Hex32 };
  }
}

/** lockId = keccak256(abi.encode(chainId, escrow, owner, index, generation, swapId)). */
export function lockIdOf(
  { chainId, escrow }: EscrowAddress,
  owner: Address,
  { slot, generation }: Pick<LockNumbers, 'slot' | 'generation'>,
  swapId: Hex32,
): Hex32 {
  const types = ['uint256', 'address', 'address', 'uint256', 'uint256', 'bytes32'];
  return keccak256(
    AbiCoder.defaultAbiCoder().encode(types, [chainId, escrow, owner, slot, generation, swapId]),
  ) as Hex32;
}

/** Where a new lock goes and how it is paid. */
export type LockPlace = Pick<LockNumbers, 'slot' | 'generation' | 'direct'>;

export function encodeLock(terms: SwapTerms, place: LockPlace): string {
  return ESCROW.encodeFunctionData('lock', [terms.ethereum.token, orderOf(terms, place)]);
}

/** Locks of one token from the caller's balance. Throws TERMS_MISMATCH for different tokens. */
export function encodeLockMany(locks: readonly { terms: SwapTerms; place: LockPlace }[]): string {
  const token = oneToken(locks.map(({ terms }) => terms.ethereum.token));
  return ESCROW.encodeFunctionData('lockMany', [
    token,
    locks.map(({ terms, place }) => orderOf(terms, place)),
  ]);
}

export function encodeClaim(lock: EthereumLock, secret: Uint8Array): string {
  return ESCROW.encodeFunctionData('claim', [lock.token, refOf(lock), toHex(secret)]);
}

/** Claims of one token. Throws TERMS_MISMATCH for different tokens. */
export function encodeClaimMany(
  claims: readonly { lock: EthereumLock; secret: Uint8Array }[],
): string {
  const token = oneToken(claims.map(({ lock }) => lock.token));
  return ESCROW.encodeFunctionData('claimMany', [
    token,
    claims.map(({ lock, secret }) => [refOf(lock), toHex(secret)]),
  ]);
}

export function encodeRefund(lock: EthereumLock): string {
  return ESCROW.encodeFunctionData('refund', [lock.token, refOf(lock), lock.hashLock]);
}

/** Refunds of one token. Throws TERMS_MISMATCH for different tokens. */
export function encodeRefundMany(locks: readonly EthereumLock[]): string {
  const token = oneToken(locks.map((lock) => lock.token));
  return ESCROW.encodeFunctionData('refundMany', [
    token,
    locks.map((lock) => [refOf(lock), lock.hashLock]),
  ]);
}

export function encodeConsentRefund(
  lock: EthereumLock,
  consentExpiresAtSec: bigint,
  signature: Uint8Array,
): string {
  return ESCROW.encodeFunctionData('refundWithConsent', [
    lock.token,
    refOf(lock),
    lock.hashLock,
    consentExpiresAtSec,
    toHex(signature),
  ]);
}

export function encodeStatus(lock: EthereumLock): string {
  return ESCROW.encodeFunctionData('statusOf', [lock.token, refOf(lock), lock.hashLock]);
}

/** Secrets in the calldata of a claim, successful or not; empty for anything else. Never throws. */
export function secretsInCalldata(data: string): readonly Uint8Array[] {
  try {
    const call = ESCROW.parseTransaction({ data });
    if (call?.name === 'claim') return [getBytes(call.args['secret'] as string)];
    if (call?.name === 'claimMany')
      return (call.args['items'] as { secret: string }[]).map(({ secret }) => getBytes(secret));
  } catch {
    // Calldata of strangers may be anything.
  }
  return [];
}

/** Contract errors and the catalogue's codes that mean the same; the others are ESCROW_REVERTED. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  ArgumentInvalid: 'ARGUMENT_INVALID',
  AmountInvalid: 'AMOUNT_INVALID',
  BalanceInsufficient: 'BALANCE_INSUFFICIENT',
  DeadlineTooClose: 'DEADLINE_TOO_CLOSE',
  DeadlineTooFar: 'DEADLINE_TOO_FAR',
  LockExists: 'LOCK_EXISTS',
  LockUnknown: 'LOCK_UNKNOWN',
  LockSettled: 'LOCK_SETTLED',
  ClaimTooLate: 'CLAIM_TOO_LATE',
  RefundTooEarly: 'REFUND_TOO_EARLY',
  NotBeneficiary: 'NOT_BENEFICIARY',
  NetworkMismatch: 'NETWORK_MISMATCH',
  TokenMisbehaved: 'TOKEN_MISBEHAVED',
};

/** The catalogue's error for revert data: the contract error's own code where there is one. */
export function revertError(data: string | undefined): MidlockError {
  const name = data === undefined ? undefined : errorName(data);
  return new MidlockError(CODES[name ?? ''] ?? 'ESCROW_REVERTED', {
    contractError: name ?? 'unknown',
  });
}

function errorName(data: string): string | undefined {
  try {
    return ESCROW.parseError(data)?.name;
  } catch {
    return undefined;
  }
}

function orderOf(terms: SwapTerms, place: LockPlace): readonly unknown[] {
  const { amount, expiresAtSec, beneficiary } = terms.ethereum;
  return [
    beneficiary,
    terms.hashLock,
    counterpartHash(terms),
    packLockWord({ amount, expiresAtSec, ...place }),
  ];
}

function refOf(lock: EthereumLock): readonly unknown[] {
  return [lock.swapId, lock.owner, lock.beneficiary, packLockWord(lock)];
}

function oneToken(tokens: readonly Address[]): Address {
  const [token] = tokens;
  if (token !== undefined && tokens.every((other) => other === token)) return token;
  throw new MidlockError('ARGUMENT_INVALID', { name: 'batch', expected: 'locks of one token' });
}

function parseLog(log: WireLog): NonNullable<ReturnType<Interface['parseLog']>> {
  try {
    const event = ESCROW.parseLog(log);
    if (event !== null) return event;
  } catch {
    // Falls through to the one error.
  }
  throw malformed(log);
}

function malformed({ txId }: WireLog): MidlockError {
  return new MidlockError('ENDPOINT_LIED', { what: 'malformed escrow event', txId });
}

function topicOf(name: string): string {
  return ESCROW.getEvent(name)?.topicHash ?? '';
}

function lower(address: unknown): Address {
  return String(address).toLowerCase() as Address;
}

/** The lock that terms describe, at a place: what its event will say. */
export function lockOfTerms(terms: SwapTerms, place: LockPlace): EthereumLock {
  const { chainId, escrow, token, amount, owner, beneficiary, expiresAtSec } = terms.ethereum;
  const swapId = swapIdOf(terms);
  return {
    lockId: lockIdOf({ chainId, escrow }, owner, place, swapId),
    swapId,
    owner,
    token,
    amount,
    beneficiary,
    expiresAtSec,
    hashLock: terms.hashLock,
    counterpart: counterpartHash(terms),
    ...place,
  };
}
