import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { drawSoak } from './picture.ts';
import { soak } from './soak.ts';

const USAGE = `Usage: npm run soak -- [--open N] [--minutes M] [--hold SEC] [--per-second N] [--seed N] [--out FOLDER]

Two agents and a relayer as processes on devnode and anvil. Opens N swaps (default 1000) and keeps N open for M minutes
(default 30) by opening new ones as others settle or are refunded, each after SEC seconds on average (default 500). Looks
at heap after garbage collection, memory, handles and lag of each process once a minute.
Writes soak.json and soak.svg to FOLDER when given; prints a summary. Exits 1 when memory grows or a swap goes wrong.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    open: { type: 'string', default: '1000' },
    minutes: { type: 'string', default: '30' },
    hold: { type: 'string', default: '500' },
    'per-second': { type: 'string', default: '4' },
    sample: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
const figures = [values.open, values.minutes, values.hold, values['per-second'], values.seed];
if (values.help || positionals.length > 0 || figures.some((text) => !(Number(text) > 0))) {
  console.error(USAGE);
  process.exit(values.help ? 0 : 2);
}

const result = await soak({
  open: Number(values.open),
  holdsSec: Number(values.minutes) * 60,
  holdSec: Number(values.hold),
  perSecond: Number(values['per-second']),
  sampleSec: Number(values.sample),
  seed: Number(values.seed),
  onProgress: (line) => {
    console.error(line);
  },
});
const { samples, ...summary } = result;
if (values.out !== undefined) {
  mkdirSync(values.out, { recursive: true });
  writeFileSync(join(values.out, 'soak.json'), `${JSON.stringify(result, null, 1)}\n`);
  writeFileSync(join(values.out, 'soak.svg'), drawSoak(result));
}
console.log(JSON.stringify({ ...summary, samples: samples.length }, null, 2));
process.exitCode = result.faults.length === 0 ? 0 : 1;
