import { MspError } from './msp-error.ts';
import type { Identity, PolicyRule, Principal, SignaturePolicy } from './types.ts';

/** More layouts than this are refused: a policy of that kind is a mistake or an attack. */
const MAX_LAYOUTS = 1_000;

/**
 * True when the identities, whose signatures the caller has verified, satisfy the policy. As Fabric's cauthdsl does
 * it: an identity counts once however often it signed, each is used at most once, principals take the first fitting
 * identity in order without backtracking, and a failed branch gives back what it used.
 */
export function evaluatePolicy(
  policy: SignaturePolicy,
  identities: readonly Pick<Identity, 'id' | 'mspId' | 'role'>[],
): boolean {
  const distinct = [...new Map(identities.map((identity) => [identity.id, identity])).values()];
  const evaluate = (rule: PolicyRule, used: boolean[]): boolean => {
    if (rule.kind === 'signed-by') {
      const principal = policy.principals[rule.principal];
      const index = distinct.findIndex(
        (identity, position) => used[position] !== true && satisfies(identity, principal),
      );
      if (index >= 0) used[index] = true;
      return index >= 0;
    }
    let satisfied = 0;
    for (const child of rule.rules) {
      const attempt = [...used];
      if (!evaluate(child, attempt)) continue;
      satisfied += 1;
      used.splice(0, used.length, ...attempt);
    }
    return satisfied >= rule.n;
  };
  return evaluate(
    policy.rule,
    distinct.map(() => false),
  );
}

/** The policy `MAJORITY Endorsement` of a channel whose organisations each ask for one of their peers. */
export function majorityEndorsement(mspIds: readonly string[]): SignaturePolicy {
  return {
    rule: {
      kind: 'out-of',
      n: Math.floor(mspIds.length / 2) + 1,
      rules: mspIds.map((_, principal) => ({ kind: 'signed-by', principal })),
    },
    principals: mspIds.map((mspId) => ({ mspId, role: 'peer' })),
  };
}

/** How many peers of each organisation endorse. */
export type EndorsementLayout = ReadonlyMap<string, number>;

/**
 * Numbers of peers by organisation that satisfy the policy, minimal ones only and smallest first: what discovery calls
 * layouts. Principals of roles that no peer has (client, admin, orderer) count as unsatisfiable; each principal of one
 * organisation needs a peer of its own. Throws MspError UNSUPPORTED_POLICY beyond 1000 layouts.
 */
export function layoutsSatisfying(policy: SignaturePolicy): readonly EndorsementLayout[] {
  let layouts = layoutsOfPolicies.get(policy);
  if (layouts === undefined) {
    layouts = minimalLayouts(bagsOf(policy.rule, policy.principals));
    layoutsOfPolicies.set(policy, layouts);
  }
  return layouts;
}

/** A chaincode's policy is asked for with every transaction. */
const layoutsOfPolicies = new WeakMap<SignaturePolicy, readonly EndorsementLayout[]>();

/**
 * Layouts that satisfy all of several policies at once: one peer's signature counts for each of them. No policies are
 * satisfied by nobody. Throws MspError UNSUPPORTED_POLICY beyond 1000 layouts.
 */
export function layoutsSatisfyingAll(
  policies: readonly SignaturePolicy[],
): readonly EndorsementLayout[] {
  const [only] = policies;
  if (only !== undefined && policies.length === 1) return layoutsSatisfying(only);
  let layouts: readonly EndorsementLayout[] = [new Map()];
  for (const policy of policies) {
    const options = layoutsSatisfying(policy);
    layouts = bounded(
      distinctBags(
        layouts.flatMap((layout) => options.map((option) => merge(layout, option, Math.max))),
      ),
    );
  }
  return minimalLayouts(layouts);
}

function satisfies(
  identity: Pick<Identity, 'mspId' | 'role'>,
  principal: Principal | undefined,
): boolean {
  if (principal?.mspId !== identity.mspId) return false;
  return principal.role === 'member' || principal.role === identity.role;
}

function bagsOf(rule: PolicyRule, principals: readonly Principal[]): EndorsementLayout[] {
  if (rule.kind === 'signed-by') {
    const principal = principals[rule.principal];
    const byPeer = principal?.role === 'member' || principal?.role === 'peer';
    return principal !== undefined && byPeer ? [new Map([[principal.mspId, 1]])] : [];
  }
  // chosen[k] holds the sums over all choices of k satisfied rules among those seen so far.
  let chosen: EndorsementLayout[][] = [[new Map<string, number>()]];
  for (const child of rule.rules) {
    const options = bagsOf(child, principals);
    const grown = [...chosen, []].map((bags) => [...bags]);
    chosen.forEach((bags, count) => {
      if (count >= rule.n) return;
      const sums = bags.flatMap((bag) => options.map((option) => merge(bag, option, add)));
      grown[count + 1] = bounded(distinctBags([...(grown[count + 1] ?? []), ...sums]));
    });
    chosen = grown;
  }
  return chosen[Math.max(rule.n, 0)] ?? [];
}

function minimalLayouts(layouts: readonly EndorsementLayout[]): EndorsementLayout[] {
  const within = (small: EndorsementLayout, large: EndorsementLayout) =>
    [...small].every(([mspId, count]) => (large.get(mspId) ?? 0) >= count);
  const distinct = distinctBags(layouts);
  return distinct
    .filter((layout) => !distinct.some((other) => other !== layout && within(other, layout)))
    .sort((a, b) => sizeOf(a) - sizeOf(b) || (keyOf(a) < keyOf(b) ? -1 : 1));
}

function bounded(layouts: EndorsementLayout[]): EndorsementLayout[] {
  if (layouts.length > MAX_LAYOUTS)
    throw new MspError('UNSUPPORTED_POLICY', `policy has more than ${MAX_LAYOUTS} layouts`);
  return layouts;
}

function merge(
  a: EndorsementLayout,
  b: EndorsementLayout,
  combine: (x: number, y: number) => number,
): EndorsementLayout {
  const names = [...new Set([...a.keys(), ...b.keys()])].sort();
  return new Map(names.map((mspId) => [mspId, combine(a.get(mspId) ?? 0, b.get(mspId) ?? 0)]));
}

function add(x: number, y: number): number {
  return x + y;
}

function distinctBags(layouts: readonly EndorsementLayout[]): EndorsementLayout[] {
  return [...new Map(layouts.map((layout) => [keyOf(layout), layout])).values()];
}

function sizeOf(layout: EndorsementLayout): number {
  return [...layout.values()].reduce(add, 0);
}

function keyOf(layout: EndorsementLayout): string {
  return JSON.stringify([...layout].sort(([a], [b]) => (a < b ? -1 : 1)));
}
