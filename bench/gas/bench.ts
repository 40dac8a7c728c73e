import { startAnvil } from '../../evm/test/support/anvil.ts';
import { GAS_BOUNDS } from '../../evm/test/support/gas-bounds.ts';
import { measureGas } from '../../evm/test/support/gas.ts';
import type { BenchOptions, Row } from '../row.ts';

/** Boltz EtherSwap and ERC20Swap v6 (boltz-core 0f2bfa4), whole transactions on Osaka, viaIR, steady state; batch claim per swap at n = 20. */
const BOLTZ: Readonly<Record<string, number>> = {
  'ETH one-shot lock, first use': 47_320,
  'ETH one-shot lock': 47_320,
  'ETH one-shot claim': 32_252,
  'ETH one-shot refund': 31_359,
  'ETH one-shot refund with consent': 36_844,
  'ERC-20 one-shot lock, first use': 66_490,
  'ERC-20 one-shot lock': 66_490,
  'ERC-20 one-shot claim': 41_577,
  'ERC-20 one-shot refund': 40_653,
  'mid-account lock': 66_490,
  'mid-account claim': 41_577,
  'mid-account refund': 40_653,
  'batch of 50 claim': 8_543,
};

/** Gas of every operation by receipt, on a fresh anvil, beside its bound and Boltz's published figure. */
export async function run({ progress }: BenchOptions): Promise<Row[]> {
  const chain = await startAnvil();
  try {
    progress('running every operation on anvil (osaka)');
    const measured = await measureGas(chain);
    return Object.entries(measured).map(([name, value]) => {
      const published = BOLTZ[name];
      const bound = GAS_BOUNDS[name];
      return {
        name,
        unit: 'gas',
        value,
        reference: published === undefined ? null : { value: published, source: 'Boltz v6' },
        limit: bound === undefined ? null : { value: bound, how: 'bound that CI enforces' },
        ratio: published === undefined ? null : value / published,
      };
    });
  } finally {
    await chain.close();
  }
}
