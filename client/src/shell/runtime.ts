import {
  MidlockError,
  isMidlockError,
  type Hex32,
  type LedgerName,
  type SignedTransaction,
} from '@midlock/protocol';
import type { SendEffect, SessionEvent, StepResult } from '../core/events.ts';
import { isDone } from '../core/done.ts';
import { stateOf, type Session } from '../core/session.ts';
import type { Reducer } from '../core/step.ts';
import type { World } from '../core/world.ts';
import type { ClockPort } from '../ports.ts';
import type { JournalEntry, LedgerMark, Store, StoreCommit, StoredSession } from '../store/port.ts';
import { commitPoint, syncPoint, type CommitReason, type CrashPort } from './crash-points.ts';
import type { Logger } from './logger.ts';

/** An event without its moment; the runtime adds it. */
export type Happening = SessionEvent extends infer E
  ? E extends SessionEvent
    ? Omit<E, 'world'>
    : never
  : never;

export interface RuntimeOptions {
  readonly store: Store;
  readonly reducer: Reducer;
  readonly clock: ClockPort;
  readonly logger: Logger;
  readonly crashPoint: CrashPort;
  /** Told of new effects once they are durable. */
  readonly onEffects: (opened: readonly SendEffect[], closed: readonly string[]) => void;
  /** Told of every session that changed, once that is durable. */
  readonly onChange: (session: Session) => void;
  /** Told of a session whose first write had happened although it was reported as failed. */
  readonly onAdopted: (session: Session) => void;
  /** The store is lost to another writer or damaged: stop. */
  readonly onFatal: (error: unknown) => void;
}

/**
 * Why nothing new is locked or revealed: facts of a ledger are still missing, its finality went backwards, or the store is a
 * backup's copy and what was sent since may not have reached the ledger yet.
 */
const HALT_REASONS = ['catching-up', 'regressed', 'restored'] as const;

export type HaltReason = (typeof HALT_REASONS)[number];

/** Sessions in memory and the one place that commits them. */
export interface Runtime {
  load(epoch: bigint): Promise<void>;
  world(): World;
  setHead(ledger: LedgerName, timeSec: bigint): void;
  setHalted(ledger: LedgerName, reason: HaltReason, halted: boolean): void;
  session(swapId: Hex32): Session | undefined;
  open(): readonly Session[];
  add(session: Session, journal: string): Promise<void>;
  /** Feeds one session. Returns the step's result; a rejection changes nothing. Throws SWAP_UNKNOWN. */
  dispatch(reason: CommitReason, swapId: Hex32, happening: Happening): Promise<StepResult>;
  /** Feeds many sessions in one transaction, with a ledger's mark when given. */
  dispatchAll(
    reason: CommitReason,
    happenings: readonly { readonly swapId: Hex32; readonly happening: Happening }[],
    mark?: StoreCommit['mark'],
  ): Promise<void>;
  /** Takes up again what had ended, where a fact above `height` of this ledger was part of the end. Cost: a look at every stored swap. */
  reopen(reason: CommitReason, ledger: LedgerName, height: bigint): Promise<void>;
  recordSigned(key: string, swapId: Hex32, transaction: SignedTransaction): Promise<void>;
  /** A ledger's mark as it stands on the disk. Throws STORE_*. */
  mark(ledger: LedgerName): Promise<LedgerMark | undefined>;
}

interface Draft {
  readonly swapId: Hex32;
  readonly before: StoredSession;
  session: Session;
}

const PAGE = 500;

