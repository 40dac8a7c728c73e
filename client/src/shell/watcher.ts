import type { Hex32, LedgerUpdate, LegFact } from '@midlock/protocol';
import type { LedgerPort } from '../ports.ts';
import type { LedgerMark } from '../store/port.ts';
import { receivePoint, type CrashPort } from './crash-points.ts';
import type { Logger } from './logger.ts';
import type { Happening, Runtime } from './runtime.ts';

export interface WatcherOptions {
  readonly port: LedgerPort;
  readonly runtime: Runtime;
  readonly crashPoint: CrashPort;
  readonly logger: Logger;
  /** Told of facts of swaps that no session knows; a relayer learns new swaps from them. */
  readonly onUnknown: (fact: LegFact) => Promise<void>;
  readonly onUpdate?: (update: LedgerUpdate) => void;
}

/** One ledger's updates turned into events of the sessions they touch, and into the durable mark. */
export interface Watcher {
  /** Runs until the signal aborts. Rejects when an update could not be stored: the caller starts it again. */
  run(signal: AbortSignal): Promise<void>;
  /** Facts of blocks that are not final, for a session that joins late. */
  recent(swapId: Hex32): readonly LegFact[];
}

/** Marks are written at least every this many blocks, so that a restart reads little again. */
const MARK_EVERY = 32n;
const BEFORE_ALL = { height: -1n, hash: '' } as const;

export function createWatcher(options: WatcherOptions): Watcher {
  const { port, runtime, crashPoint, logger } = options;
  const { ledger } = port;
  const reason = ledger === 'fabric' ? 'fabric-update' : 'ethereum-update';
  let recent: LegFact[] = [];
  let catchingUpTo: bigint | undefined;

  async function prepareStart(): Promise<LedgerMark | undefined> {
    const mark = await runtime.mark(ledger);
    runtime.setHalted(ledger, 'catching-up', true);
    const head = await port.head();
    runtime.setHead(ledger, head.timeSec);
    catchingUpTo = head.height;
    caughtUp(mark?.cursor?.height ?? -1n);
    // Following resumes at a final block, or at the start where none was seen yet; what was seen above it is read again
    // from the chain as it is now.
    const { height, hash } = mark?.cursor ?? BEFORE_ALL;
    recent = [];
    await toAll('restart', {
      kind: 'ledger',
      update: { kind: 'rollback', ledger, height, hash },
    });
    return mark;
  }

  function caughtUp(height: bigint): void {
    if (catchingUpTo === undefined || height < catchingUpTo) return;
    catchingUpTo = undefined;
    runtime.setHalted(ledger, 'catching-up', false);
    logger.info('caught up', { ledger, height });
  }

  async function toAll(
    why: 'restart' | typeof reason,
    happening: Happening,
    mark?: LedgerMark,
  ): Promise<void> {
    await runtime.dispatchAll(
      why,
      runtime.open().map(({ swapId }) => ({ swapId, happening })),
      mark === undefined ? undefined : { ledger, mark },
    );
  }

  async function markNow(change: Partial<LedgerMark>): Promise<LedgerMark> {
    return { finalizedHeight: -1n, halted: false, ...(await runtime.mark(ledger)), ...change };
  }

  async function take(update: LedgerUpdate): Promise<void> {
    switch (update.kind) {
      case 'block': {
        const { facts, height } = update.block;
        recent.push(...facts);
        const swaps = new Set(facts.map(({ swapId }) => swapId));
        for (const fact of facts) {
          if (
            fact.kind !== 'claimed' &&
            fact.kind !== 'refunded' &&
            runtime.session(fact.swapId) === undefined
          )
            await options.onUnknown(fact);
        }
        if (swaps.size > 0)
          await runtime.dispatchAll(
            reason,
            [...swaps].map((swapId) => ({ swapId, happening: { kind: 'ledger', update } })),
          );
        caughtUp(height);
        return;
      }
      case 'rollback':
        recent = recent.filter(({ at }) => at.height <= update.height);
        await toAll(reason, { kind: 'ledger', update });
        return;
      case 'finalized': {
        const { height, hash } = update;
        const known = await runtime.mark(ledger);
        const due =
          recent.some(({ at }) => at.height <= height) ||
          height >= (known?.finalizedHeight ?? -1n) + MARK_EVERY;
        recent = recent.filter(({ at }) => at.height > height);
        await toAll(
          reason,
          { kind: 'ledger', update },
          due ? await markNow({ cursor: { height, hash }, finalizedHeight: height }) : undefined,
        );
        caughtUp(height);
        return;
      }
      case 'finality-regressed':
        logger.error('finality regressed', { ledger, from: update.fromHeight });
        runtime.setHalted(ledger, 'regressed', true);
        // Halted durably before anything else: nothing new is begun, whatever becomes of the rest.
        await runtime.dispatchAll(reason, [], { ledger, mark: await markNow({ halted: true }) });
        await runtime.reopen(reason, ledger, update.toHeight ?? -1n);
        await toAll(reason, { kind: 'ledger', update });
        return;
      case 'secret': {
        const known = runtime.open().filter(({ terms }) => terms.hashLock === update.hashLock);
        await runtime.dispatchAll(
          reason,
          known.map(({ swapId }) => ({ swapId, happening: { kind: 'ledger', update } })),
        );
      }
    }
  }

  return {
    async run(signal) {
      const mark = await prepareStart();
      for await (const update of port.watch(mark?.cursor, signal)) {
        crashPoint(receivePoint(ledger));
        await take(update);
        options.onUpdate?.(update);
      }
    },
    recent: (swapId) => recent.filter((fact) => fact.swapId === swapId),
  };
}
