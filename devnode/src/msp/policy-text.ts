import type { PolicyRule, SignaturePolicy } from './types.ts';

/** A policy in Fabric's language, every gate as OutOf; what {@link parsePolicy} reads back. */
export function policyText({ rule, principals }: SignaturePolicy): string {
  const render = (part: PolicyRule): string => {
    if (part.kind === 'out-of')
      return `OutOf(${[String(part.n), ...part.rules.map(render)].join(', ')})`;
    const principal = principals[part.principal];
    return `'${principal?.mspId ?? '?'}.${principal?.role ?? 'member'}'`;
  };
  return render(rule);
}
