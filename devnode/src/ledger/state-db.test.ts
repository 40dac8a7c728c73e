import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareKeys } from './key-order.ts';
import { StateDb } from './state-db.ts';

const key = fc.constantFrom('a', 'b', 'c', 'ž', '\uffee', '😀');
const change = fc.record({ key, value: fc.option(fc.nat(255)) });

function apply(db: StateDb, changes: readonly { key: string; value: number | null }[]): void {
  for (const { key: name, value } of changes) {
    if (value === null) db.delete('ns', name);
    else db.put('ns', name, { value: Uint8Array.of(value), version: { block: 1n, tx: 0 } });
  }
}

test('a range gives keys in the order of their UTF-8 octets', () => {
  const db = new StateDb();
  apply(
    db,
    ['😀', '\uffee', 'b', 'a'].map((name) => ({ key: name, value: 1 })),
  );
  expect(db.range('ns', '', '', 10).map((row) => row.key)).toEqual(['a', 'b', '\uffee', '😀']);
  expect(db.range('ns', 'a', 'b', 10).map((row) => row.key)).toEqual(['a']);
  expect(compareKeys('\uffee', '😀')).toBeLessThan(0);
});

test('a view gives what was there when it was taken, whatever is written later', () => {
  fc.assert(
    fc.property(fc.array(change), fc.array(change), fc.nat(6), (before, after, limit) => {
      const db = new StateDb();
      apply(db, before);
      const rows = db.range('ns', '', '', limit);
      const single = db.get('ns', 'b');
      const view = db.view();
      apply(db, after);
      expect(view.range('ns', '', '', limit)).toEqual(rows);
      expect(view.get('ns', 'b')).toEqual(single);
      view.close();
    }),
    { seed: 11, numRuns: 300 },
  );
});
