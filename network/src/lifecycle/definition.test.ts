import { peer } from '@hyperledger/fabric-protos';
import { expect, test } from 'vitest';
import {
  encodeCollections,
  encodePolicy,
  policyEndorsements,
  policyText,
  requireMeetable,
} from './definition.ts';

test.each([
  ["OutOf(2,'A.peer','B.peer','C.peer')", "OutOf(2, 'A.peer', 'B.peer', 'C.peer')", 2],
  ["AND('A.member','B.peer')", "OutOf(2, 'A.member', 'B.peer')", 2],
  ["OR('A.peer',AND('B.peer','C.peer'))", "OutOf(1, 'A.peer', OutOf(2, 'B.peer', 'C.peer'))", 1],
  ['/Channel/Application/Endorsement', '/Channel/Application/Endorsement', undefined],
])('%s is shown as %s', (policy, text, endorsements) => {
  const bytes = encodePolicy(policy);
  expect(policyText(bytes)).toBe(text);
  expect(policyEndorsements(bytes)).toBe(endorsements);
});

test('a policy that cannot be read is refused by its text', () => {
  expect(() => encodePolicy('AND(')).toThrow(/DESCRIPTION_INVALID.*AND\(/);
});

test('collections are octets; none are none', () => {
  expect(encodeCollections([])).toHaveLength(0);
  const bytes = encodeCollections([{ name: 'secret', policy: "OR('A.member')", blockToLive: 7 }]);
  const [config] = peer.CollectionConfigPackage.deserializeBinary(bytes).getConfigList();
  expect(config?.getStaticCollectionConfig()?.toObject()).toMatchObject({
    name: 'secret',
    blockToLive: 7,
    maximumPeerCount: 1,
  });
});

test.each([
  ["AND('A.peer','D.peer')", false],
  ["OR('D.peer','A.peer')", true],
  ["OutOf(2,'A.peer','B.peer','D.peer')", true],
  ["OutOf(1,'A.admin')", false],
  ['/Channel/Application/Endorsement', true],
])('A, B and C can meet %s: %s', (policy, can) => {
  const check = () => requireMeetable(encodePolicy(policy), ['A', 'B', 'C']);
  if (can) expect(check).not.toThrow();
  else expect(check).toThrow('DESCRIPTION_INVALID');
});
