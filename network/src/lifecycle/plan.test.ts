import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultPolicy, encodePolicy } from './definition.ts';
import {
  majorityOf,
  planLifecycle,
  sequenceOf,
  type LifecycleAnswers,
  type LifecycleStep,
  type OrganizationAnswers,
  type WantedDefinition,
} from './plan.ts';

const none = new Uint8Array();
const wanted: WantedDefinition = {
  name: 'midlock',
  version: '1.0',
  policy: encodePolicy("OutOf(2,'A.peer','B.peer','C.peer')"),
  collections: none,
};
const definition = { ...wanted, sequence: 1 };
const committed = { ...definition, approvals: { A: true, B: true, C: true } };

function organization(mspId: string, rest: Partial<OrganizationAnswers> = {}): OrganizationAnswers {
  const peers = [{ name: 'peer0', installed: false }];
  return { mspId, packageId: `${mspId}:p`, peers, approved: undefined, ...rest };
}

const installed = [{ name: 'peer0', installed: true }];
const done = (mspId: string): OrganizationAnswers =>
  organization(mspId, {
    peers: installed,
    approved: { ...definition, packageId: `${mspId}:p` },
  });
const brief = (steps: readonly LifecycleStep[]): readonly string[] =>
  steps.map((step) => `${step.kind}${'mspId' in step ? ` ${step.mspId}` : ''}`);

describe('the sequence', () => {
  test('is 1 for a new chaincode and stays while nothing changes', () => {
    expect(sequenceOf(wanted, undefined)).toEqual({ sequence: 1, changes: ['new'] });
    expect(sequenceOf(wanted, committed)).toEqual({ sequence: 1, changes: [] });
  });

  test.each([
    ['version', { version: '1.1' }],
    ['policy', { policy: encodePolicy("AND('A.peer','B.peer')") }],
    ['collections', { collections: Uint8Array.of(10, 0) }],
  ])('is the next one when the %s changes', (change, part) => {
    const next = sequenceOf({ ...wanted, ...part }, { ...committed, sequence: 7 });
    expect(next).toEqual({ sequence: 8, changes: [change] });
  });
});

describe('what is left to do', () => {
  const base = { definition, isCommitted: false, approvals: { A: false, B: false, C: false } };

  test('everything, with all administrators at hand', () => {
    const organizations = ['A', 'B', 'C'].map((mspId) => organization(mspId));
    const steps = planLifecycle({ ...base, organizations });
    expect(brief(steps)).toEqual([
      ...['install A', 'install B', 'install C', 'approve A', 'approve B', 'approve C', 'commit'],
    ]);
    expect(steps.at(-1)).toEqual({ kind: 'commit', endorsers: ['A', 'B', 'C'] });
  });

  test('one organisation does its own and waits for the others; the last one commits', () => {
    const first = planLifecycle({ ...base, organizations: [organization('A')] });
    expect(brief(first)).toEqual(['install A', 'approve A', 'wait']);
    expect(first.at(-1)).toEqual({ kind: 'wait', mspIds: ['B', 'C'] });
    const approvals = { A: true, B: true, C: false };
    const last = planLifecycle({ ...base, approvals, organizations: [organization('C')] });
    expect(brief(last)).toEqual(['install C', 'approve C', 'commit']);
  });

  test('a majority may be enough, and who did not approve does not endorse the commit', () => {
    const approvals = { A: false, B: true, C: false };
    const answers = { ...base, approvals, organizations: [organization('A')] };
    expect(planLifecycle(answers, majorityOf(3)).at(-1)).toEqual({
      kind: 'commit',
      endorsers: ['A', 'B'],
    });
    expect(planLifecycle(answers).at(-1)).toEqual({ kind: 'wait', mspIds: ['C'] });
  });

  test('every peer of an organisation gets the package', () => {
    const peers = [
      { name: 'peer0', installed: true },
      { name: 'peer1', installed: false },
    ];
    const steps = planLifecycle({ ...base, organizations: [{ ...done('A'), peers }] });
    expect(steps[0]).toEqual({ kind: 'install', mspId: 'A', peer: 'peer1', packageId: 'A:p' });
    expect(brief(steps)).toEqual(['install A', 'wait']);
  });

  test('nothing, where all stands', () => {
    const organizations = ['A', 'B', 'C'].map(done);
    const approvals = committed.approvals;
    expect(planLifecycle({ definition, isCommitted: true, approvals, organizations })).toEqual([]);
  });

  test('an organisation that comes late approves what is in force, without a commit', () => {
    const approvals = { A: true, B: true, C: false };
    const answers = { definition, isCommitted: true, approvals };
    const steps = planLifecycle({ ...answers, organizations: [organization('C')] });
    expect(brief(steps)).toEqual(['install C', 'approve C']);
  });

  test('another package is approved instead of the old one, without a new sequence', () => {
    const moved = { ...done('A'), packageId: 'A:q' };
    const answers = { definition, isCommitted: true, approvals: committed.approvals };
    expect(planLifecycle({ ...answers, organizations: [moved] })).toEqual([
      { kind: 'approve', mspId: 'A', packageId: 'A:q', instead: 'A:p' },
    ]);
  });

  test('an approval of something else does not count', () => {
    const other = { ...definition, version: '0.9', packageId: 'A:p' };
    const steps = planLifecycle({ ...base, organizations: [{ ...done('A'), approved: other }] });
    expect(brief(steps)).toEqual(['approve A', 'wait']);
  });
});

