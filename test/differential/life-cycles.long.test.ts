import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clientModels } from './deviations.ts';
import { startEscrowChain, type EscrowChain } from './ledgers/escrow-chain.ts';
import { compareWithLedgers } from './run.ts';

let chain: EscrowChain;
beforeAll(async () => {
  chain = await startEscrowChain();
});
afterAll(() => chain.close());

describe('many random life cycles', () => {
  // MIDLOCK_DIFFERENTIAL=<first seed> plays others than the last run.
  const first = Number(process.env['MIDLOCK_DIFFERENTIAL'] ?? 1);

  it.each([first, first + 1, first + 2])(
    'are the same in escrow, chaincode and models: seed %i',
    { timeout: 240_000 },
    async (seed) => {
      const lifeCycles = { seed, count: 50, commands: 80 };
      const { steps } = await compareWithLedgers(chain, clientModels, lifeCycles);
      console.log(`seed ${seed}: ${steps} outcomes compared`);
      expect(steps).toBeGreaterThanOrEqual(2_000);
    },
  );
});
