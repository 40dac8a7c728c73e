import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const FILES = [
  'contracts/MidlockEscrow.sol',
  'contracts/libraries/Tokens.sol',
  'contracts/demo/DemoToken.sol',
];

/** One `if` of the contracts. */
export interface Check {
  /** Function and condition; stable while both stand. */
  readonly id: string;
  readonly file: string;
  /** Where the condition stands in the source, without its parentheses. */
  readonly start: number;
  readonly end: number;
}

/** Checks whose removal changes no answer, and why. */
export const WITHOUT_EFFECT: Readonly<Record<string, string>> = {
  '_flush: credit.amount == 0': 'Adds nothing to a balance; the check saves 2,200 gas.',
};

/** Every check of the escrow, its libraries and the demo token, found in the sources: none can be added without being removed in turn. */
export function listChecks(): Check[] {
  return FILES.flatMap((file) => {
    const source = readFileSync(fileURLToPath(new URL(`../${file}`, import.meta.url)), 'utf8');
    return [...source.matchAll(/\bif \(/g)].map((match) => {
      const start = match.index + match[0].length;
      const end = closing(source, start);
      return { id: `${functionAt(source, start)}: ${source.slice(start, end)}`, file, start, end };
    });
  });
}

/** The source without a check: its condition never holds. */
export function withoutCheck(source: string, { start, end }: Check): string {
  return `${source.slice(0, start)}false${source.slice(end)}`;
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
