import type { Explored } from './explore.ts';
import type { State } from './state.ts';

/** The shortest way to a violation as a person reads it: one line a move, with the tick and both ledgers' view of the swap. */
export function storyOf({ violation }: Explored<State>): readonly string[] {
  if (violation === undefined) return [];
  const lines: string[] = [];
  let waited = 0;
  for (const { what, to } of violation.path) {
    if (what === 'a tick passes') {
      waited += 1;
      continue;
    }
    if (waited > 0) lines.push(`        ... ${String(waited)} tick${waited === 1 ? '' : 's'}`);
    waited = 0;
    lines.push(`  t=${String(to.t).padStart(3)} ${what.padEnd(64)} ${ledgers(to)}`);
  }
  return [...lines, `  ${violation.what}`];
}

function ledgers({ fabric, ethereum }: State): string {
  const { lock, end } = ethereum;
  const mark = (name: string, at: { ts: number; final: boolean }): string =>
    `${name}@${String(at.ts)}${at.final ? ' final' : ''}`;
  const leg =
    end !== undefined ? mark(end.how, end) : lock !== undefined ? mark('locked', lock) : 'none';
  return `| Fabric ${fabric.state}, Ethereum ${leg}`;
}
