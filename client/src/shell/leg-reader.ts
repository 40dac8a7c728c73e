import {
  isMidlockError,
  type Hex32,
  type LedgerName,
  type LedgerUpdate,
  type LegFact,
  type SwapTerms,
} from '@midlock/protocol';
import type { Session } from '../core/session.ts';
import type { LedgerPort } from '../ports.ts';
import { legFacts } from './backfill.ts';
import type { Runtime } from './runtime.ts';

export interface LegReaderOptions {
  readonly ports: Readonly<Record<LedgerName, LedgerPort>>;
  readonly runtime: Runtime;
  /** Facts that the watcher saw in blocks that are not final. */
  readonly recent: (ledger: LedgerName, swapId: Hex32) => readonly LegFact[];
  readonly onTrouble: (error: unknown) => void;
}

/** Reads legs that a watcher will not report, because its cursor has passed them already. */
export interface LegReader {
  /** Both legs of a session that was just added; what fails is tried again by `readRest`. */
  read(session: Session): Promise<void>;
  /**
   * After a restart: every leg of which nothing is known. A crash may have struck between taking a swap and reading its
   * legs, or between the one and the other.
   */
  inherit(sessions: readonly Session[]): void;
  /** Reads what is still owed, most of it at once, unless that is under way. */
  readRest(): Promise<void>;
}

interface Unread {
  readonly swapId: Hex32;
  readonly terms: SwapTerms;
  readonly ledger: LedgerName;
}

const AT_ONCE = 16;
const LEDGERS = ['fabric', 'ethereum'] as const;

export function createLegReader(options: LegReaderOptions): LegReader {
  const { ports, runtime, recent, onTrouble } = options;
  const owed = new Map<string, Unread>();
  let busy = false;

  async function readLeg({ swapId, terms, ledger }: Unread): Promise<void> {
    const updates = legFacts(await ports[ledger].leg(terms), terms, ledger);
    const seen = recent(ledger, swapId).map((fact): LedgerUpdate => asBlock(ledger, fact));
    await runtime.dispatchAll(
      'backfill',
      [...updates, ...seen].map((update) => ({ swapId, happening: { kind: 'ledger', update } })),
    );
  }

  /** False when it is to be tried again: the ledger could not be asked. */
  async function settle(unread: Unread): Promise<boolean> {
    try {
      if (runtime.session(unread.swapId) !== undefined) await readLeg(unread);
    } catch (error) {
      onTrouble(error);
      if (isMidlockError(error) && error.retry !== 'never') return false;
    }
    owed.delete(keyOf(unread));
    return true;
  }

  function owe(unread: Unread): Unread {
    owed.set(keyOf(unread), unread);
    return unread;
  }

  return {
    async read({ swapId, terms }) {
      for (const unread of LEDGERS.map((ledger) => owe({ swapId, terms, ledger })))
        await settle(unread);
    },
    inherit(sessions) {
      for (const { swapId, terms, legs } of sessions) {
        for (const ledger of LEDGERS) {
          const { lock, end } = legs[ledger];
          if (lock === undefined && end === undefined) owe({ swapId, terms, ledger });
        }
      }
    },
    async readRest() {
      if (busy) return;
      busy = true;
      const waiting = [...owed.values()];
      const workers = Array.from({ length: AT_ONCE }, async () => {
        for (let unread = waiting.pop(); unread !== undefined; unread = waiting.pop())
          // A ledger that does not answer is left alone until the next round.
          if (!(await settle(unread))) waiting.length = 0;
      });
      await Promise.all(workers);
      busy = false;
    },
  };
}

function keyOf({ swapId, ledger }: Unread): string {
  return `${swapId} ${ledger}`;
}

function asBlock(ledger: LedgerName, fact: LegFact): LedgerUpdate {
  const { height, blockHash, timeSec } = fact.at;
  return {
    kind: 'block',
    block: { ledger, height, hash: blockHash, parentHash: '', timeSec, facts: [fact] },
  };
}
