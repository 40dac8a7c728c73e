import { setTimeout as sleep } from 'node:timers/promises';
import { swapIdOf, type Direction, type SwapTerms } from '@midlock/protocol';
import type { OpenParty } from '../../cli/src/party/open-party.ts';
import type { PartyName, ProcessRig } from '../../relayer/test/rig.ts';

/** Which way a swap is meant to go; a death may send it another one. */
export type Path = 'settle' | 'batch' | 'return' | 'decline' | 'refund';

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
const PATHS: readonly Path[] = ['settle', 'return', 'batch', 'refund', 'settle', 'decline'];
/** So many swaps are agreed in the same moment. */
const BATCH = 3;
/**
 * How much time is added to the plan, in starts of a process: deaths break the bound O many times over. Who is to settle
 * gets so much that nearly all do; who is to come back so little that it is seen to.
 */
const SLACK_STARTS: Readonly<Record<Path, number>> = {
  settle: 45,
  batch: 45,
  return: 15,
  decline: 15,
  refund: 6,
};
const MAX_OPEN = 24;

/** Keeps several swaps of all kinds open at once until it is told to stop. */
export interface Traffic {
  readonly sent: readonly SentSwap[];
  stop(): Promise<void>;
}

export function startTraffic(rig: ProcessRig, reader: OpenParty, startSec: number): Traffic {
  const sent: SentSwap[] = [];
  const errands: Promise<void>[] = [];
  const stopped = new AbortController();
  const isStopped = (): boolean => stopped.signal.aborted;

  /** Wants out once the long leg stands. */
  async function abandon(who: PartyName, terms: SwapTerms): Promise<void> {
    const long = terms.direction === 'fabric-first' ? 'fabric' : 'ethereum';
    while (!isStopped()) {
      const legs = await legsOf(reader, terms).catch(() => undefined);
      if (legs !== undefined && legs[long] !== 'none') break;
      await sleep(100);
    }
    rig.abandon(who, swapIdOf(terms));
  }

  async function isOpen({ terms }: SentSwap): Promise<boolean> {
    const { fabric, ethereum } = await legsOf(reader, terms);
    if (fabric === 'locked' || ethereum === 'locked') return true;
    const expiresAtMs = Number(terms.fabric.expiresAtSec) * 1000;
    return fabric === 'none' && ethereum === 'none' && Date.now() < expiresAtMs;
  }

  async function send(path: Path, direction: Direction): Promise<void> {
    const slackSec = BigInt(Math.ceil(SLACK_STARTS[path] * startSec));
    const { terms } = await rig.agree(
      direction,
      slackSec,
      path === 'refund' ? ['alice'] : undefined,
    );
    sent.push({ terms, path });
    if (path === 'return') errands.push(abandon('alice', terms));
    if (path !== 'decline') return;
    // The owner of the Fabric leg wants out: before it locked as initiator, instead of locking as responder.
    if (direction === 'fabric-first') rig.abandon('alice', swapIdOf(terms));
    else errands.push(abandon('bob', terms));
  }

  async function feed(): Promise<void> {
    for (let turn = 0; !isStopped(); turn += 1) {
      const path = PATHS[turn % PATHS.length] ?? 'settle';
      const direction = DIRECTIONS[Math.floor(turn / PATHS.length + turn) % 2] ?? 'fabric-first';
      for (let count = 0; count < (path === 'batch' ? BATCH : 1); count += 1)
        await send(path, direction);
      for (;;) {
        const recent = sent.slice(-2 * MAX_OPEN);
        const open = await Promise.all(recent.map(isOpen)).catch(() => [] as boolean[]);
        if (isStopped() || open.filter(Boolean).length < MAX_OPEN) break;
        await sleep(500);
      }
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
