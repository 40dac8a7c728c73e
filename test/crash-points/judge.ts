import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSqliteStore, stateOf } from '@midlock/client';
import { isMidlockError, swapIdOf, type Hex32 } from '@midlock/protocol';
import type { OpenParty } from '../../cli/src/party/open-party.ts';
import { ETHER, GOLD, type Books, type ProcessRig } from '../../relayer/test/rig.ts';
import { WHO } from './scenarios.ts';
import { legsOf, type Legs, type SentSwap } from './traffic.ts';

/** A swap with its end as both ledgers have it. */
export interface EndedSwap extends SentSwap {
  readonly legs: Legs;
}

/** So much longer than its last deadline a swap may take to end. */
const END_LIMIT_SEC = 120;
/** From a deadline to the moment at which a party counts a swap that never began as over. */
const REFUND_SEC = 12;
const AT_ONCE = 8;
const ATTEMPTS = 6;
/** A scan of a ledger ends by itself; this bounds it. */
const SCAN_LIMIT_MS = 120_000;

/** Waits until no leg is locked and none can be any more, at most {@link END_LIMIT_SEC} after the last deadline. */
export async function untilEnded(
  reader: OpenParty,
  sent: readonly SentSwap[],
  tell: (line: string) => void,
): Promise<readonly EndedSwap[]> {
  const lastOf = ({ terms }: SentSwap): number =>
    Math.max(Number(terms.fabric.expiresAtSec), Number(terms.ethereum.expiresAtSec));
  const untilSec = Math.max(...sent.map(lastOf)) + END_LIMIT_SEC;
  const isOpen = (swap: EndedSwap): boolean => {
    const { fabric, ethereum } = swap.legs;
    if (fabric === 'locked' || ethereum === 'locked') return true;
    const begun = fabric !== 'none' || ethereum !== 'none';
    return !begun && Date.now() / 1000 < lastOf(swap) + REFUND_SEC;
  };
  let open = sent;
  for (let turn = 0; ; turn += 1) {
    open = (await withLegs(reader, open)).filter(isOpen);
    // All of them are read once more: what had ended may have been begun again.
    if (open.length === 0 || Date.now() / 1000 > untilSec) return withLegs(reader, sent);
    if (turn % 15 === 0) tell(`${String(open.length)} swaps still open`);
    await sleep(1_000);
  }
}

/** Waits until no journal has an open session, at most {@link END_LIMIT_SEC}; who judges the journals says what is left. */
export async function untilClosed(rig: ProcessRig): Promise<void> {
  const untilMs = Date.now() + END_LIMIT_SEC * 1000;
  for (const who of WHO) {
    const store = openSqliteStore(join(rig.folderOf(who), 'journal.db'));
    while ((await store.list({ open: true, limit: 1 })).length > 0 && Date.now() < untilMs)
      await sleep(500);
    await store.close();
  }
}

/** A few at once, so that a busy node still answers in time; one that does not is asked again. */
async function withLegs(reader: OpenParty, sent: readonly SentSwap[]): Promise<EndedSwap[]> {
  const found: EndedSwap[] = [];
  for (let from = 0; from < sent.length; from += AT_ONCE)
    found.push(
      ...(await Promise.all(
        sent.slice(from, from + AT_ONCE).map(async (swap) => ({
          ...swap,
          legs: await patiently(() => legsOf(reader, swap.terms)),
        })),
      )),
    );
  return found;
}

async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS || !isMidlockError(error, 'ENDPOINT_UNREACHABLE')) throw error;
      await sleep(1_000 * attempt);
    }
  }
}

/** Both legs ended, and ended alike; what one party alone knew of is never claimed. */
export function faultsOfLegs({ legs: { fabric, ethereum }, path }: EndedSwap): string[] {
  if (fabric === 'locked' || ethereum === 'locked') return [`still locked: ${fabric}/${ethereum}`];
  if ((fabric === 'claimed') !== (ethereum === 'claimed'))
    return [`one side has both: ${fabric}/${ethereum}`];
  return path === 'refund' && fabric === 'claimed' ? ['claimed without a counterparty'] : [];
}

