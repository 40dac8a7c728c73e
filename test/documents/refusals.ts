import { REFUSALS, nextStepOf, type RefusalId } from '@midlock/client';

const BEGIN =
  '<!-- refusals: written by test/documents/write-refusals.ts from client/src/start-up/refusals.ts -->';
const END = '<!-- end of refusals -->';

/** docs/operations.md with its table of refusals written anew. Throws when it has no place for one. */
export function withRefusals(document: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error('docs/operations.md lacks the marks of the table');
  const rows = (Object.keys(REFUSALS) as RefusalId[]).map((id) => {
    const { what, code, seenIn } = REFUSALS[id];
    const open = seenIn === 'networks' ? 'a warning' : 'refused too';
    return `| \`${id}\` | ${what} | \`${code}\` | ${nextStepOf(id)} | ${open} |`;
  });
  const table = [
    '| id | refused when | code | what to do | with open swaps |',
    '|---|---|---|---|---|',
    ...rows,
  ];
  return `${document.slice(0, begin)}${BEGIN}\n${table.join('\n')}\n${document.slice(end)}`;
}
