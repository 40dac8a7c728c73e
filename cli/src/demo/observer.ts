import type { LegFact, LedgerName, LedgerUpdate, Hex32 } from '@midlock/protocol';
import type { OpenParty } from '../party/open-party.ts';

/** A fact with the moment at which the observer saw it, milliseconds on a monotone clock. */
export interface SeenFact {
  readonly fact: LegFact;
  readonly atMs: number;
}

/** Follows both ledgers for the presenter; holds no key of a party and changes nothing. */
export interface Observer {
  facts(swapId: Hex32): readonly SeenFact[];
  /** Resolves when a fact of a swap is seen; rejects when the signal aborts. */
  until(swapId: Hex32, matches: (fact: LegFact) => boolean, signal: AbortSignal): Promise<SeenFact>;
  /** Resolves when both legs of each swap are settled one way or the other in final blocks. */
  untilTerminal(swapIds: readonly Hex32[], signal: AbortSignal): Promise<void>;
  stop(): Promise<void>;
}

export interface ObserverOptions {
  readonly party: OpenParty;
  readonly nowMs: () => number;
  readonly onFact: (seen: SeenFact) => void;
}

export function startObserver({ party, nowMs, onFact }: ObserverOptions): Observer {
  const seen = new Map<Hex32, SeenFact[]>();
  const finalized: Record<LedgerName, bigint> = { fabric: -1n, ethereum: -1n };
  const listeners = new Set<() => void>();
  const stop = new AbortController();

  function note(update: LedgerUpdate): void {
    if (update.kind === 'finalized') finalized[update.ledger] = update.height;
    if (update.kind === 'rollback') {
      for (const [swapId, facts] of seen) {
        seen.set(
          swapId,
          facts.filter(
            ({ fact }) => fact.ledger !== update.ledger || fact.at.height <= update.height,
          ),
        );
      }
    }
    if (update.kind === 'block') {
      for (const fact of update.block.facts) {
        const entry = { fact, atMs: nowMs() };
        seen.set(fact.swapId, [...(seen.get(fact.swapId) ?? []), entry]);
        onFact(entry);
      }
    }
    for (const listener of listeners) listener();
  }

  const following = [party.fabric, party.ethereum].map(async (ledger) => {
    for await (const update of ledger.watch(undefined, stop.signal)) note(update);
  });

  function isTerminal(swapId: Hex32): boolean {
    const facts = seen.get(swapId) ?? [];
    const ended = (ledger: LedgerName) =>
      facts.some(
        ({ fact }) =>
          fact.ledger === ledger &&
          fact.kind !== 'locked' &&
          (ledger === 'fabric' || fact.at.height <= finalized.ethereum),
      );
    return ended('fabric') && ended('ethereum');
  }

  function wait(done: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        listeners.delete(check);
        signal.removeEventListener('abort', aborted);
        settle();
      };
      const check = () => {
        if (done()) finish(resolve);
      };
      const aborted = () => {
        finish(() => {
          reject(signal.reason as Error);
        });
      };
      if (signal.aborted) {
        aborted();
        return;
      }
      signal.addEventListener('abort', aborted, { once: true });
      listeners.add(check);
      check();
    });
  }

  return {
    facts: (swapId) => seen.get(swapId) ?? [],
    async until(swapId, matches, signal) {
      let found: SeenFact | undefined;
      await wait(
        () => (found = seen.get(swapId)?.find(({ fact }) => matches(fact))) !== undefined,
        signal,
      );
      if (found === undefined) throw new Error('unreachable');
      return found;
    },
    untilTerminal: (swapIds, signal) => wait(() => swapIds.every(isTerminal), signal),
    async stop() {
      stop.abort();
      await Promise.allSettled(following);
    },
  };
}
