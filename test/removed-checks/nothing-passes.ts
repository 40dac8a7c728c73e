/** Conditions of a `throw` whose removal lets nothing through, and why. */
export const NOTHING_PASSES: Readonly<Record<string, string>> = {};