/** A channel that does what steps say; any step can be the last before a crash. */
function perform(world: LifecycleAnswers, step: LifecycleStep): LifecycleAnswers {
  const change = (mspId: string, edit: (one: OrganizationAnswers) => OrganizationAnswers) =>
    world.organizations.map((one) => (one.mspId === mspId ? edit(one) : one));
  switch (step.kind) {
    case 'install':
      return {
        ...world,
        organizations: change(step.mspId, (one) => ({
          ...one,
          peers: one.peers.map((peer) =>
            peer.name === step.peer ? { ...peer, installed: true } : peer,
          ),
        })),
      };
    case 'approve':
      return {
        ...world,
        approvals: { ...world.approvals, [step.mspId]: true },
        organizations: change(step.mspId, (one) => ({
          ...one,
          approved: { ...world.definition, packageId: step.packageId },
        })),
      };
    case 'commit':
      // A peer endorses the commit only of what its organisation approved.
      for (const mspId of step.endorsers) expect(world.approvals[mspId]).toBe(true);
      return { ...world, isCommitted: true };
    case 'wait':
      return world;
  }
}

test('administrators who come in any order and crash anywhere bring it into force, once', () => {
  const visits = fc.array(
    fc.record({
      who: fc.subarray(['A', 'B', 'C', 'D'], { minLength: 1 }),
      crashAfter: fc.nat({ max: 6 }),
    }),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(visits, (schedule) => {
      let world: LifecycleAnswers = {
        definition,
        isCommitted: false,
        approvals: { A: false, B: false, C: false, D: false },
        organizations: ['A', 'B', 'C', 'D'].map((mspId) => organization(mspId)),
      };
      let commits = 0;
      const visit = (who: readonly string[], steps: number): void => {
        const organizations = world.organizations.filter(({ mspId }) => who.includes(mspId));
        for (const step of planLifecycle({ ...world, organizations }).slice(0, steps)) {
          if (step.kind === 'commit') commits += 1;
          world = perform(world, step);
        }
      };
      for (const { who, crashAfter } of schedule) visit(who, crashAfter);
      for (const mspId of ['A', 'B', 'C', 'D']) visit([mspId], 9);
      expect(commits).toBe(1);
      expect(world.isCommitted).toBe(true);
      expect(planLifecycle(world)).toEqual([]);
    }),
    { seed: 4, numRuns: 300 },
  );
});

test.each([
  [['A'], "OutOf(1, 'A.peer')"],
  [['B', 'A'], "OutOf(2, 'A.peer', 'B.peer')"],
  [['C', 'B', 'A'], "OutOf(2, 'A.peer', 'B.peer', 'C.peer')"],
  [['E', 'D', 'C', 'B', 'A'], "OutOf(3, 'A.peer', 'B.peer', 'C.peer', 'D.peer', 'E.peer')"],
])('%j endorse by default as %s', (mspIds, policy) => {
  expect(defaultPolicy(mspIds)).toBe(policy);
});
