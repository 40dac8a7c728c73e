import { parseArgs } from 'node:util';
import type { Direction } from '@midlock/protocol';
import { BOUNDS } from './minima.ts';
import type { BoundName } from './figures.ts';
import { PLANTED_BUG_IDS } from './recall.ts';
import type { PlantedBugId } from './planted-bugs.ts';
import type { ClockModel } from './state.ts';

export const USAGE = `npm run search -- [options]
  without options      both directions: every bound's minimum at the base figures, and every planted bug
  --direction D        fabric-first or ethereum-first alone
  --bound NAME=VALUE   one search with one bound changed (${[...new Set(Object.values(BOUNDS).flat())].join(', ')})
  --bug ID             one planted bug: ${PLANTED_BUG_IDS.join(', ')}
  --clocks MODEL       exact, steady, drift (default) or swing
  --figures grown      the minima alone, also with each figure one tick larger (some four minutes)
  --json               one JSON object a line instead of text
  --write              writes what was found into docs/reliability.md: planted bugs, or the grown minima`;

export interface Options {
  readonly directions: readonly Direction[];
  readonly bound?: { readonly name: BoundName; readonly value: number };
  readonly bug?: PlantedBugId;
  readonly clocks?: ClockModel;
  readonly grown: boolean;
  readonly json: boolean;
  readonly write: boolean;
}

/** Reads the command line; a string says what is wrong with it. */
export function readOptions(args: readonly string[]): Options | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        direction: { type: 'string' },
        bound: { type: 'string' },
        bug: { type: 'string' },
        clocks: { type: 'string' },
        figures: { type: 'string' },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
      },
    });
    const directions = (Object.keys(BOUNDS) as Direction[]).filter(
      (direction) => values.direction === undefined || direction === values.direction,
    );
    if (directions.length === 0) return `no direction ${String(values.direction)}`;
    const bound = values.bound === undefined ? undefined : readBound(values.bound);
    if (typeof bound === 'string') return bound;
    const bug = PLANTED_BUG_IDS.find((id) => id === values.bug);
    if (values.bug !== undefined && bug === undefined) return `no planted bug ${values.bug}`;
    if (values.figures !== undefined && values.figures !== 'grown')
      return `no figures ${values.figures}`;
    const clocks = (['exact', 'steady', 'drift', 'swing'] as const).find(
      (model) => model === values.clocks,
    );
    if (values.clocks !== undefined && clocks === undefined)
      return `no clock model ${values.clocks}`;
    return {
      directions,
      ...(bound === undefined ? {} : { bound }),
      ...(bug === undefined ? {} : { bug }),
      ...(clocks === undefined ? {} : { clocks }),
      grown: values.figures === 'grown',
      json: values.json,
      write: values.write,
    };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function readBound(text: string): NonNullable<Options['bound']> | string {
  const [name, value] = text.split('=');
  const known = Object.values(BOUNDS)
    .flat()
    .find((bound) => bound === name);
  if (known === undefined || value === undefined || !/^\d{1,3}$/.test(value))
    return `--bound takes NAME=VALUE in ticks, not ${text}`;
  return { name: known, value: Number(value) };
}
