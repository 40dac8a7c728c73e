import type * as Rules from '../rules.ts';
import type { RuleId } from '../rules.ts';

/** The rule that is out of force in the whole chaincode, once a test has mocked `rules.ts` with {@link withSwitch}. */
export const switched: { off: RuleId | undefined } = { off: undefined };

/** The rules, of which the one that is switched off holds whatever the call: as if its line had been deleted. */
export function withSwitch(rules: typeof Rules): typeof Rules {
  const requireRule: typeof rules.requireRule = (rule, holds, data) => {
    if (rule !== switched.off) rules.requireRule(rule, holds, data);
  };
  return { ...rules, requireRule };
}
