import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEVELOPMENT, PROFILES, checkProfile, defaultGapSec, type SwapProfile } from './index.ts';
import { profile } from './testing/arbitraries.ts';

/** Each rule with a change of the development profile that breaks it and nothing else. */
const broken: readonly (readonly [string, (profile: SwapProfile) => SwapProfile])[] = [
  ['no figure is negative', (p) => ({ ...p, party: { ...p.party, observeSec: -1n } })],
  ['fabric.commitSec > 0', (p) => ({ ...p, fabric: { ...p.fabric, commitSec: 0n } })],
  ['ethereum.inclusionSec > 0', (p) => ({ ...p, ethereum: { ...p.ethereum, inclusionSec: 0n } })],
  [
    'ethereum.reorgSpanSec <= ethereum.finalitySec',
    (p) => ({ ...p, ethereum: { ...p.ethereum, reorgSpanSec: p.ethereum.finalitySec + 1n } }),
  ],
  [
    'fabric.gapSec >= fabric.maxFutureSec',
    (p) => ({ ...p, fabric: { ...p.fabric, gapSec: p.fabric.maxFutureSec - 1n } }),
  ],
  [
    'fabric.maxPastSec >= 2 skewSec + commitSec',
    (p) => ({
      ...p,
      fabric: { ...p.fabric, maxPastSec: 2n * p.party.skewSec + p.fabric.commitSec - 1n },
    }),
  ],
];

describe('checkProfile', () => {
  it('accepts the published profiles and whatever keeps the rules', () => {
    for (const published of PROFILES) checkProfile(published);
    fc.assert(
      fc.property(profile, (any) => {
        checkProfile(any);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it.each(broken)('refuses what breaks "%s", by name', (rule, breakIt) => {
    expect(() => checkProfile(breakIt(DEVELOPMENT))).toThrow(
      expect.objectContaining({ code: 'PROFILE_INVALID', data: { profile: 'development', rule } }),
    );
  });

  it('has R <= K everywhere, so that the finality rules can be tested', () => {
    for (const { ethereum } of PROFILES)
      expect(ethereum.reorgSpanSec <= ethereum.finalitySec).toBe(true);
  });
});

describe('defaultGapSec', () => {
  it('is the window and twice the skew, which development uses', () => {
    expect(defaultGapSec(DEVELOPMENT.fabric, DEVELOPMENT.party.skewSec)).toBe(
      DEVELOPMENT.fabric.gapSec,
    );
    expect(defaultGapSec({ maxPastSec: 60n, maxFutureSec: 10n }, 25n)).toBe(120n);
  });
});
