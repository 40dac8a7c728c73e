import { readFileSync, writeFileSync } from 'node:fs';
import type { Explored } from './explore.ts';
import type { Minimum } from './minima.ts';
import { PLANTED_BUGS, type PlantedBugId } from './planted-bugs.ts';
import type { State } from './state.ts';

const DOCUMENT = new URL('../../docs/reliability.md', import.meta.url);

export interface Row {
  readonly id: PlantedBugId;
  readonly explored: Explored<State>;
}

/** The table of planted bugs as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = rows.map(({ id, explored: { states, violation } }) => {
    const { what, where } = PLANTED_BUGS[id];
    const found =
      violation === undefined
        ? ['not found', '', '']
        : [
            /^[SL][0-9]+/.exec(violation.what)?.[0] ?? 'settles',
            String(violation.path.length),
            'search',
          ];
    const [invariant, moves, by] = found;
    return `| \`${id}\` | ${what} | ${where[0]} | ${by} | ${invariant} | ${String(states)} | ${moves} |`;
  });
  return [
    '| Bug | What was done wrong | Direction | Found by | Invariant | States | Moves |',
    '| --- | --- | --- | --- | --- | ---: | ---: |',
    ...lines,
  ].join('\n');
}

/** The minima as Markdown: a row a bound, a column a set of figures. A value that differs from the planner's says so. */
export function minimaOf(
  minima: readonly { readonly name: string; readonly minimum: Minimum }[],
): string {
  const columns = [...new Set(minima.map(({ name }) => name))];
  const rows = Map.groupBy(minima, ({ minimum }) => `${minimum.direction} | ${minimum.bound}`);
  const cell = ({ found, planned, complete, below }: Minimum): string =>
    !complete || below.violation === undefined
      ? 'not complete'
      : found === planned
        ? String(found)
        : `${String(found)}, planner ${String(planned)}`;
  const states = columns.map((name) => {
    const visited = minima
      .filter((one) => one.name === name)
      .map(({ minimum }) => minimum.states + minimum.below.states);
    return String(visited.reduce((sum, count) => sum + count, 0));
  });
  return [
    `| Direction | Bound | ${columns.join(' | ')} |`,
    `| --- | --- |${' ---: |'.repeat(columns.length)}`,
    ...[...rows].map(
      ([name, row]) => `| ${name} | ${row.map(({ minimum }) => cell(minimum)).join(' | ')} |`,
    ),
    `| | states, both sides of each border | ${states.join(' | ')} |`,
  ].join('\n');
}

/** Puts the table of planted bugs into docs/reliability.md. */
export function writeTable(rows: readonly Row[]): void {
  writeSection('planted bugs', tableOf(rows));
}

/** Puts the table of minima into docs/reliability.md. */
export function writeMinima(minima: Parameters<typeof minimaOf>[0]): void {
  writeSection('minima', minimaOf(minima));
}

/** Puts a table between its two marks. */
export function writeSection(name: string, table: string): void {
  const [begin, end] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`docs/reliability.md has no marks for the table of ${name}`);
  writeFileSync(DOCUMENT, `${before}${begin}\n\n${table}\n\n${end}${after}`);
}
