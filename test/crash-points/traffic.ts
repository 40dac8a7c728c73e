import { setTimeout as sleep } from 'node:timers/promises';
import { createRelayerClient, type TermsFile } from '@midlock/client';
import { swapIdOf, type Direction, type SwapTerms } from '@midlock/protocol';
import type { OpenParty } from '../../cli/src/party/open-party.ts';
import type { PartyName, ProcessRig } from '../../relayer/test/rig.ts';

/** Which way a swap is meant to go; a death may send it another one. */
export type Path = 'settle' | 'batch' | 'letter' | 'return' | 'decline' | 'refund';

/** Ways on which nobody wants out, so that a swap settles unless deaths take its time. */
export const MEANT_TO_SETTLE: ReadonlySet<Path> = new Set(['settle', 'batch', 'letter']);

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
const PATHS: readonly Path[] = [
  'settle',
  'return',
  'batch',
  'refund',
  'letter',
  'decline',
  'settle',
];
/** So many swaps are agreed in the same moment. */
const BATCH = 3;
/**
 * How much time is added to the plan before the first lock, in starts of a process. Who is to settle gets so much that
 * nearly all do; who is to come back so little that it is seen to.
 */
const SLACK_STARTS: Readonly<Record<Path, number>> = {
  settle: 20,
  batch: 20,
  letter: 25,
  return: 6,
  decline: 6,
  refund: 3,
};
const MAX_OPEN = 24;
const POLL_MS = 500;

/** Keeps several swaps of all kinds open at once until it is told to stop. */
export interface Traffic {
  readonly sent: readonly SentSwap[];
  stop(): Promise<void>;
}

export function startTraffic(rig: ProcessRig, reader: OpenParty, startSec: number): Traffic {
  const sent: SentSwap[] = [];
  const errands: Promise<void>[] = [];
  let open: readonly SentSwap[] = [];
  let lookedAt = 0;
  const stopped = new AbortController();
  const isStopped = (): boolean => stopped.signal.aborted;

  /** Wants out once the long leg stands. */
  async function abandon(who: PartyName, terms: SwapTerms): Promise<void> {
    const long = terms.direction === 'fabric-first' ? 'fabric' : 'ethereum';
    while (!isStopped()) {
      const legs = await legsOf(reader, terms).catch(() => undefined);
      if (legs !== undefined && legs[long] !== 'none') break;
      await sleep(POLL_MS);
    }
    rig.abandon(who, swapIdOf(terms));
  }

  async function isOpen({ terms }: SentSwap): Promise<boolean> {
    const { fabric, ethereum } = await legsOf(reader, terms);
    if (fabric === 'locked' || ethereum === 'locked') return true;
    const expiresAtMs = Number(terms.fabric.expiresAtSec) * 1000;
    return fabric === 'none' && ethereum === 'none' && Date.now() < expiresAtMs;
  }

  /** Leaves Alice's terms in Bob's mailbox, however often the relayer is away. */
  async function mail(file: TermsFile): Promise<void> {
    while (!isStopped()) {
      try {
        await createRelayerClient({ url: rig.apiUrl() }).postLetter(file);
        return;
      } catch {
        await sleep(POLL_MS);
      }
    }
  }

  /** Looks only at those that were open when it looked last: what has ended stays so. */
  async function countOpen(): Promise<number> {
    const looked = sent.slice(lookedAt).concat(open);
    lookedAt = sent.length;
    open = looked;
    const answers = await Promise.all(looked.map(isOpen)).catch(() => undefined);
    if (answers !== undefined) open = looked.filter((_, index) => answers[index]);
    return open.length;
  }

  async function send(path: Path, direction: Direction): Promise<void> {
    const slackSec = BigInt(Math.ceil(SLACK_STARTS[path] * startSec));
    if (path === 'letter') {
      const file = await rig.propose(direction, slackSec);
      rig.deliver('alice', file);
      errands.push(mail(file));
      sent.push({ terms: file.terms, path });
      return;
    }
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
      const [round, place] = [Math.floor(turn / PATHS.length), turn % PATHS.length];
      const direction = DIRECTIONS[(round + place) % 2] ?? 'fabric-first';
      for (let count = 0; count < (path === 'batch' ? BATCH : 1); count += 1)
        await send(path, direction);
      while (!isStopped() && (await countOpen()) >= MAX_OPEN) await sleep(POLL_MS);
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