export function createRuntime(options: RuntimeOptions): Runtime {
  const { store, reducer, clock, crashPoint, logger } = options;
  const live = new Map<Hex32, StoredSession>();
  const marks = new Map<LedgerName, LedgerMark>();
  const headSec: Record<LedgerName, bigint> = { fabric: 0n, ethereum: 0n };
  const halted = new Set<string>();
  let epoch = 0n;
  let tail: Promise<unknown> = Promise.resolve();
  /** Sessions whose write was reported as failed: it may have happened all the same. */
  const doubtful = new Set<Hex32>();
  /** The same of marks. */
  const doubtfulMarks = new Set<LedgerName>();

  function world(): World {
    const ledgers = (['fabric', 'ethereum'] as const).filter((ledger) =>
      HALT_REASONS.some((reason) => halted.has(`${ledger} ${reason}`)),
    );
    return { nowSec: clock.nowMs() / 1000n, headSec: { ...headSec }, halted: ledgers };
  }

  function exclusive<T>(work: () => Promise<T>): Promise<T> {
    const settled = async (): Promise<T> => {
      if (doubtful.size > 0 || doubtfulMarks.size > 0) await settleDoubts();
      return work();
    };
    const result = tail.then(settled, settled);
    tail = result.catch(() => undefined);
    return result;
  }

  /**
   * What stands on the disk is worked on: a new session is taken in, and an old one that moved on without this process stops
   * it, for a restart to take everything up again. Before any other write: a mark that went on would hide from that restart
   * that a reorg took back what the disk still has. A mark that did go on is the one to follow from: with the older one in
   * memory a new session would take in facts again, and miss after a restart those that came between the two.
   */
  async function settleDoubts(): Promise<void> {
    for (const swapId of doubtful) {
      const stored = await store.load(swapId);
      const known = live.get(swapId);
      if (known !== undefined && stored?.version !== known.version) {
        const error = new MidlockError('STORE_VERSION', {
          swapId,
          what: 'a failed write happened',
        });
        options.onFatal(error);
        throw error;
      }
      doubtful.delete(swapId);
      if (stored?.open !== true || known !== undefined) continue;
      live.set(swapId, stored);
      options.onAdopted(stored.session);
    }
    for (const ledger of doubtfulMarks) {
      const stored = await store.mark(ledger);
      if (stored !== undefined) marks.set(ledger, stored);
      doubtfulMarks.delete(ledger);
    }
  }

  async function commit(reason: CommitReason, change: Omit<StoreCommit, 'epoch'>): Promise<void> {
    crashPoint(commitPoint(reason, 'before'));
    try {
      await store.commit({ epoch, ...change }, () => {
        crashPoint(syncPoint(reason));
      });
    } catch (error) {
      if (isMidlockError(error, 'STORE_VERSION') || isMidlockError(error, 'STORE_CORRUPT'))
        options.onFatal(error);
      for (const { session } of change.sessions ?? []) doubtful.add(session.swapId);
      if (change.mark !== undefined) doubtfulMarks.add(change.mark.ledger);
      throw error;
    }
    for (const { session, expectedVersion, open } of change.sessions ?? []) {
      const seq = live.get(session.swapId)?.seq ?? 0;
      if (open) live.set(session.swapId, { session, version: expectedVersion + 1, open, seq });
      else live.delete(session.swapId);
    }
    if (change.mark !== undefined) marks.set(change.mark.ledger, change.mark.mark);
    crashPoint(commitPoint(reason, 'after'));
    if ((change.opened?.length ?? 0) + (change.closed?.length ?? 0) > 0)
      options.onEffects(change.opened ?? [], change.closed ?? []);
    for (const { session } of change.sessions ?? []) options.onChange(session);
  }

  /** Steps drafts and gathers what one transaction has to write. */
  function collector(): {
    feed(draft: Draft, happening: Happening): StepResult;
    change(): Omit<StoreCommit, 'epoch'>;
  } {
    const atMs = clock.nowMs();
    const now = world();
    const drafts = new Map<Hex32, Draft>();
    const opened: SendEffect[] = [];
    const closed: string[] = [];
    const secrets: { hashLock: Hex32; secret: Uint8Array }[] = [];
    const journal: JournalEntry[] = [];
    return {
      feed(draft, happening) {
        const result = reducer(draft.session, { ...happening, world: now });
        if (!result.ok) return result;
        draft.session = result.session;
        drafts.set(draft.swapId, draft);
        for (const effect of result.effects) {
          if (effect.kind === 'send') opened.push(effect);
          else if (effect.kind === 'close') closed.push(effect.key);
          else secrets.push({ hashLock: effect.hashLock, secret: effect.secret });
        }
        for (const { kind, data } of result.notes) {
          journal.push({ atMs, swapId: draft.swapId, kind, data });
          logger.info(kind, { swapId: draft.swapId, ...data });
        }
        return result;
      },
      change() {
        // A session may be done by time alone, or because a ledger caught up: without any change of its own.
        const sessions = [...drafts.values()]
          .map(({ session, before }) => ({ session, before, open: !isDone(session, now) }))
          .filter(({ session, before, open }) => session !== before.session || !open)
          .map(({ session, before, open }) => ({ session, expectedVersion: before.version, open }));
        for (const { session, open } of sessions) {
          if (!open)
            journal.push({
              atMs,
              swapId: session.swapId,
              kind: 'done',
              data: { state: stateOf(session) },
            });
        }
        // An effect that opened and closed within one transaction was never owed.
        const shortLived = new Set(closed);
        return {
          sessions,
          opened: opened.filter(({ key }) => !shortLived.has(key)),
          closed,
          secrets,
          journal,
        };
      },
    };
  }

  function draftOf(swapId: Hex32): Draft | undefined {
    const before = live.get(swapId);
    return before === undefined ? undefined : { swapId, before, session: before.session };
  }

  return {
    async load(taken) {
      epoch = taken;
      for (const ledger of ['fabric', 'ethereum'] as const) {
        const mark = await store.mark(ledger);
        if (mark !== undefined) marks.set(ledger, mark);
        if (mark?.halted === true) halted.add(`${ledger} regressed`);
      }
      for (let afterSeq = 0; ;) {
        const page = await store.list({ afterSeq, limit: PAGE, open: true });
        for (const stored of page) live.set(stored.session.swapId, stored);
        const last = page.at(-1);
        if (last === undefined || page.length < PAGE) return;
        afterSeq = last.seq;
      }
    },
    world,
    setHead: (ledger, timeSec) => {
      headSec[ledger] = timeSec;
    },
    setHalted: (ledger, reason, on) => {
      if (on) halted.add(`${ledger} ${reason}`);
      else halted.delete(`${ledger} ${reason}`);
    },
    session: (swapId) => live.get(swapId)?.session,
    open: () => [...live.values()].map(({ session }) => session),
    add: (session, journal) =>
      exclusive(async () => {
        if (live.has(session.swapId) || (await store.load(session.swapId)) !== undefined)
          throw new MidlockError('SWAP_EXISTS', { swapId: session.swapId });
        await commit('open', {
          sessions: [{ session, expectedVersion: 0, open: true }],
          journal: [
            {
              atMs: clock.nowMs(),
              swapId: session.swapId,
              kind: journal,
              data: { role: session.role, direction: session.terms.direction },
            },
          ],
        });
      }),
    dispatch: (reason, swapId, happening) =>
      exclusive(async () => {
        const draft = draftOf(swapId);
        if (draft === undefined) throw new MidlockError('SWAP_UNKNOWN', { swapId });
        const work = collector();
        const result = work.feed(draft, happening);
        if (!result.ok) return result;
        const change = work.change();
        if (change.sessions?.length !== 0 || change.journal.length > 0)
          await commit(reason, change);
        return result;
      }),
    dispatchAll: (reason, happenings, mark) =>
      exclusive(async () => {
        const work = collector();
        const drafts = new Map<Hex32, Draft>();
        for (const { swapId, happening } of happenings) {
          const draft = drafts.get(swapId) ?? draftOf(swapId);
          if (draft === undefined) continue;
          drafts.set(swapId, draft);
          work.feed(draft, happening);
        }
        const change = work.change();
        if (mark !== undefined || change.sessions?.length !== 0 || change.journal.length > 0)
          await commit(reason, { ...change, ...(mark === undefined ? {} : { mark }) });
      }),
    reopen: (reason, ledger, height) =>
      exclusive(async () => {
        for (let afterSeq = 0; ;) {
          const page = await store.list({ afterSeq, limit: PAGE, open: false });
          const undone = page.filter(({ session }) => restsOn(session, ledger, height));
          if (undone.length > 0)
            await commit(reason, {
              sessions: undone.map(({ session, version }) => ({
                session,
                expectedVersion: version,
                open: true,
              })),
              journal: undone.map(({ session: { swapId } }) => ({
                atMs: clock.nowMs(),
                swapId,
                kind: 'reopened',
                data: { ledger, height: String(height) },
              })),
            });
          const last = page.at(-1);
          if (last === undefined || page.length < PAGE) return;
          afterSeq = last.seq;
        }
      }),
    recordSigned: (key, swapId, transaction) =>
      exclusive(async () => {
        const draft = draftOf(swapId);
        if (draft === undefined) throw new MidlockError('SWAP_UNKNOWN', { swapId });
        const work = collector();
        work.feed(draft, { kind: 'signed', key, txId: transaction.txId });
        const change = work.change();
        await commit('signed', {
          ...change,
          signed: [{ key, transaction }],
          journal: [
            ...change.journal,
            { atMs: clock.nowMs(), swapId, kind: 'signed', data: { key, txId: transaction.txId } },
          ],
        });
      }),
    mark: (ledger) => exclusive(() => Promise.resolve(marks.get(ledger))),
  };
}

/** Whether a leg's lock or end stands above a height. */
function restsOn({ legs }: Session, ledger: LedgerName, height: bigint): boolean {
  const { lock, end } = legs[ledger];
  return [lock, end].some((mark) => mark !== undefined && mark.at.height > height);
}
