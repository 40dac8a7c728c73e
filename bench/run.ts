// `npm run bench -- <name> [--quick] [--json]`: one folder per published figure.
import { existsSync, readdirSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { BenchOptions, Row } from './row.ts';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const BENCHES = readdirSync(HERE, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(join(HERE, entry.name, 'bench.ts')))
  .map((entry) => entry.name);

const args = process.argv.slice(2);
const names = args.filter((arg) => !arg.startsWith('--'));
const unknown = names.filter((name) => !BENCHES.includes(name));
if (names.length === 0 || unknown.length > 0 || args.includes('--help')) {
  console.error(
    `Usage: npm run bench -- <name>... [--quick] [--json]\nBenches: ${BENCHES.join(', ')}`,
  );
  process.exit(unknown.length > 0 || !args.includes('--help') ? 2 : 0);
}

const options: BenchOptions = {
  quick: args.includes('--quick'),
  progress: (line) => console.error(line),
};
console.error(
  `machine: ${String(cpus().length)} x ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}`,
);
for (const name of names) {
  const module = (await import(pathToFileURL(join(HERE, name, 'bench.ts')).href)) as {
    run: (options: BenchOptions) => Promise<Row[]>;
  };
  const rows = await module.run(options);
  console.log(args.includes('--json') ? JSON.stringify({ bench: name, rows }) : table(name, rows));
}

function table(name: string, rows: readonly Row[]): string {
  const lines = rows.map((row) => [
    row.name,
    `${figure(row.value)} ${row.unit}`,
    row.reference === null ? '' : `${figure(row.reference.value)} (${row.reference.source})`,
    row.limit === null ? '' : `${figure(row.limit.value)} (${row.limit.how})`,
    row.ratio === null ? '' : figure(row.ratio),
  ]);
  const all = [['', 'ours', 'published', 'limit in this run', 'ratio'], ...lines];
  const widths = [0, 1, 2, 3, 4].map((column) =>
    Math.max(...all.map((line) => (line[column] ?? '').length)),
  );
  return [
    name,
    ...all.map((line) =>
      line
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    ),
  ].join('\n');
}

function figure(value: number): string {
  if (Number.isInteger(value)) return value.toLocaleString('en');
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}