/** No swap was locked or paid out twice on either ledger, read from every block. */
export async function faultsOfDoubling(
  { fabric, ethereum }: OpenParty,
  swaps: readonly EndedSwap[],
): Promise<string[]> {
  const known = new Set(swaps.map(({ terms }) => swapIdOf(terms)));
  const counts = new Map<string, number>();
  for (const port of [fabric, ethereum]) {
    const { height } = await port.head();
    const stop = AbortSignal.timeout(SCAN_LIMIT_MS);
    for await (const update of port.watch(undefined, stop)) {
      if (update.kind === 'block') {
        for (const { swapId, kind } of update.block.facts) {
          const what = `${swapId} ${kind === 'locked' ? 'locked' : 'paid out'} on ${port.ledger}`;
          if (known.has(swapId)) counts.set(what, (counts.get(what) ?? 0) + 1);
        }
      }
      const reached = update.kind === 'block' ? update.block.height : undefined;
      if ((reached ?? (update.kind === 'finalized' ? update.height : -1n)) >= height) break;
    }
    if (stop.aborted) return [`${port.ledger} could not be read to its end`];
  }
  return [...counts]
    .filter(([, count]) => count > 1)
    .map(([what, count]) => `${what} ${String(count)} times`);
}

/** Every journal is whole, and every session is closed in the state that the ledgers show. */
export async function faultsOfJournals(
  rig: ProcessRig,
  swaps: readonly EndedSwap[],
): Promise<string[]> {
  const faults: string[] = [];
  for (const who of WHO) {
    const store = openSqliteStore(join(rig.folderOf(who), 'journal.db'));
    await store.verify().catch(() => faults.push(`${who}'s journal is damaged`));
    for (const { terms, path, legs } of swaps) {
      const swapId: Hex32 = swapIdOf(terms);
      const stored = await store.load(swapId);
      const claimed = legs.fabric === 'claimed';
      if (stored === undefined) {
        // Who got terms in the inbox has them; what came by mail may have come too late to be signed.
        if (who === 'alice' || (who === 'bob' && (claimed || !['refund', 'letter'].includes(path))))
          faults.push(`${who} never took ${swapId} (${path})`);
        continue;
      }
      const state = stateOf(stored.session);
      const fits = claimed ? state === 'settled' : state === 'refunded' || state === 'cancelled';
      if (stored.open || !fits)
        faults.push(
          `${who} has ${stored.open ? 'open ' : ''}${state} where claimed is ${String(claimed)}: ${swapId} (${path})`,
        );
    }
    await store.close();
  }
  return faults;
}

/** Who gave what must have got the other thing, to the unit, in exactly the swaps that both ledgers show as claimed. */
export function faultsOfBooks(before: Books, after: Books, swaps: readonly EndedSwap[]): string[] {
  const net = swaps
    .filter(({ legs }) => legs.fabric === 'claimed')
    .reduce((sum, { terms }) => sum + (terms.direction === 'fabric-first' ? 1n : -1n), 0n);
  const expected = {
    alice: { gold: before.alice.gold - net * GOLD, ether: before.alice.ether + net * ETHER },
    bob: { gold: before.bob.gold + net * GOLD, ether: before.bob.ether - net * ETHER },
  };
  const faults = (['alice', 'bob'] as const).flatMap((name) =>
    (['gold', 'ether'] as const)
      .filter((asset) => after[name][asset] !== expected[name][asset])
      .map(
        (asset) =>
          `${name} has ${String(after[name][asset])} ${asset}, not ${String(expected[name][asset])}`,
      ),
  );
  const { fabric, ethereum, assets } = after.conservation;
  if (!fabric || !ethereum) faults.push('conservation is broken');
  if (assets.some(({ locked }) => locked !== '0')) faults.push('Fabric still holds locked gold');
  return faults;
}

/** Why a swap that was meant to settle came back, as its legs tell; undefined for one that did not. */
export function cameBackBecause({ legs: { fabric, ethereum } }: EndedSwap): string | undefined {
  if (fabric === 'claimed' && ethereum === 'claimed') return undefined;
  if (fabric === 'none' && ethereum === 'none') return 'its first lock would have come too late';
  return fabric === 'none' || ethereum === 'none'
    ? 'its second lock would have come too late'
    : 'the secret would have been revealed too late';
}
