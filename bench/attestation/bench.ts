import type { BenchOptions, Row } from '../row.ts';
import { gasRows } from './gas.ts';
import { timeRows } from './time.ts';

/** What one check of a committee's signature costs, by FROST, BLS and ECDSA quorum: gas on chain, time off chain. */
export async function run(options: BenchOptions): Promise<Row[]> {
  return [...(await gasRows(options)), ...(await timeRows(options))];
}
