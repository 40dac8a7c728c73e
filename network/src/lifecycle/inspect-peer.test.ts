import { parsePolicy } from '@midlock/devnode/msp';
import { expect, test } from 'vitest';
import { indispensableOf } from './inspect-peer.ts';

test.each([
  ["OutOf(2,'A.peer','B.peer','C.peer')", []],
  ["AND('A.peer','B.peer')", ['A', 'B']],
  ["AND('A.peer',OR('B.peer','C.peer'))", ['A']],
  ["OR('A.peer','B.peer')", []],
  ["OutOf(1,'A.peer')", ['A']],
])('%s cannot do without %j', (policy, mspIds) => {
  expect(indispensableOf(parsePolicy(policy))).toEqual(mspIds);
});
