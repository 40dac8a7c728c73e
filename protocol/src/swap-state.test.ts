import { describe, expect, it } from 'vitest';
import {
  SWAP_EVENTS,
  SWAP_STATES,
  SWAP_TABLE,
  isTerminal,
  nextSwapState,
  swapDiagram,
  swapStateOf,
  type LegOutcome,
  type SwapEvent,
  type SwapRow,
  type SwapState,
} from './index.ts';

/** Every legal transition, written down a second time: a change of the table must be made twice. */
const legal: Readonly<Record<SwapState, Readonly<Partial<Record<SwapEvent, SwapState>>>>> = {
  planned: { longLocked: 'longLocked', longDeclined: 'cancelled', startExpired: 'cancelled' },
  longLocked: { shortLocked: 'shortLocked', longRefunded: 'refunded' },
  shortLocked: {
    secretRevealed: 'secretRevealed',
    shortClaimed: 'shortClaimed',
    longClaimed: 'longClaimed',
    shortRefunded: 'shortRefunded',
    longRefunded: 'longRefunded',
  },
  secretRevealed: {
    shortClaimed: 'shortClaimed',
    longClaimed: 'longClaimed',
    shortRefunded: 'shortRefunded',
    longRefunded: 'longRefunded',
  },
  shortClaimed: { longClaimed: 'settled', longRefunded: 'lost' },
  longClaimed: { shortClaimed: 'settled', shortRefunded: 'lost' },
  shortRefunded: { longRefunded: 'refunded', longClaimed: 'lost' },
  longRefunded: { shortRefunded: 'refunded', shortClaimed: 'lost' },
  settled: {},
  refunded: {},
  lost: {},
  cancelled: {},
};

const pairs = SWAP_STATES.flatMap((state) => SWAP_EVENTS.map((event) => [state, event] as const));

function reachableFrom(start: SwapState): ReadonlySet<SwapState> {
  const found = new Set<SwapState>([start]);
  for (const state of found)
    for (const event of SWAP_EVENTS) {
      const next = nextSwapState(state, event);
      if (next !== undefined) found.add(next);
    }
  return found;
}

describe('the table of states', () => {
  it.each(pairs)('%s on %s', (state, event) => {
    expect(nextSwapState(state, event)).toBe(legal[state][event]);
  });

  it('reaches every state from planned', () => {
    expect([...reachableFrom('planned')].sort()).toEqual([...SWAP_STATES].sort());
  });

  it('reaches an end from every state, and leaves no end', () => {
    for (const state of SWAP_STATES) {
      expect([...reachableFrom(state)].some(isTerminal)).toBe(true);
      if (isTerminal(state)) expect(reachableFrom(state)).toEqual(new Set([state]));
    }
  });

  it('ends every state by its time-out alone', () => {
    for (const start of SWAP_STATES) {
      let state: SwapState = start;
      let steps = 0;
      while (!isTerminal(state)) {
        const { timeout }: SwapRow = SWAP_TABLE[state];
        const next = timeout === null ? undefined : nextSwapState(state, timeout);
        expect(next).toBeDefined();
        state = next ?? 'lost';
        steps += 1;
      }
      expect(steps).toBeLessThan(SWAP_STATES.length);
    }
  });

  it('loses nobody anything by time-outs before a claim', () => {
    for (const start of ['planned', 'longLocked', 'shortLocked', 'secretRevealed'] as const) {
      let state: SwapState = start;
      while (!isTerminal(state))
        state = nextSwapState(state, SWAP_TABLE[state].timeout ?? 'startExpired') ?? 'lost';
      expect(['refunded', 'cancelled']).toContain(state);
    }
  });

  it('has a refund path from every state in which something is locked and nothing claimed', () => {
    for (const state of ['longLocked', 'shortLocked', 'secretRevealed'] as const)
      expect(reachableFrom(state).has('refunded')).toBe(true);
  });
});

describe('swapStateOf', () => {
  const outcomes: readonly LegOutcome[] = ['none', 'locked', 'claimed', 'refunded'];

  /** The events that lead to a pair of outcomes, in an order that can happen. */
  function eventsTo(long: LegOutcome, short: LegOutcome): readonly SwapEvent[] {
    const events: SwapEvent[] = [];
    if (long !== 'none') events.push('longLocked');
    if (short !== 'none') events.push('shortLocked');
    if (short === 'claimed') events.push('shortClaimed');
    if (short === 'refunded') events.push('shortRefunded');
    if (long === 'claimed') events.push('longClaimed');
    if (long === 'refunded') events.push('longRefunded');
    return events;
  }

  it.each(outcomes.flatMap((long) => outcomes.map((short) => [long, short] as const)))(
    'agrees with the table for long %s, short %s',
    (long, short) => {
      if (long === 'none') {
        expect(swapStateOf(long, short, false)).toBe('planned');
        return;
      }
      let state: SwapState | undefined = 'planned';
      for (const event of eventsTo(long, short)) state = state && nextSwapState(state, event);
      // A long leg claimed before the short one was locked: the table has no such path, the party is told what it is.
      expect(swapStateOf(long, short, false)).toBe(state ?? 'lost');
    },
  );

  it('knows that a secret is out', () => {
    expect(swapStateOf('locked', 'locked', true)).toBe('secretRevealed');
    expect(swapStateOf('locked', 'none', true)).toBe('longLocked');
  });
});

describe('swapDiagram', () => {
  it('draws every transition once and marks the time-outs', () => {
    const lines = swapDiagram().split('\n');
    for (const [state, event] of pairs) {
      const to = legal[state][event];
      const drawn = lines.filter((line) =>
        line.startsWith(`  ${state} --> ${to ?? '-'}: ${event}`),
      );
      expect(drawn).toHaveLength(to === undefined ? 0 : 1);
      if (to !== undefined)
        expect(drawn[0]?.endsWith(' (time-out)')).toBe(SWAP_TABLE[state].timeout === event);
    }
    expect(lines.filter((line) => line.endsWith('--> [*]'))).toHaveLength(4);
  });
});
