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

/**
 * Sets of organisations, sorted inside, whose peers together satisfy the policy, minimal ones only and smallest first:
 * what discovery calls layouts. Principals of roles that no peer has (client, admin, orderer) count as unsatisfiable;
 * several peers of one organisation as that organisation once. Throws MspError UNSUPPORTED_POLICY beyond 1000 sets.
 */
export function orgSetsSatisfying(policy: SignaturePolicy): string[][] {
  const sets = setsOf(policy.rule, policy.principals).map((set) => [...set].sort());
  const minimal = sets.filter(
    (set, index) =>
      !sets.some((other, at) => {
        if (at === index || !other.every((mspId) => set.includes(mspId))) return false;
        return other.length < set.length || at < index;
      }),
  );
  return minimal.sort((a, b) => a.length - b.length || (a.join() < b.join() ? -1 : 1));
}

function satisfies(
  identity: Pick<Identity, 'mspId' | 'role'>,
  principal: Principal | undefined,
): boolean {
  if (principal?.mspId !== identity.mspId) return false;
  return principal.role === 'member' || principal.role === identity.role;
}

function setsOf(rule: PolicyRule, principals: readonly Principal[]): ReadonlySet<string>[] {
  if (rule.kind === 'signed-by') {
    const principal = principals[rule.principal];
    const byPeer = principal?.role === 'member' || principal?.role === 'peer';
    return principal !== undefined && byPeer ? [new Set([principal.mspId])] : [];
  }
  // chosen[k] holds the unions over all choices of k satisfied rules among those seen so far.
  let chosen: ReadonlySet<string>[][] = [[new Set<string>()]];
  for (const child of rule.rules) {
    const options = setsOf(child, principals);
    const grown = [...chosen, []].map((sets) => [...sets]);
    chosen.forEach((sets, count) => {
      if (count >= rule.n) return;
      const unions = sets.flatMap((set) => options.map((option) => union(set, option)));
      grown[count + 1] = distinctSets([...(grown[count + 1] ?? []), ...unions]);
    });
    if (grown.some((sets) => sets.length > MAX_LAYOUTS)) {
      throw new MspError('UNSUPPORTED_POLICY', `policy has more than ${MAX_LAYOUTS} layouts`);
    }
    chosen = grown;
  }
  return chosen[Math.max(rule.n, 0)] ?? [];
}

function union(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a, ...b]);
}

function distinctSets(sets: readonly ReadonlySet<string>[]): ReadonlySet<string>[] {
  return [...new Map(sets.map((set) => [[...set].sort().join(), set])).values()];
}
