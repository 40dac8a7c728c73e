import { MidlockError } from '@midlock/protocol';

/** The small numbers of a lock, packed into one word on chain (contracts/types/LockWord.sol). */
export interface LockNumbers {
  /** Minor units, 128 bits. */
  readonly amount: bigint;
  /** Deadline T, seconds, 40 bits. */
  readonly expiresAtSec: bigint;
  /** Index of the owner's slot, 40 bits. */
  readonly slot: bigint;
  /** How many locks of this slot were settled before, 40 bits. */
  readonly generation: bigint;
  /** True for one-shot mode: paid with the call, settled by a transfer out. */
  readonly direct: boolean;
}

const FIELDS = [
  { name: 'amount', shift: 128n, bits: 128n },
  { name: 'expiresAtSec', shift: 88n, bits: 40n },
  { name: 'slot', shift: 48n, bits: 40n },
  { name: 'generation', shift: 8n, bits: 40n },
] as const;

/**
 * Packs the numbers into the word of contracts/types/LockWord.sol.
 * @throws {MidlockError} ARGUMENT_INVALID when a number does not fit its field.
 */
export function packLockWord(numbers: LockNumbers): bigint {
  let word = numbers.direct ? 1n : 0n;
  for (const { name, shift, bits } of FIELDS) {
    const value = numbers[name];
    if (value < 0n || value >> bits !== 0n) throw new MidlockError('ARGUMENT_INVALID', { argument: name, value });
    word |= value << shift;
  }
  return word;
}

/**
 * The numbers of a word.
 * @throws {MidlockError} ARGUMENT_INVALID for more than 256 bits or a mode that no lock has.
 */
export function unpackLockWord(word: bigint): LockNumbers {
  const mode = word & 0xffn;
  if (word < 0n || word >> 256n !== 0n || mode > 1n) throw new MidlockError('ARGUMENT_INVALID', { argument: 'word' });
  const [amount, expiresAtSec, slot, generation] = FIELDS.map(({ shift, bits }) => (word >> shift) & ((1n << bits) - 1n)) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ];
  return { amount, expiresAtSec, slot, generation, direct: mode === 1n };
}
