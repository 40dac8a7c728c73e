import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientModels, DEVIATIONS } from './deviations.ts';
import { startEscrowChain, type EscrowChain } from './ledgers/escrow-chain.ts';
import { compareWithLedgers, compareWithTapes, type Comparison } from './run.ts';
import { SEEN } from './seen.ts';

const LIFE_CYCLES = { seed: 20_261_121, count: 56, commands: 60 };

let chain: EscrowChain;
let comparison: Comparison;
beforeAll(async () => {
  chain = await startEscrowChain();
  comparison = await compareWithLedgers(chain, clientModels, LIFE_CYCLES);
}, 180_000);
afterAll(() => chain.close());

describe('random life cycles', () => {
  it('are the same in escrow, chaincode and models, step by step', () => {
    expect(comparison.tapes).toHaveLength(LIFE_CYCLES.count);
    expect(comparison.steps).toBeGreaterThanOrEqual(1_500);
  });

  it('meet every outcome that matters', () => {
    expect(SEEN.filter((outcome) => !comparison.tally.has(outcome))).toEqual([]);
  });

  it('are on tape as the models play them', async () => {
    await compareWithTapes(chain, clientModels, LIFE_CYCLES, comparison.tapes);
  });

  it.each(Object.entries(DEVIATIONS))('tell when a model deviates: %s', async (_, models) => {
    await expect(compareWithTapes(chain, models, LIFE_CYCLES, comparison.tapes)).rejects.toThrow(
      /Property failed/,
    );
  });
});
