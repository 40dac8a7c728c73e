import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../vectors/timelocks.json' with { type: 'json' };
import {
  DEVELOPMENT,
  PROFILES,
  checkTimelocks,
  describePlan,
  ethereumSettleSec,
  fabricActSec,
  isMidlockError,
  lockGuardSec,
  marginSec,
  planTimelocks,
  reorgAllowanceSec,
  revealGuardSec,
  type Direction,
  type SwapProfile,
} from './index.ts';
import { direction, profile } from './testing/arbitraries.ts';

const RUNS = { seed: 1, numRuns: 300 };
const NOW_SEC = 1_800_000_000n;

function profileOf(name: string): SwapProfile {
  return PROFILES.find((candidate) => candidate.name === name) ?? DEVELOPMENT;
}

describe('deadlines against the formulas of the design (vectors/timelocks.json)', () => {
  it.each(vectors.cases)('$profile $direction', (vector) => {
    const chosen = profileOf(vector.profile);
    const way = vector.direction as Direction;
    const plan = planTimelocks({ direction: way, profile: chosen, nowSec: BigInt(vector.nowSec) });
    expect({
      A_F: fabricActSec(chosen),
      S_E: ethereumSettleSec(chosen),
      guard: revealGuardSec(way, chosen),
      lockGuard: lockGuardSec(way, chosen),
      allowance: reorgAllowanceSec(way, chosen),
      margin: marginSec(way, chosen),
      T_F: plan.fabricExpiresAtSec,
      T_E: plan.ethereumExpiresAtSec,
      refundFabric: plan.fabricRefundFromSec,
    }).toEqual({
      A_F: BigInt(vector.A_F),
      S_E: BigInt(vector.S_E),
      guard: BigInt(vector.guard),
      lockGuard: BigInt(vector.lockGuard),
      allowance: BigInt(vector.allowance),
      margin: BigInt(vector.margin),
      T_F: BigInt(vector.T_F),
      T_E: BigInt(vector.T_E),
      refundFabric: BigInt(vector.refundFabric),
    });
  });
});

describe('planTimelocks', () => {
  it('keeps every obligation, in every profile and direction', () => {
    fc.assert(
      fc.property(direction, profile, (way, chosen) => {
        const plan = planTimelocks({ direction: way, profile: chosen, nowSec: NOW_SEC });
        checkTimelocks(way, chosen, plan.fabricExpiresAtSec, plan.ethereumExpiresAtSec);
        for (const { left, relation, right } of plan.obligations)
          expect(relation === '>' ? left > right : left >= right).toBe(true);
      }),
      RUNS,
    );
  });

  it('puts the moments of a swap in order', () => {
    fc.assert(
      fc.property(
        direction,
        profile,
        fc.bigInt({ min: 0n, max: 500n }),
        (way, chosen, slackSec) => {
          const plan = planTimelocks({
            direction: way,
            profile: chosen,
            nowSec: NOW_SEC,
            slackSec,
          });
          const [longSec, shortSec] =
            way === 'fabric-first'
              ? [plan.fabricExpiresAtSec, plan.ethereumExpiresAtSec]
              : [plan.ethereumExpiresAtSec, plan.fabricExpiresAtSec];
          const moments = [
            NOW_SEC + slackSec,
            plan.lockLongBySec,
            plan.lockShortBySec,
            plan.revealBySec,
            shortSec,
            longSec,
          ];
          expect([...moments].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))).toEqual(moments);
          // The guards are strict, so that whoever locks in the last second allowed is still in time.
          const spareSec = reorgAllowanceSec(way, chosen) + 1n;
          expect(plan.lockLongBySec).toBe(NOW_SEC + slackSec + spareSec);
          expect(plan.ethereumRefundFromSec).toBe(plan.ethereumExpiresAtSec);
          expect(plan.fabricRefundFromSec).toBe(plan.fabricExpiresAtSec + chosen.fabric.gapSec);
        },
      ),
      RUNS,
    );
  });

  it('leaves the allowance for a reorg out on request, and nothing else', () => {
    fc.assert(
      fc.property(direction, profile, (way, chosen) => {
        const input = { direction: way, profile: chosen, nowSec: NOW_SEC };
        const bare = planTimelocks({ ...input, finishDespiteReorg: false });
        expect(bare.lockLongBySec).toBe(NOW_SEC + chosen.party.observeSec + 1n);
        expect(planTimelocks(input).fabricExpiresAtSec - bare.fabricExpiresAtSec).toBe(
          reorgAllowanceSec(way, chosen),
        );
        expect(() =>
          checkTimelocks(way, chosen, bare.fabricExpiresAtSec, bare.ethereumExpiresAtSec),
        ).not.toThrow();
      }),
      RUNS,
    );
  });

  it('is the same plan that describePlan reads from its deadlines', () => {
    fc.assert(
      fc.property(direction, profile, (way, chosen) => {
        const plan = planTimelocks({ direction: way, profile: chosen, nowSec: NOW_SEC });
        expect(
          describePlan(way, chosen, plan.fabricExpiresAtSec, plan.ethereumExpiresAtSec),
        ).toEqual(plan);
      }),
      RUNS,
    );
  });

  it.each([
    'commitSec',
    'inclusionSec',
    'reorgSpanSec',
    'observeSec',
    'skewSec',
    'gapSec',
  ] as const)('never gives less time when %s grows', (figure) => {
    fc.assert(
      fc.property(direction, profile, fc.bigInt({ min: 1n, max: 100n }), (way, chosen, by) => {
        const grown = grow(chosen, figure, by);
        const [before, after] = [chosen, grown].map((one) =>
          planTimelocks({ direction: way, profile: one, nowSec: NOW_SEC }),
        );
        for (const field of ['fabricExpiresAtSec', 'ethereumExpiresAtSec'] as const)
          expect((after?.[field] ?? 0n) >= (before?.[field] ?? 0n)).toBe(true);
        expect(marginSec(way, grown) >= marginSec(way, chosen)).toBe(true);
        expect(revealGuardSec(way, grown) >= revealGuardSec(way, chosen)).toBe(true);
      }),
      RUNS,
    );
  });

  it('leaves the time for a reorg of the short lock out where that is not asked for', () => {
    fc.assert(
      fc.property(direction, profile, (way, chosen) => {
        const plan = (finishDespiteReorg: boolean) =>
          planTimelocks({ direction: way, profile: chosen, nowSec: NOW_SEC, finishDespiteReorg });
        const saved = plan(true).ethereumExpiresAtSec - plan(false).ethereumExpiresAtSec;
        expect(saved).toBe(reorgAllowanceSec(way, chosen));
        checkTimelocks(
          way,
          chosen,
          plan(false).fabricExpiresAtSec,
          plan(false).ethereumExpiresAtSec,
        );
      }),
      RUNS,
    );
  });

  it('needs no more time when others re-send', () => {
    fc.assert(
      fc.property(profile, (chosen) => {
        const resent = (resentByOthers: boolean) => ({
          ...chosen,
          party: { ...chosen.party, resentByOthers },
        });
        const saved = ethereumSettleSec(resent(false)) - ethereumSettleSec(resent(true));
        expect(saved).toBe(chosen.party.thrownOut * chosen.party.observeSec);
      }),
      RUNS,
    );
  });

  it('refuses a profile that contradicts itself', () => {
    const fabric = { ...DEVELOPMENT.fabric, gapSec: 0n };
    expect(() =>
      planTimelocks({
        direction: 'fabric-first',
        profile: { ...DEVELOPMENT, fabric },
        nowSec: NOW_SEC,
      }),
    ).toThrow(/^PROFILE_INVALID/);
  });
});

