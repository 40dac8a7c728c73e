import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address } from '@midlock/protocol';
import { packTicket, unpackTicket, type TicketFields } from './ticket.ts';
import { MAX_LOCK_AMOUNT, packStake, unpackAsset, unpackPlace } from './words.ts';

const below = (bits: bigint): fc.Arbitrary<bigint> => fc.bigInt(0n, (1n << bits) - 1n);
const address = below(160n).map((value) => `0x${value.toString(16).padStart(40, '0')}` as Address);
const fields: fc.Arbitrary<TicketFields> = fc.record({
  beneficiary: address,
  expiresAtSec: below(40n),
  slot: below(24n),
  generation: below(31n),
  direct: fc.boolean(),
});

describe('packTicket', () => {
  it('is undone by unpackTicket', () => {
    fc.assert(
      fc.property(fields, (ticket) => {
        expect(unpackTicket(packTicket(ticket))).toEqual(ticket);
      }),
      { seed: 1, numRuns: 500 },
    );
  });

  it('lays the fields out as contracts/types/Ticket.sol says', () => {
    const ticket: TicketFields = {
      beneficiary: `0x${'11'.repeat(20)}` as Address,
      expiresAtSec: 0x2222222222n,
      slot: 0x333333n,
      generation: 0x22222222n,
      direct: true,
    };
    expect(packTicket(ticket).toString(16)).toBe(`${'11'.repeat(20)}222222222233333344444445`);
  });

  it.each([
    ['expiresAtSec', 1n << 40n],
    ['slot', 1n << 24n],
    ['generation', 1n << 31n],
    ['slot', -1n],
  ])('refuses %s of %d', (name, value) => {
    const good: TicketFields = {
      beneficiary: `0x${'11'.repeat(20)}` as Address,
      expiresAtSec: 1n,
      slot: 1n,
      generation: 1n,
      direct: false,
    };
    expect(() => packTicket({ ...good, [name]: value })).toThrow('ARGUMENT_INVALID');
  });
});

describe('unpackTicket and unpackAsset', () => {
  it('are undone by packing again, for every word', () => {
    fc.assert(
      fc.property(below(256n), (word) => {
        expect(packTicket(unpackTicket(word))).toBe(word);
        const { token, amount } = unpackAsset(word);
        expect((BigInt(token) << 96n) | amount).toBe(word);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it.each([-1n, 1n << 256n])('refuse %d', (word) => {
    expect(() => unpackTicket(word)).toThrow('ARGUMENT_INVALID');
    expect(() => unpackAsset(word)).toThrow('ARGUMENT_INVALID');
  });
});

describe('packStake and unpackPlace', () => {
  it('hold their fields', () => {
    fc.assert(
      fc.property(
        address,
        below(96n),
        below(24n),
        below(31n),
        (owner, amount, slot, generation) => {
          expect(packStake({ owner, amount })).toBe((BigInt(owner) << 96n) | amount);
          const place = (BigInt(owner) << 55n) | (slot << 31n) | generation;
          expect(unpackPlace(place)).toEqual({ owner, slot, generation });
        },
      ),
      { seed: 7, numRuns: 500 },
    );
  });

  it.each([-1n, MAX_LOCK_AMOUNT + 1n])('refuse an amount of %d', (amount) => {
    expect(() => packStake({ owner: `0x${'11'.repeat(20)}` as Address, amount })).toThrow(
      'AMOUNT_INVALID',
    );
  });
});
