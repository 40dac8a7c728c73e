import {
  counterpartHash,
  fromHex,
  toHex32,
  type Address,
  type EthereumLock,
  type SwapTerms,
} from '@midlock/protocol';
import { ESCROW } from './escrow-interface.ts';
import { checkLockAmount, packStake } from './words.ts';
import { packTicket } from './ticket.ts';

/** Calldata as 0x-prefixed hex. */
export type Calldata = `0x${string}`;

/** Where a new lock goes: a free slot at its present generation, and the mode. */
export interface LockChoice {
  readonly slot: bigint;
  readonly generation: bigint;
  readonly direct: boolean;
}

/** An ERC-2612 permit of exactly the amount that moves, for the escrow as spender. */
export interface Permit {
  readonly deadline: bigint;
  readonly v: number;
  readonly r: string;
  readonly s: string;
}

/** The beneficiary's signed consent to a refund before the deadline (consent.ts). */
export interface SignedConsent {
  readonly expiresAtSec: bigint;
  readonly signature: string;
}

/** Calldata of `deposit`; the caller sends `amount` as value when the token is ETH. */
export function encodeDeposit(token: Address, amount: bigint): Calldata {
  return encode('deposit', [token, amount]);
}

/** Calldata of `depositWithPermit`. */
export function encodeDepositWithPermit(token: Address, amount: bigint, permit: Permit): Calldata {
  return encode('depositWithPermit', [token, amount, permit]);
}

/** Calldata of `withdraw`. */
export function encodeWithdraw(token: Address, amount: bigint, to: Address): Calldata {
  return encode('withdraw', [token, amount, to]);
}

/**
 * Calldata of `lock` for the Ethereum leg of these terms. A direct lock of ETH needs the amount as value.
 * @throws {MidlockError} AMOUNT_INVALID above {@link MAX_LOCK_AMOUNT}; ARGUMENT_INVALID when slot, generation or deadline do not fit.
 */
export function encodeLock(terms: SwapTerms, choice: LockChoice): Calldata {
  return encode('lock', [terms.ethereum.token, order(terms, choice)]);
}

/** Calldata of `lockWithPermit`: a direct lock of a token without earlier approval. */
export function encodeLockWithPermit(
  terms: SwapTerms,
  choice: LockChoice,
  permit: Permit,
): Calldata {
  return encode('lockWithPermit', [terms.ethereum.token, order(terms, choice), permit]);
}

/** Calldata of `lockMany`: mid-account locks of one token. */
export function encodeLockMany(
  token: Address,
  locks: readonly { readonly terms: SwapTerms; readonly choice: LockChoice }[],
): Calldata {
  return encode('lockMany', [token, locks.map(({ terms, choice }) => order(terms, choice))]);
}

/** Calldata of `claim`. It holds the secret: handing it to anything outside the process is revealing it. `secret` is 32 bytes. */
export function encodeClaim(lock: EthereumLock, secret: Uint8Array): Calldata {
  return encode('claim', [lock.token, toHex32(secret), reference(lock)]);
}

/** Calldata of `claimMany` for locks of one token; it holds the secrets. */
export function encodeClaimMany(
  token: Address,
  claims: readonly { readonly lock: EthereumLock; readonly secret: Uint8Array }[],
): Calldata {
  return encode('claimMany', [
    token,
    claims.map(({ lock, secret }) => [toHex32(secret), reference(lock)]),
  ]);
}

/** Calldata of `refund`. */
export function encodeRefund(lock: EthereumLock): Calldata {
  return encode('refund', [lock.token, lock.hashLock, reference(lock)]);
}

/** Calldata of `refundMany` for locks of one token. */
export function encodeRefundMany(token: Address, locks: readonly EthereumLock[]): Calldata {
  return encode('refundMany', [token, locks.map((lock) => [lock.hashLock, reference(lock)])]);
}

/** Calldata of `refundWithConsent`. */
export function encodeRefundWithConsent(lock: EthereumLock, consent: SignedConsent): Calldata {
  return encode('refundWithConsent', [
    lock.token,
    lock.hashLock,
    reference(lock),
    consent.expiresAtSec,
    consent.signature,
  ]);
}

/**
 * The secrets in the calldata of a claim or a batch of claims, 32 bytes each; none in other data. So a watcher reads them from a pool or
 * from a failed transaction.
 */
export function secretsOf(calldata: string): Uint8Array[] {
  try {
    const call = ESCROW.parseTransaction({ data: calldata });
    if (call?.name === 'claim') return [fromHex(String(call.args[1]))];
    if (call?.name === 'claimMany')
      return (call.args[1] as string[][]).map((item) => fromHex(item[0] ?? '0x'));
  } catch {
    // Malformed calldata carries no secret.
  }
  return [];
}

function encode(name: string, args: readonly unknown[]): Calldata {
  return ESCROW.encodeFunctionData(name, args) as Calldata;
}

function order(terms: SwapTerms, choice: LockChoice): unknown[] {
  const { amount, expiresAtSec, beneficiary } = terms.ethereum;
  checkLockAmount(amount);
  return [
    amount,
    terms.hashLock,
    counterpartHash(terms),
    packTicket({ beneficiary, expiresAtSec, ...choice }),
  ];
}

function reference(lock: EthereumLock): unknown[] {
  return [packStake(lock), lock.swapId, packTicket(lock)];
}
