import {
  openSession,
  openSqliteStore,
  type SendEffect,
  type Session,
  type StoreCommit,
} from '@midlock/client';
import type { Rig } from '@midlock/client/testing';
import type { LedgerName, SignedTransaction, SwapTerms } from '@midlock/protocol';
import { createRelayerReducer } from '@midlock/relayer';

const PAGE = 500;
/** Of so many open swaps one has its secret out, and a claim with signed bytes waits for the ledger. */
const CLAIM_EVERY = 10;
/** A Fabric envelope with two endorsements. */
const ENVELOPE_BYTES = 6_000;

/**
 * A journal as a relayer leaves it in the middle of its work: of the open swaps some are agreed, some have their long lock,
 * some both locks, all final, and of every tenth the secret is out and a claim under way.
 */
export async function writeFullJournal(
  path: string,
  rig: Pick<Rig, 'profile'>,
  swaps: number,
  termsOf: (index: number) => SwapTerms,
  nowSec: bigint,
): Promise<void> {
  const store = openSqliteStore(path);
  const epoch = await store.acquireEpoch();
  const reduce = createRelayerReducer(0n);
  const world = { nowSec, headSec: { fabric: nowSec, ethereum: nowSec }, halted: [] };
  for (let from = 0; from < swaps; from += PAGE) {
    const change = {
      sessions: [] as NonNullable<StoreCommit['sessions']>[number][],
      opened: [] as SendEffect[],
      signed: [] as { key: string; transaction: SignedTransaction }[],
      journal: [] as StoreCommit['journal'][number][],
    };
    for (let index = from; index < Math.min(swaps, from + PAGE); index += 1) {
      const begun = openSession({
        terms: termsOf(index),
        role: 'relayer',
        profile: rig.profile,
        nowSec,
        accepted: true,
      });
      const result = reduce(advanced(begun, index, nowSec), { kind: 'tick', world });
      if (!result.ok) throw new Error(result.code);
      const { swapId } = begun;
      change.sessions.push({ session: result.session, expectedVersion: 0, open: true });
      for (const kind of ['taken', 'locked', 'final', 'locked'])
        change.journal.push({ atMs: nowSec * 1000n, swapId, kind, data: { ledger: 'fabric' } });
      for (const effect of result.effects) {
        if (effect.kind !== 'send') continue;
        change.opened.push(effect);
        change.signed.push({ key: effect.key, transaction: envelopeOf(index) });
      }
    }
    await store.commit({ epoch, ...change });
  }
  await store.close();
}

function advanced(session: Session, index: number, nowSec: bigint): Session {
  const lockedOn = (...ledgers: readonly LedgerName[]): Session => ({
    ...session,
    legs: {
      ...session.legs,
      ...Object.fromEntries(ledgers.map((ledger) => [ledger, { lock: markOf(index, nowSec) }])),
    },
  });
  if (index % CLAIM_EVERY === 0) {
    const { ethereum, ...rest } = lockedOn('fabric', 'ethereum').legs;
    const claimed = { ...ethereum, end: { ...markOf(index, nowSec), how: 'claimed' as const } };
    return { ...session, legs: { ...rest, ethereum: claimed }, secretSeenAtSec: nowSec };
  }
  if (index % 3 === 0) return session;
  return index % 3 === 1 ? lockedOn('fabric') : lockedOn('fabric', 'ethereum');
}

function markOf(index: number, timeSec: bigint): NonNullable<Session['legs']['fabric']['lock']> {
  const digits = index.toString(16).padStart(64, '0');
  return {
    at: { height: BigInt(index), blockHash: `0x${digits}`, txId: `0x${digits}`, timeSec },
    final: true,
  };
}

function envelopeOf(index: number): SignedTransaction {
  return {
    ledger: 'fabric',
    txId: index.toString(16).padStart(64, '0'),
    bytes: new Uint8Array(ENVELOPE_BYTES).fill(index % 251),
  };
}
