import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startAnvil, type Chain } from './support/anvil.ts';
import { GAS_BOUNDS } from './support/gas-bounds.ts';
import { measureGas, type GasTable } from './support/gas.ts';
import { withGasTable } from '../scripts/gas-table.ts';

let chain: Chain;
let measured: GasTable;
const snapshot = JSON.parse(
  readFileSync(new URL('../snapshots/gas.json', import.meta.url), 'utf8'),
) as { rows: GasTable };

beforeAll(async () => {
  chain = await startAnvil();
  measured = await measureGas(chain);
});
afterAll(() => chain.close());

describe('gas of whole transactions, by receipt', () => {
  it('is the committed snapshot (evm/scripts/gas.ts writes it)', () => {
    expect(measured).toEqual(snapshot.rows);
  });

  it.each(Object.entries(GAS_BOUNDS))('%s stays within its bound', (name, bound) => {
    expect(measured[name]).toBeLessThanOrEqual(bound);
  });

  it('stands in the README', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    expect(withGasTable(readme, snapshot.rows)).toBe(readme);
  });

  it('has a bound for every row', () => {
    expect(Object.keys(GAS_BOUNDS).sort()).toEqual(Object.keys(measured).sort());
  });
});
