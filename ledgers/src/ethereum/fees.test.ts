import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DEFAULT_FEE_POLICY, chooseFees, maxCost, type Fees, type FeePolicy } from './fees.ts';

const gwei = fc.bigInt({ min: 0n, max: 1_000n }).map((n) => n * 1_000_000_000n);
const policy: FeePolicy = DEFAULT_FEE_POLICY;
const worst = (fees: Fees): bigint => maxCost(fees, 1n, 0n);

describe('fee curve', () => {
  it('never bids above the cap, never below the base fee, never a tip above the whole', () => {
    fc.assert(
      fc.property(
        gwei,
        gwei,
        fc.option(fc.bigInt({ min: -100n, max: 5_000n })),
        (base, suggested, remaining) => {
          const bid = () =>
            chooseFees({
              market: { baseFeePerGas: base, suggested },
              policy,
              ...(remaining === null ? {} : { remainingSec: remaining }),
            });
          if (base > policy.maxFeePerGasCap) {
            expect(bid).toThrow('FEE_BUDGET');
            return;
          }
          const fees = bid();
          if (fees.kind !== 'eip1559') throw new Error('expected EIP-1559 fees');
          expect(fees.maxFeePerGas <= policy.maxFeePerGasCap).toBe(true);
          expect(fees.maxFeePerGas >= base).toBe(true);
          expect(fees.maxPriorityFeePerGas <= fees.maxFeePerGas).toBe(true);
        },
      ),
      { seed: 1, numRuns: 500 },
    );
  });

  it('rises as the deadline comes near and bids the whole cap at it', () => {
    const market = { baseFeePerGas: 10n ** 9n, suggested: 10n ** 9n };
    const at = (remainingSec: bigint) => worst(chooseFees({ market, policy, remainingSec }));
    expect(at(601n)).toBe(worst(chooseFees({ market, policy })));
    for (let left = 600n; left > 0n; left -= 60n) expect(at(left - 60n) >= at(left)).toBe(true);
    expect(at(0n)).toBe(policy.maxFeePerGasCap);
    expect(at(300n) > at(600n)).toBe(true);
  });

  it('replaces no legacy transaction above the cap', () => {
    const replacing = (gasPrice: bigint): Fees =>
      chooseFees({
        market: { baseFeePerGas: undefined, suggested: 1n },
        policy,
        replaces: { kind: 'legacy', gasPrice },
      });
    expect(worst(replacing(policy.maxFeePerGasCap / 2n)) <= policy.maxFeePerGasCap).toBe(true);
    expect(() => replacing(policy.maxFeePerGasCap)).toThrow('FEE_BUDGET');
  });

  it('raises both fields of a replacement by at least an eighth, or refuses', () => {
    fc.assert(
      fc.property(gwei, gwei, gwei, (base, tip, extra) => {
        const replaces: Fees = {
          kind: 'eip1559',
          maxFeePerGas: tip + extra + 1n,
          maxPriorityFeePerGas: tip + 1n,
        };
        const request = { market: { baseFeePerGas: base, suggested: 0n }, policy, replaces };
        let fees: Fees;
        try {
          fees = chooseFees(request);
        } catch (error) {
          expect(error).toMatchObject({ code: 'FEE_BUDGET' });
          return;
        }
        if (fees.kind !== 'eip1559') throw new Error('expected EIP-1559 fees');
        expect(fees.maxFeePerGas * 8n >= replaces.maxFeePerGas * 9n).toBe(true);
        expect(fees.maxPriorityFeePerGas * 8n >= replaces.maxPriorityFeePerGas * 9n).toBe(true);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it('uses a gas price where there is no base fee, and keeps a legacy transaction legacy', () => {
    const before = chooseFees({
      market: { baseFeePerGas: undefined, suggested: 3n * 10n ** 9n },
      policy,
    });
    expect(before).toEqual({ kind: 'legacy', gasPrice: 3n * 10n ** 9n });
    const market = { baseFeePerGas: 10n ** 9n, suggested: 10n ** 9n };
    const after = chooseFees({ market, policy, replaces: before });
    expect(after.kind).toBe('legacy');
    expect(worst(after) * 8n >= worst(before) * 9n).toBe(true);
  });
});
