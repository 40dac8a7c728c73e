/**
 * The life of a swap as a table; the single source for reducers, documents and tests.
 * Events are final ledger facts, except `secretRevealed`, which needs no finality (design: swap, The secret).
 */
export type SwapState =
  | 'planned'
  | 'longLocked'
  | 'shortLocked'
  | 'secretRevealed'
  | 'shortClaimed'
  | 'longClaimed'
  | 'shortRefunded'
  | 'longRefunded'
  | 'settled'
  | 'refunded'
  | 'lost'
  | 'cancelled';

export type SwapEvent =
  | 'longLocked'
  | 'shortLocked'
  | 'secretRevealed'
  | 'shortClaimed'
  | 'longClaimed'
  | 'shortRefunded'
  | 'longRefunded'
  | 'longDeclined'
  | 'startExpired';

export interface SwapRow {
  readonly meaning: string;
  readonly on: { readonly [E in SwapEvent]?: SwapState };
  /** Which event ends the state when nobody acts any more; null for terminal states. */
  readonly timeout: SwapEvent | null;
}

export const SWAP_TABLE = {
  planned: {
    meaning: 'Terms are agreed; nothing is locked.',
    on: { longLocked: 'longLocked', longDeclined: 'cancelled', startExpired: 'cancelled' },
    timeout: 'startExpired',
  },
  longLocked: {
    meaning: 'The initiator has locked the long leg.',
    on: { shortLocked: 'shortLocked', longRefunded: 'refunded' },
    timeout: 'longRefunded',
  },
  shortLocked: {
    meaning: "Both legs are locked; the secret is the initiator's alone.",
    on: {
      secretRevealed: 'secretRevealed',
      shortClaimed: 'shortClaimed',
      longClaimed: 'longClaimed',
      shortRefunded: 'shortRefunded',
      longRefunded: 'longRefunded',
    },
    timeout: 'shortRefunded',
  },
  secretRevealed: {
    meaning: 'The secret has left the initiator; both legs can be claimed.',
    on: {
      shortClaimed: 'shortClaimed',
      longClaimed: 'longClaimed',
      shortRefunded: 'shortRefunded',
      longRefunded: 'longRefunded',
    },
    timeout: 'shortRefunded',
  },
  shortClaimed: {
    meaning: 'The initiator is paid; the responder claims the long leg.',
    on: { longClaimed: 'settled', longRefunded: 'lost' },
    timeout: 'longRefunded',
  },
  longClaimed: {
    meaning: 'The responder is paid; the initiator claims the short leg.',
    on: { shortClaimed: 'settled', shortRefunded: 'lost' },
    timeout: 'shortRefunded',
  },
  shortRefunded: {
    meaning: 'The responder has its asset back; the initiator waits for its refund.',
    on: { longRefunded: 'refunded', longClaimed: 'lost' },
    timeout: 'longRefunded',
  },
  longRefunded: {
    meaning: 'The initiator has its asset back; the responder refunds the short leg.',
    on: { shortRefunded: 'refunded', shortClaimed: 'lost' },
    timeout: 'shortRefunded',
  },
  settled: { meaning: 'Both legs were claimed.', on: {}, timeout: null },
  refunded: { meaning: 'Every locked leg went back to its owner.', on: {}, timeout: null },
  lost: {
    meaning:
      'One leg was claimed, the other refunded: a party broke its own bound; the evidence is kept.',
    on: {},
    timeout: null,
  },
  cancelled: { meaning: 'Nothing was locked and nothing will be.', on: {}, timeout: null },
} as const satisfies Record<SwapState, SwapRow>;

export const SWAP_STATES = Object.keys(SWAP_TABLE) as readonly SwapState[];

export const SWAP_EVENTS: readonly SwapEvent[] = [
  'longLocked',
  'shortLocked',
  'secretRevealed',
  'shortClaimed',
  'longClaimed',
  'shortRefunded',
  'longRefunded',
  'longDeclined',
  'startExpired',
];

/** The next state, or undefined when the event is illegal in `state`. */
export function nextSwapState(state: SwapState, event: SwapEvent): SwapState | undefined {
  const row: SwapRow = SWAP_TABLE[state];
  return row.on[event];
}

/** True for settled, refunded, lost and cancelled: nothing leaves them. */
export function isTerminal(state: SwapState): boolean {
  return SWAP_TABLE[state].timeout === null;
}

/** What can have become of one leg. */
export type LegOutcome = 'none' | 'locked' | 'claimed' | 'refunded';

/**
 * The state that two legs and the knowledge of the secret amount to; how a party that lost its journal finds its place.
 * A claimed leg implies a known secret.
 */
export function swapStateOf(long: LegOutcome, short: LegOutcome, secretKnown: boolean): SwapState {
  if (long === 'none') return 'planned';
  const state: SwapState = STATE_OF_LEGS[long][short];
  return state === 'shortLocked' && secretKnown ? 'secretRevealed' : state;
}

/** By the long leg's outcome, then the short one's. */
const STATE_OF_LEGS = {
  locked: {
    none: 'longLocked',
    locked: 'shortLocked',
    claimed: 'shortClaimed',
    refunded: 'shortRefunded',
  },
  claimed: { none: 'lost', locked: 'longClaimed', claimed: 'settled', refunded: 'lost' },
  refunded: { none: 'refunded', locked: 'longRefunded', claimed: 'lost', refunded: 'refunded' },
} as const satisfies Record<Exclude<LegOutcome, 'none'>, Record<LegOutcome, SwapState>>;

/** The table as a Mermaid state diagram, for docs/swap.md. */
export function swapDiagram(): string {
  const lines = ['stateDiagram-v2', '  [*] --> planned'];
  for (const state of SWAP_STATES) {
    const row: SwapRow = SWAP_TABLE[state];
    for (const [event, to] of Object.entries(row.on)) {
      lines.push(`  ${state} --> ${to}: ${event}${event === row.timeout ? ' (time-out)' : ''}`);
    }
    if (row.timeout === null) lines.push(`  ${state} --> [*]`);
  }
  return lines.join('\n');
}
