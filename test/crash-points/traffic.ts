import { setTimeout as sleep } from 'node:timers/promises';
import { swapIdOf, type Direction, type SwapTerms } from '@midlock/protocol';
import type { OpenParty } from '../../cli/src/party/open-party.ts';
import type { ProcessRig } from '../../relayer/test/rig.ts';

/** Which way a swap is meant to go; a death may send it another one. */
export type Path = 'settle' | 'return' | 'refund';

export interface SentSwap {
  readonly terms: SwapTerms;
  readonly path: Path;
}

/** How both legs of a swap stand on the ledgers. */
export interface Legs {
  readonly fabric: string;
  readonly ethereum: string;
}

const DIRECTIONS: readonly Direction[] = ['fabric-first', 'ethereum-first'];
/** Of three swaps two settle. */
const PATHS: readonly Path[] = ['settle', 'return', 'settle', 'refund', 'settle', 'settle'];
/** Deaths break the bound O many times over, so that swaps that reveal get so much more time. */
const SLACK_SEC: Readonly<Record<Path, bigint>> = { settle: 60n, return: 20n, refund: 12n };
const MAX_OPEN = 8;

/** Keeps several swaps of all kinds open at once until it is told to stop. */
export interface Traffic {
  readonly sent: readonly SentSwap[];
  stop(): Promise<void>;
}

export function startTraffic(rig: ProcessRig, reader: OpenParty): Traffic {
  const sent: SentSwap[] = [];
  const errands: Promise<void>[] = [];
  const stopped = new AbortController();
  const isStopped = (): boolean => stopped.signal.aborted;

  /** Wants out once the long leg stands. */
  async function abandon(terms: SwapTerms): Promise<void> {
    const long = terms.direction === 'fabric-first' ? 'fabric' : 'ethereum';
    while (!isStopped()) {
      const legs = await legsOf(reader, terms);
      if (legs[long] !== 'none') break;
      await sleep(200);
    }
    rig.abandon('alice', swapIdOf(terms));
  }

  async function isOpen({ terms }: SentSwap): Promise<boolean> {
    const { fabric, ethereum } = await legsOf(reader, terms);
    if (fabric === 'locked' || ethereum === 'locked') return true;
    const expiresAtMs = Number(terms.fabric.expiresAtSec) * 1000;
    return fabric === 'none' && ethereum === 'none' && Date.now() < expiresAtMs;
  }

  async function feed(): Promise<void> {
    for (let turn = 0; !isStopped(); turn += 1) {
      const path = PATHS[turn % PATHS.length] ?? 'settle';
      const direction = DIRECTIONS[Math.floor(turn / PATHS.length + turn) % 2] ?? 'fabric-first';
      const to = path === 'refund' ? (['alice'] as const) : undefined;
      const { terms } = await rig.agree(direction, SLACK_SEC[path], to);
      sent.push({ terms, path });
      if (path === 'return') errands.push(abandon(terms).catch(() => undefined));
      for (;;) {
        const recent = sent.slice(-2 * MAX_OPEN);
        const open = await Promise.all(recent.map(isOpen)).catch(() => [] as boolean[]);
        if (isStopped() || open.filter(Boolean).length < MAX_OPEN) break;
        await sleep(500);
      }
      await sleep(1_000);
    }
  }

  const feeding = feed();
  return {
    sent,
    async stop() {
      stopped.abort();
      await feeding;
      await Promise.all(errands);
    },
  };
}

/** Reads both legs from the ledgers. */
export async function legsOf(reader: OpenParty, terms: SwapTerms): Promise<Legs> {
  const [fabric, ethereum] = await Promise.all([
    reader.fabric.leg(terms),
    reader.ethereum.leg(terms),
  ]);
  return { fabric: fabric.state, ethereum: ethereum.state };
}
