import { expect, test } from 'vitest';
import type { Endorsement, Endorser } from '../endorser/endorser.ts';
import { EndorsementPlan } from './plan.ts';

/** As much of an endorser as a plan looks at. */
const peer = (mspId: string, name: string): Endorser =>
  ({ options: { mspId, name, address: `${name}.${mspId}` } }) as Endorser;
const endorsed = (mspId: string, payload = 'same'): Endorsement =>
  ({ kind: 'endorsed', mspId, payload: Buffer.from(payload) }) as unknown as Endorsement;

const [a0, a1, b0, b1, c0] = [
  peer('A', 'peer0'),
  peer('A', 'peer1'),
  peer('B', 'peer0'),
  peer('B', 'peer1'),
  peer('C', 'peer0'),
] as const;
const candidates = new Map([
  ['A', [a0, a1]],
  ['B', [b0, b1]],
  ['C', [c0]],
]);
const layout = (...entries: [string, number][]) => new Map(entries);

test('takes as many peers of each organisation as the layout asks for', () => {
  const plan = new EndorsementPlan([layout(['A', 2], ['C', 1])], candidates);
  expect(plan.takeLayout()).toEqual([a0, a1, c0]);
  for (const [endorser, mspId] of [
    [a0, 'A'],
    [c0, 'C'],
  ] as const)
    expect(plan.accept(endorser, endorsed(mspId))).toBe(true);
  expect(plan.completed).toBeUndefined();
  plan.accept(a1, endorsed('A'));
  expect(plan.completed?.map(({ mspId }) => mspId)).toEqual(['A', 'C', 'A']);
});

test('skips layouts for which there are too few peers', () => {
  const plan = new EndorsementPlan([layout(['C', 2]), layout(['B', 1])], candidates);
  expect(plan.takeLayout()).toEqual([b0]);
  expect(new EndorsementPlan([layout(['D', 1])], candidates).takeLayout()).toBeUndefined();
});

test('replaces a peer that failed, then gives up every layout that needs its organisation', () => {
  const plan = new EndorsementPlan(
    [layout(['A', 1], ['B', 1]), layout(['A', 1], ['C', 1]), layout(['B', 2])],
    candidates,
  );
  expect(plan.takeLayout()).toEqual([a0, b0]);
  plan.accept(a0, endorsed('A'));
  expect(plan.takeAnother('B')).toBe(b1);
  expect(plan.takeAnother('B')).toBeUndefined();
  expect(plan.takeLayout()).toEqual([c0]);
  plan.accept(c0, endorsed('C'));
  expect(plan.completed?.map(({ mspId }) => mspId)).toEqual(['A', 'C']);
});

test('an endorsement given before counts, and its peer is not asked again', () => {
  const plan = new EndorsementPlan([layout(['A', 2])], candidates);
  plan.accept(a0, endorsed('A'));
  expect(plan.takeLayout()).toEqual([a1]);
});

test('an endorsement of an organisation that no layout wants still decides what the others must say', () => {
  const plan = new EndorsementPlan([layout(['C', 1])], candidates);
  plan.accept(a0, endorsed('A', 'one'));
  expect(plan.takeLayout()).toEqual([c0]);
  expect(plan.accept(c0, endorsed('C', 'another'))).toBe(false);
  expect(plan.details).toEqual([
    { address: 'peer0.C', mspId: 'C', message: 'ProposalResponsePayloads do not match' },
  ]);
  expect(plan.completed).toBeUndefined();
});

test('only the layout that was satisfied first counts', () => {
  const plan = new EndorsementPlan([layout(['A', 1]), layout(['A', 1], ['B', 1])], candidates);
  plan.accept(a0, endorsed('A'));
  plan.accept(b0, endorsed('B'));
  expect(plan.completed?.map(({ mspId }) => mspId)).toEqual(['A']);
});
