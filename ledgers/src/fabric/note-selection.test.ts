import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { toHex32, type NoteJson } from '@midlock/protocol';
import { createNoteReservations, selectNotes } from './note-selection.ts';

const note = (amount: bigint, index: number): NoteJson => ({
  schema: 1,
  id: toHex32(Uint8Array.from({ length: 32 }, () => index)),
  assetId: 'EUR',
  owner: 'Org1MSP:0x00',
  amount: String(amount),
});
const amounts = fc.array(fc.bigInt({ min: 1n, max: 100n }), { minLength: 1, maxLength: 12 });

describe('note selection', () => {
  it('covers the amount with notes that exist, once each, and none too many', () => {
    fc.assert(
      fc.property(amounts, fc.bigInt({ min: 1n, max: 400n }), (values, wanted) => {
        const notes = values.map(note);
        const worth = (ids: readonly string[]) =>
          notes
            .filter(({ id }) => ids.includes(id))
            .reduce((sum, { amount }) => sum + BigInt(amount), 0n);
        if (worth(notes.map(({ id }) => id)) < wanted) {
          expect(() => selectNotes(notes, wanted)).toThrow('BALANCE_INSUFFICIENT');
          return;
        }
        const chosen = selectNotes(notes, wanted);
        expect(new Set(chosen).size).toBe(chosen.length);
        expect(worth(chosen) >= wanted).toBe(true);
        for (const left of chosen)
          expect(worth(chosen.filter((id) => id !== left)) < wanted).toBe(true);
      }),
      { seed: 9, numRuns: 500 },
    );
  });

  it('prefers the exact note, then the smallest that suffices', () => {
    const notes = [5n, 20n, 7n].map(note);
    expect(selectNotes(notes, 7n)).toEqual([notes[2]!.id]);
    expect(selectNotes(notes, 6n)).toEqual([notes[2]!.id]);
  });

  it('never promises a note twice, until it is released or its time is over', () => {
    let now = 0n;
    const reservations = createNoteReservations(() => now);
    const notes = [10n, 10n].map(note);
    const first = reservations.take(notes, 10n, 50n);
    const second = reservations.take(notes, 10n, 90n);
    expect(first).not.toEqual(second);
    expect(() => reservations.take(notes, 10n, 90n)).toThrow('BALANCE_INSUFFICIENT');
    now = 50n;
    expect(reservations.take(notes, 10n, 90n)).toEqual(first);
    reservations.release(second);
    expect(reservations.take(notes, 10n, 90n)).toEqual(second);
  });
});
