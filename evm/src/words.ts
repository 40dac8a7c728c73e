import { MidlockError, type Address } from '@midlock/protocol';

/** The largest amount of one lock, in minor units: an address and an amount share a word in calldata and events. */
export const MAX_LOCK_AMOUNT = (1n << 96n) - 1n;

/**
 * `owner << 96 | amount`, as claims and refunds name a lock (contracts/types/Stake.sol).
 * @throws {MidlockError} AMOUNT_INVALID outside 0 to {@link MAX_LOCK_AMOUNT}.
 */
export function packStake(stake: { readonly owner: Address; readonly amount: bigint }): bigint {
  checkLockAmount(stake.amount);
  return (BigInt(stake.owner) << 96n) | stake.amount;
}

/** Throws AMOUNT_INVALID for an amount that no lock can hold. */
export function checkLockAmount(amount: bigint): void {
  if (amount < 0n || amount > MAX_LOCK_AMOUNT) {
    throw new MidlockError('AMOUNT_INVALID', { amount, largest: MAX_LOCK_AMOUNT });
  }
}

/** Splits `token << 96 | amount`, as the Locked event holds it. Throws ARGUMENT_INVALID for more than 256 bits. */
export function unpackAsset(word: bigint): { readonly token: Address; readonly amount: bigint } {
  if (word < 0n || word >> 256n !== 0n)
    throw new MidlockError('ARGUMENT_INVALID', { argument: 'asset' });
  return { token: addressOf(word >> 96n), amount: word & MAX_LOCK_AMOUNT };
}

/** Splits `owner << 55 | slot << 31 | generation`, as Claimed and Refunded hold it; higher bits are never set there. */
export function unpackPlace(word: bigint): {
  readonly owner: Address;
  readonly slot: bigint;
  readonly generation: bigint;
} {
  const owner = addressOf((word >> 55n) & ((1n << 160n) - 1n));
  return { owner, slot: (word >> 31n) & 0xffffffn, generation: word & 0x7fffffffn };
}

/** 160 bits as an address. */
export function addressOf(value: bigint): Address {
  return `0x${value.toString(16).padStart(40, '0')}` as Address;
}
