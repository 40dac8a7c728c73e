import { expect, test } from 'vitest';
import type { Definition } from '../ledger/definition.ts';
import { StateDb } from '../ledger/state-db.ts';
import { parsePolicy } from '../msp/index.ts';
import {
  definedBy,
  definitionEntries,
  LIFECYCLE,
  readDefinition,
  sequenceKey,
} from './definition-state.ts';

const definition: Definition = {
  name: 'notes',
  version: '1.1',
  sequence: 7,
  policy: parsePolicy("OutOf(2,'A.peer','B.peer','C.peer')"),
  collections: new Map([
    [
      'secrets',
      {
        name: 'secrets',
        memberOrgs: new Set(['A', 'B']),
        endorsementPolicy: parsePolicy("OR('A.peer','B.peer')"),
        blockToLive: 3,
        memberOnlyRead: true,
        memberOnlyWrite: false,
      },
    ],
  ]),
};

test.each([definition, { ...definition, collections: new Map() }])(
  'a definition comes back as it was written',
  (written) => {
    const state = new StateDb();
    for (const [key, value] of definitionEntries(written))
      state.put(LIFECYCLE, key, { value, version: { block: 4n, tx: 0 } });
    expect(readDefinition(state, 'notes')).toEqual(written);
  },
);

test('the sequence completes a definition', () => {
  expect(definedBy(sequenceKey('notes'))).toBe('notes');
  expect(definedBy('namespaces/fields/notes/Collections')).toBeUndefined();
  expect(definedBy('namespaces/metadata/notes')).toBeUndefined();
});
