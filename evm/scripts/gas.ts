// Measures gas on a fresh anvil and writes snapshots/gas.json and README's table; the only way to change them.
import { readFileSync, writeFileSync } from 'node:fs';
import { startAnvil } from '../test/support/anvil.ts';
import { measureGas } from '../test/support/gas.ts';
import { withGasTable } from './gas-table.ts';

const chain = await startAnvil();
try {
  const rows = await measureGas(chain);
  const snapshot = {
    hardfork: 'osaka',
    compiler: 'solc 0.8.37, viaIR, 1,000,000 runs',
    unit: 'gas per transaction; batches per swap',
    rows,
  };
  writeFileSync(
    new URL('../snapshots/gas.json', import.meta.url),
    `${JSON.stringify(snapshot, null, 2)}\n`,
  );
  const readme = new URL('../README.md', import.meta.url);
  writeFileSync(readme, withGasTable(readFileSync(readme, 'utf8'), rows));
  console.log(rows);
} finally {
  await chain.close();
}
