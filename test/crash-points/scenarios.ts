import { swapIdOf, type Direction, type SwapTerms } from '@midlock/protocol';
import { longLedger, shortLedger } from '@midlock/client';
import type { Rig } from '@midlock/client/testing';

/** Who runs: both parties and a relayer. */
export type Who = 'alice' | 'bob' | 'relayer';

export const WHO = ['alice', 'bob', 'relayer'] as const satisfies readonly Who[];

/** One way through a swap; together they pass every crash point that exists on that way. */
export interface Scenario {
  readonly name: string;
  readonly direction: Direction;
  /** How many swaps run at once. */
  readonly swaps: number;
  /** Who is there to be killed. Whoever is not named never comes back after `leaves`. */
  readonly victims: readonly Who[];
  /** Never started at all. */
  readonly absent: readonly Who[];
  /** Goes away for good, alive or not, once this is so. */
  readonly leaves?: { readonly who: readonly Who[]; readonly when: Moment };
  /** Wants out, again and again until that is durable. */
  readonly abandons?: { readonly who: 'alice' | 'bob'; readonly when: Moment };
  /** The other party's signature comes so late; without it both have it from the start. */
  readonly agreesAtSec?: number;
  /** A death that belongs to the way: there the process ends once and is away for a while. */
  readonly stumble?: { readonly who: Who; readonly at: string; readonly awaySec: number };
  /** What the networks do to everybody, by the second; within the bounds that the profile states where a claim is due. */
  readonly weather?: (rig: Rig, second: number) => void;
}

/** Looks at both ledgers. */
export type Moment = (rig: Rig, terms: SwapTerms) => boolean;

const atOnce: Moment = () => true;
const longLocked: Moment = (rig, terms) => isLocked(rig, terms, 'long');
const bothLocked: Moment = (rig, terms) =>
  isLocked(rig, terms, 'long') && isLocked(rig, terms, 'short');

function isLocked(rig: Rig, terms: SwapTerms, leg: 'long' | 'short'): boolean {
  const ledger = leg === 'long' ? longLedger(terms) : shortLedger(terms);
  const swapId = swapIdOf(terms);
  return ledger === 'fabric'
    ? rig.fabric.midAccount(swapId) !== undefined
    : rig.ethereum.locksOf(swapId).length > 0;
}

/** Organisations that refuse at first, and an Ethereum that makes no block while locks and refunds wait for one. */
function roughWeather(rig: Rig, second: number): void {
  for (const organization of rig.fabric.organizations) organization.willing = () => second >= 3;
  rig.rules.mines = !(second >= 4 && second < 8) && !(second >= 30 && second < 35);
}

/** Blocks come late on both ledgers: what is sent is asked after and sent again. */
function slow(rig: Rig, second: number): void {
  rig.rules.mines = second % 5 === 4;
  rig.rules.cuts = second % 4 === 3;
}

/** Claims wait so long, within the time in which they settle. */
function slowClaims(rig: Rig, second: number): void {
  const waits = rig.ethereum.pool().some(({ call }) => call.action === 'claim');
  rig.rules.mines = !waits || second % 5 === 4;
  rig.rules.cuts = second % 3 === 2;
}

const base = { swaps: 1, victims: WHO, absent: [] } as const;

/** Every path, in both directions where it exists in both. */
export const SCENARIOS: readonly Scenario[] = (['fabric-first', 'ethereum-first'] as const).flatMap(
  (direction): Scenario[] => [
    { ...base, name: 'settle', direction },
    { ...base, name: 'batch', direction, swaps: 3 },
    { ...base, name: 'signed late', direction, agreesAtSec: 1 },
    { ...base, name: 'slow claims', direction, weather: slowClaims },
    {
      ...base,
      name: 'slow refund',
      direction,
      victims: ['alice', 'relayer'],
      absent: ['bob'],
      weather: slow,
    },
    {
      ...base,
      name: 'slow return',
      direction,
      abandons: { who: 'alice', when: longLocked },
      weather: slow,
    },
    {
      ...base,
      // A lock that was signed and not sent before its time ran out.
      name: 'late lock',
      direction,
      stumble: {
        who: direction === 'fabric-first' ? 'bob' : 'alice',
        at: 'submit.ethereum.lock.before',
        awaySec: 30,
      },
    },
    {
      ...base,
      // What was seen of a block that is not final is read again.
      name: 'gone for a moment',
      direction,
      stumble: { who: 'bob', at: 'commit.ethereum-update.after', awaySec: 3 },
    },
    { ...base, name: 'refund', direction, victims: ['alice', 'relayer'], absent: ['bob'] },
    {
      ...base,
      name: 'rough weather',
      direction,
      victims: ['alice', 'relayer'],
      absent: ['bob'],
      weather: roughWeather,
    },
    {
      ...base,
      // The responder's leg comes back at its deadline; then it gives the initiator's back early.
      name: direction === 'fabric-first' ? 'release' : 'cooperative refund',
      direction,
      abandons: { who: 'alice', when: longLocked },
    },
    {
      ...base,
      name: 'decline',
      direction,
      abandons:
        direction === 'fabric-first'
          ? { who: 'alice', when: atOnce }
          : { who: 'bob', when: longLocked },
    },
    {
      ...base,
      name: 'slow decline',
      direction,
      weather: slow,
      abandons: { who: direction === 'fabric-first' ? 'alice' : 'bob', when: longLocked },
    },
    {
      ...base,
      name: 'claimed by relayer',
      direction,
      victims: ['alice', 'relayer'],
      leaves: { who: ['bob'], when: bothLocked },
    },
    // A lock on Ethereum alone is unknown to a relayer that nobody told.
    ...(direction === 'fabric-first'
      ? [
          {
            ...base,
            name: 'refunded by relayer',
            direction,
            victims: ['relayer'] as const,
            leaves: { who: ['alice', 'bob'] as const, when: longLocked },
          },
        ]
      : []),
  ],
);
