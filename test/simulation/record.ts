import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createTally, type Tally } from './tally.ts';

/** A long run between two sittings. */
export interface LongRun {
  readonly tally: Tally;
  nextSeed: number;
  /** Wall-clock seconds spent so far. */
  seconds: number;
}

/** Reads what an earlier sitting left, or begins at `firstSeed`. */
export function readLongRun(path: string, firstSeed: number): LongRun {
  if (!existsSync(path)) return { tally: createTally(), nextSeed: firstSeed, seconds: 0 };
  const kept = JSON.parse(readFileSync(path, 'utf8')) as Kept;
  const { tally } = kept;
  return {
    ...kept,
    tally: { ...tally, states: new Set(tally.states), cells: new Set(tally.cells) },
  };
}

/** Writes the record whole or not at all. */
export function writeLongRun(path: string, { tally, nextSeed, seconds }: LongRun): void {
  const kept: Kept = {
    nextSeed,
    seconds,
    tally: { ...tally, states: [...tally.states].sort(), cells: [...tally.cells].sort() },
  };
  writeFileSync(`${path}.new`, `${JSON.stringify(kept)}\n`);
  renameSync(`${path}.new`, path);
}

interface Kept {
  readonly nextSeed: number;
  readonly seconds: number;
  readonly tally: Omit<Tally, 'states' | 'cells'> & {
    readonly states: readonly string[];
    readonly cells: readonly string[];
  };
}
