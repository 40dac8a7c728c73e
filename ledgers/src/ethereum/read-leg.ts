import {
  MidlockError,
  swapIdOf,
  verifySecret,
  type EthereumLock,
  type LegView,
  type Position,
  type SwapTerms,
} from '@midlock/protocol';
import type { Endpoints } from './endpoints.ts';
import type { EscrowReader, PlacedEvent } from './escrow-reader.ts';
import { readBlock, readFinalized, type Finality } from './finality.ts';
import { RpcRefusal } from './json-rpc.ts';
import type { BlockHeader } from './wire.ts';

export interface LegReaderOptions {
  readonly endpoints: Endpoints;
  readonly finality: Finality;
  readonly reader: EscrowReader;
  readonly startBlock: bigint;
  readonly logRange: bigint;
  /** Longest duration that the contract accepts: no lock is older than its deadline minus this. */
  readonly maxDurationSec: () => Promise<bigint>;
}

/**
 * Reads one leg from events and state at one head.
 * @throws {MidlockError} TERMS_MISMATCH when a lock under this id differs from the terms (a lying node: the id binds
 * them); ENDPOINT_LIED when events and state contradict each other, e.g. for missing logs.
 */
export async function readEthereumLeg(
  options: LegReaderOptions,
  terms: SwapTerms,
): Promise<LegView> {
  const head = await options.endpoints.head();
  const events = await findEvents(options, terms, head);
  const decisive = decide(events);
  if (decisive === undefined) return { state: 'none' };
  const lock = lockIn(events, decisive);
  checkTerms(lock, terms);
  if (decisive.event.kind === 'locked' && !(await options.reader.isOpen(lock, head)))
    throw new MidlockError('ENDPOINT_LIED', {
      what: 'a lock is settled, but no event says so',
      swapId: lock.swapId,
    });
  const [at, final] = await Promise.all([
    positionOf(options.endpoints, decisive),
    isFinal(options, decisive, head),
  ]);
  switch (decisive.event.kind) {
    case 'locked':
      return { state: 'locked', final, at, lock };
    case 'claimed':
      return { state: 'claimed', final, at, secret: checkedSecret(decisive.event.secret, terms) };
    case 'refunded':
      return { state: 'refunded', final, at };
  }
}

/**
 * The event that tells the leg's state. An owner could lock the same swap twice; a claim of any lock reveals the secret
 * and so decides, then a lock that is still open, then a refund.
 */
function decide(events: readonly PlacedEvent[]): PlacedEvent | undefined {
  const settled = new Set(
    events.flatMap(({ event }) => (event.kind === 'locked' ? [] : [event.lockId])),
  );
  return (
    events.findLast(({ event }) => event.kind === 'claimed') ??
    events.findLast(({ event }) => event.kind === 'locked' && !settled.has(event.lock.lockId)) ??
    events.findLast(({ event }) => event.kind === 'refunded')
  );
}

function lockIn(events: readonly PlacedEvent[], { event }: PlacedEvent): EthereumLock {
  if (event.kind === 'locked') return event.lock;
  for (const { event: other } of events) {
    if (other.kind === 'locked' && other.lock.lockId === event.lockId) return other.lock;
  }
  throw new MidlockError('ENDPOINT_LIED', {
    what: 'a settlement without its lock',
    swapId: event.swapId,
  });
}

/** Searches backwards in bounded ranges, down to the oldest block that can hold the lock. */
async function findEvents(
  options: LegReaderOptions,
  terms: SwapTerms,
  head: BlockHeader,
): Promise<readonly PlacedEvent[]> {
  const swapId = swapIdOf(terms);
  const oldestSec = terms.ethereum.expiresAtSec - (await options.maxDurationSec());
  let range = options.logRange;
  let to = head.height;
  let found: readonly PlacedEvent[] = [];
  while (to >= options.startBlock) {
    const from = to - range + 1n > options.startBlock ? to - range + 1n : options.startBlock;
    try {
      found = [...(await options.reader.eventsOf(swapId, from, to)), ...found];
    } catch (error) {
      if (!(error instanceof RpcRefusal) || range === 1n) throw error;
      range = range / 2n;
      continue;
    }
    to = from - 1n;
    if (to >= options.startBlock && (await isOlder(options.endpoints, to, oldestSec))) break;
  }
  return found;
}

async function isOlder(endpoints: Endpoints, height: bigint, oldestSec: bigint): Promise<boolean> {
  const block = await readBlock(endpoints, height);
  // Else a head at a height that no chain has would be searched down from for ever.
  if (block === null)
    throw new MidlockError('ENDPOINT_LIED', { what: 'no block below the head', height });
  return block.timeSec < oldestSec;
}

async function positionOf(endpoints: Endpoints, { log }: PlacedEvent): Promise<Position> {
  const block = await readBlock(endpoints, log.blockHeight);
  if (block?.hash !== log.blockHash)
    throw new MidlockError('ENDPOINT_LIED', {
      what: 'log of a block that does not stand',
      txId: log.txId,
    });
  return { height: block.height, blockHash: block.hash, txId: log.txId, timeSec: block.timeSec };
}

async function isFinal(
  { endpoints, finality }: LegReaderOptions,
  { log }: PlacedEvent,
  head: BlockHeader,
): Promise<boolean> {
  const finalized = await readFinalized(endpoints, finality, head);
  return finalized !== null && log.blockHeight <= finalized.height;
}

function checkTerms(lock: EthereumLock, { ethereum, hashLock }: SwapTerms): void {
  const same: Readonly<Record<string, boolean>> = {
    token: lock.token === ethereum.token,
    amount: lock.amount === ethereum.amount,
    owner: lock.owner === ethereum.owner,
    beneficiary: lock.beneficiary === ethereum.beneficiary,
    expiresAtSec: lock.expiresAtSec === ethereum.expiresAtSec,
    hashLock: lock.hashLock === hashLock,
  };
  const field = Object.keys(same).find((key) => same[key] === false);
  if (field !== undefined) throw new MidlockError('TERMS_MISMATCH', { ledger: 'ethereum', field });
}

function checkedSecret(secret: Uint8Array, { hashLock }: SwapTerms): Uint8Array {
  if (verifySecret(secret, hashLock)) return secret;
  throw new MidlockError('ENDPOINT_LIED', { what: 'secret does not open the lock' });
}
