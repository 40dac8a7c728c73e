import { MidlockError, type Address } from '@midlock/protocol';
import { addressOf } from './words.ts';

/** What a lock's ticket holds (contracts/types/Ticket.sol): who it is for, until when, and where it stands. */
export interface TicketFields {
  readonly beneficiary: Address;
  /** Deadline T, seconds, 40 bits. */
  readonly expiresAtSec: bigint;
  /** Index of the owner's slot, 24 bits. */
  readonly slot: bigint;
  /** How many locks of this slot were settled before, 31 bits. */
  readonly generation: bigint;
  /** True for one-shot mode: paid with the call, settled by a transfer out. */
  readonly direct: boolean;
}

const FIELDS = [
  { name: 'expiresAtSec', shift: 56n, bits: 40n },
  { name: 'slot', shift: 32n, bits: 24n },
  { name: 'generation', shift: 1n, bits: 31n },
] as const;

/**
 * Packs the fields into one word of 256 bits.
 * @throws {MidlockError} ARGUMENT_INVALID when a number does not fit its field.
 */
export function packTicket(fields: TicketFields): bigint {
  let word = (BigInt(fields.beneficiary) << 96n) | (fields.direct ? 1n : 0n);
  for (const { name, shift, bits } of FIELDS) {
    const value = fields[name];
    if (value < 0n || value >> bits !== 0n)
      throw new MidlockError('ARGUMENT_INVALID', { argument: name, value });
    word |= value << shift;
  }
  return word;
}

/**
 * The fields of a ticket.
 * @throws {MidlockError} ARGUMENT_INVALID for a number of more than 256 bits.
 */
export function unpackTicket(word: bigint): TicketFields {
  if (word < 0n || word >> 256n !== 0n)
    throw new MidlockError('ARGUMENT_INVALID', { argument: 'ticket' });
  const field = (shift: bigint, bits: bigint): bigint => (word >> shift) & ((1n << bits) - 1n);
  return {
    beneficiary: addressOf(word >> 96n),
    expiresAtSec: field(56n, 40n),
    slot: field(32n, 24n),
    generation: field(1n, 31n),
    direct: field(0n, 1n) === 1n,
  };
}
