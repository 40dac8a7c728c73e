import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILES = [
  'contracts/MidlockEscrow.sol',
  'contracts/libraries/Tokens.sol',
  'contracts/demo/DemoToken.sol',
];

/** One `if` of the contracts, or one part of a condition that has several. */
export interface Check {
  /** Function and condition; stable while both stand. */
  readonly id: string;
  readonly file: string;
  /** Where the condition stands in the source, without its parentheses. */
  readonly start: number;
  readonly end: number;
  /** What stands there without the check. */
  readonly without: 'true' | 'false';
}

/** Checks whose removal changes no answer, and why. */
export const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  '_flush: credit.amount == 0': 'Adds nothing to a balance; the check saves 2,200 gas.',
};

/**
 * Every check of the escrow, its libraries and the demo token, found in the sources: none can be added without being removed in turn.
 * Where a condition, or what a function returns, has parts with `||` or `&&` between them, each part is a check of its own.
 */
export function listChecks(): Check[] {
  return FILES.flatMap((file) => {
    const source = readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');
    const places = [...source.matchAll(/\bif \(|\breturn (?=[^;]*(?:&&|\|\|))/g)];
    return places.flatMap(({ index, 0: word }) => {
      const start = index + word.length;
      const end = word === 'if (' ? closing(source, start) : source.indexOf(';', start);
      const name = functionAt(source, start);
      const condition = source.slice(start, end);
      const whole: Check[] =
        word === 'if ('
          ? [{ id: `${name}: ${condition}`, file, start, end, without: 'false' }]
          : [];
      const parts = partsOf(source, start, end).map((part) => ({
        id: `${name}: ${source.slice(part.start, part.end)}, of ${condition}`,
        file,
        ...part,
      }));
      return [...whole, ...parts];
    });
  });
}

/** The source without a check: its condition never holds, its part decides nothing. */
export function withoutCheck(source: string, { start, end, without }: Check): string {
  return source.slice(0, start) + without + source.slice(end);
}

/** What stands between the operators of a condition, outside of parentheses; none where there is no operator. */
export function partsOf(
  source: string,
  start: number,
  end: number,
): readonly Pick<Check, 'start' | 'end' | 'without'>[] {
  let depth = 0;
  const operators: number[] = [];
  for (let place = start; place < end; place += 1) {
    const character = source[place];
    if (character === '(') depth += 1;
    if (character === ')') depth -= 1;
    if (depth === 0 && /^(?:&&|\|\|)/.test(source.slice(place, place + 2))) {
      operators.push(place);
      place += 1;
    }
  }
  if (operators.length === 0) return [];
  const without = source[operators[0] ?? start] === '&' ? 'true' : 'false';
  return [...operators, end].map((stop, i) => ({
    start: (i === 0 ? start : (operators[i - 1] ?? start) + 2) + (i === 0 ? 0 : 1),
    end: stop === end ? end : stop - 1,
    without,
  }));
}

function functionAt(source: string, place: number): string {
  const names = [...source.slice(0, place).matchAll(/\b(?:function (\w+)|(constructor))\(/g)];
  const last = names.at(-1);
  return last?.[1] ?? last?.[2] ?? '';
}

function closing(source: string, start: number): number {
  let depth = 1;
  let place = start;
  while (depth > 0) {
    if (source[place] === '(') depth += 1;
    if (source[place] === ')') depth -= 1;
    place += 1;
  }
  return place - 1;
}
