import type { FoundInput } from './engine.ts';
import { superviseTarget } from './supervise.ts';
import type { Target } from './target.ts';

/** Each try costs seconds: the worker must be killed again. */
const MAX_TRIES = 8;

/** Shortens an input that ended its worker, by running candidates in workers of their own; others were shrunk where they ran. */
export async function shrinkKilled(target: Target, found: FoundInput): Promise<FoundInput> {
  const { kind } = found.finding;
  if (kind !== 'hang' && kind !== 'memory') return found;
  let best = found.input;
  for (let [tries, pieces] = [0, 2]; tries < MAX_TRIES && best.length > 1; pieces *= 2) {
    const size = Math.ceil(best.length / pieces);
    for (let at = 0; at < best.length && tries < MAX_TRIES; tries += 1) {
      const shorter = Uint8Array.of(...best.subarray(0, at), ...best.subarray(at + size));
      const { found: again } = await superviseTarget({
        target: target.name,
        seed: 1,
        runs: 1,
        seconds: 60,
        blind: true,
        inputs: [shorter],
      });
      if (again.some(({ finding }) => finding.kind === kind)) best = shorter;
      else at += size;
    }
    if (size === 1) break;
  }
  return { ...found, input: best };
}
