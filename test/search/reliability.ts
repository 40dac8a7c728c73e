import { readFileSync, writeFileSync } from 'node:fs';
import type { Explored } from './explore.ts';
import { PLANTED_BUGS, type PlantedBugId } from './planted-bugs.ts';
import type { State } from './state.ts';

const DOCUMENT = new URL('../../docs/reliability.md', import.meta.url);
const [BEGIN, END] = ['<!-- planted bugs: begin -->', '<!-- planted bugs: end -->'];

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

/** Puts the table into docs/reliability.md, between its two marks. */
export function writeTable(rows: readonly Row[]): void {
  const text = readFileSync(DOCUMENT, 'utf8');
  const [before, rest] = text.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined)
    throw new Error('docs/reliability.md has no marks for the table of planted bugs');
  writeFileSync(DOCUMENT, `${before}${BEGIN}\n\n${tableOf(rows)}\n\n${END}${after}`);
}
