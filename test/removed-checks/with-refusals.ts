import { NOTHING_PASSES } from './nothing-passes.ts';
import type { CheckedPackage, Selection } from './package.ts';
import { recordingOf, type Refusal } from './refusals.ts';

/**
 * A package's checks that have names, and each `throw` of its sources (refusals.ts), whose condition is its name.
 * `tests` says which tests are there for a source.
 */
export function withRefusals(
  named: CheckedPackage,
  refusals: readonly Refusal[],
  tests: (module: string) => readonly Selection[],
): CheckedPackage {
  const byId = new Map(
    refusals.filter(({ id }) => NOTHING_PASSES[id] === undefined).map((each) => [each.id, each]),
  );
  return {
    ...named,
    recording: recordingOf([...byId.values()]),
    ids: () => [...named.ids(), ...byId.keys()],
    named: named.ids,
    tests: (id) => {
      const refusal = byId.get(id);
      return refusal === undefined ? named.tests(id) : tests(refusal.module);
    },
    without: (id) => {
      const refusal = byId.get(id);
      return refusal === undefined ? named.without(id) : [refusal.change];
    },
  };
}
