// Measures gas on a fresh anvil and writes snapshots/gas.json; the only way to change that file.
import { writeFileSync } from 'node:fs';
import { startAnvil } from '../test/support/anvil.ts';
import { measureGas } from '../test/support/gas.ts';

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
  console.log(rows);
} finally {
  await chain.close();
}
