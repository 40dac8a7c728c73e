import { MAX_AMOUNT, MidlockError } from '@midlock/protocol';

/** The small numbers of a lock, as one 256-bit word: amount 128 bits, deadline 40, slot 40, generation 40, mode 8. */
export interface LockNumbers {
  readonly amount: bigint;
  readonly expiresAtSec: bigint;
  readonly slot: bigint;
  readonly generation: bigint;
  /** One-shot (1): paid with the call, settled by a transfer out; otherwise from balance to balance. */
  readonly direct: boolean;
}

const BITS_40 = (1n << 40n) - 1n;

/** Packs the word. Throws AMOUNT_INVALID or ARGUMENT_INVALID for a number that does not fit. Source: evm/contracts/types/LockWord.sol. */
export function packLockWord(numbers: LockNumbers): bigint {
  const { amount, expiresAtSec, slot, generation, direct } = numbers;
  if (amount <= 0n || amount > MAX_AMOUNT) throw new MidlockError('AMOUNT_INVALID', { amount });
  for (const [name, value] of Object.entries({ expiresAtSec, slot, generation })) {
    if (value < 0n || value > BITS_40) throw new MidlockError('ARGUMENT_INVALID', { name, value });
  }
  return (
    (amount << 128n) |
    (expiresAtSec << 88n) |
    (slot << 48n) |
    (generation << 8n) |
    (direct ? 1n : 0n)
  );
}

/** Reads a word; undefined for a mode that does not exist. */
export function unpackLockWord(word: bigint): LockNumbers | undefined {
  const mode = word & 0xffn;
  if (mode > 1n) return undefined;
  return {
    amount: word >> 128n,
    expiresAtSec: (word >> 88n) & BITS_40,
    slot: (word >> 48n) & BITS_40,
    generation: (word >> 8n) & BITS_40,
    direct: mode === 1n,
  };
}