describe('checkTimelocks', () => {
  it('accepts exactly the margin and refuses one second less', () => {
    fc.assert(
      fc.property(direction, profile, (way, chosen) => {
        const plan = planTimelocks({ direction: way, profile: chosen, nowSec: NOW_SEC });
        const fabricSec = plan.fabricExpiresAtSec - (way === 'fabric-first' ? 1n : 0n);
        const ethereumSec = plan.ethereumExpiresAtSec - (way === 'fabric-first' ? 0n : 1n);
        let refusal: unknown;
        try {
          checkTimelocks(way, chosen, fabricSec, ethereumSec);
        } catch (error) {
          refusal = error;
        }
        expect(isMidlockError(refusal, 'DEADLINE_ORDER') && refusal.data['obligation']).toBe(
          'responder-can-claim',
        );
      }),
      RUNS,
    );
  });

  it('refuses deadlines in the wrong order', () => {
    expect(() => checkTimelocks('fabric-first', DEVELOPMENT, NOW_SEC, NOW_SEC + 100n)).toThrow(
      /^DEADLINE_ORDER/,
    );
    expect(() => checkTimelocks('ethereum-first', DEVELOPMENT, NOW_SEC + 100n, NOW_SEC)).toThrow(
      /^DEADLINE_ORDER/,
    );
  });
});

/** The profile with one figure larger, and with what its own rules then ask for. */
function grow(
  { name, fabric, ethereum, party }: SwapProfile,
  figure: 'commitSec' | 'inclusionSec' | 'reorgSpanSec' | 'observeSec' | 'skewSec' | 'gapSec',
  by: bigint,
): SwapProfile {
  const grown = {
    name,
    fabric: { ...fabric, maxPastSec: fabric.maxPastSec + 2n * by },
    ethereum: { ...ethereum },
    party: { ...party },
  };
  if (figure === 'commitSec' || figure === 'gapSec') grown.fabric[figure] += by;
  else if (figure === 'inclusionSec') grown.ethereum.inclusionSec += by;
  else if (figure === 'reorgSpanSec') {
    grown.ethereum.reorgSpanSec += by;
    grown.ethereum.finalitySec += by;
  } else grown.party[figure] += by;
  return grown;
}
