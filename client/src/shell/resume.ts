import { MidlockError, type LedgerName, type LegView } from '@midlock/protocol';
import type { LegRecord } from '../core/leg.ts';
import { longLedger, shortLedger, type Session } from '../core/session.ts';
import type { LedgerPort } from '../ports.ts';
import type { Logger } from './logger.ts';
import type { Runtime } from './runtime.ts';

export interface ResumeOptions {
  readonly ports: Readonly<Record<LedgerName, LedgerPort>>;
  readonly runtime: Runtime;
  readonly logger: Logger;
}

/** Lifts, at an operator's word, the halt that follows when a ledger's finality went backwards. */
export type Resume = (ledger: LedgerName) => Promise<void>;

const AT_ONCE = 16;

/**
 * New locks and reveals go on once the ledger's finality is back where it was and every open swap's final facts still stand
 * there. A ledger that is not halted is left as it is. Cost: one query for each open swap with such a fact.
 * @throws {MidlockError} FINALITY_REGRESSED naming what is not as it was; then the halt stays. ENDPOINT_UNREACHABLE.
 */
export function createResume({ ports, runtime, logger }: ResumeOptions): Resume {
  async function checkFinality(ledger: LedgerName, wasFinal: bigint): Promise<void> {
    const { finalizedHeight } = await ports[ledger].head();
    if (finalizedHeight < wasFinal)
      throw new MidlockError('FINALITY_REGRESSED', { ledger, finalizedHeight, wasFinal });
  }

  async function checkFacts(ledger: LedgerName): Promise<void> {
    const waiting = runtime.open().filter(({ legs }) => hasFinal(legs[ledger]));
    const work = async (): Promise<void> => {
      for (let next = waiting.pop(); next !== undefined; next = waiting.pop())
        await checkSession(ledger, next);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  async function checkSession(ledger: LedgerName, session: Session): Promise<void> {
    const view = await ports[ledger].leg(session.terms);
    if (stillStands(session, ledger, view.state)) return;
    throw new MidlockError('FINALITY_REGRESSED', {
      ledger,
      swapId: session.swapId,
      reason: 'a final fact of this swap is gone',
      state: view.state,
    });
  }

  return async (ledger) => {
    const mark = await runtime.mark(ledger);
    // A halt whose record could not be written stands in memory alone.
    if (mark?.halted !== true && !runtime.world().halted.includes(ledger)) return;
    const none = { finalizedHeight: -1n, halted: false };
    await checkFinality(ledger, (mark ?? none).finalizedHeight);
    await checkFacts(ledger);
    const latest = (await runtime.mark(ledger)) ?? none;
    await runtime.dispatchAll('command', [], { ledger, mark: { ...latest, halted: false } });
    runtime.setHalted(ledger, 'regressed', false);
    logger.warn('resumed by the operator', { ledger, finalizedHeight: latest.finalizedHeight });
  };
}

function hasFinal({ lock, end }: LegRecord): boolean {
  return lock?.final === true || end?.final === true;
}

/** Whether the ledger shows what the session holds for final. */
function stillStands(session: Session, ledger: LedgerName, state: LegView['state']): boolean {
  const { lock, end } = session.legs[ledger];
  if (end?.final !== true) return lock?.final !== true || state !== 'none';
  const shown = end.how === 'claimed' || end.how === 'declined' ? end.how : 'refunded';
  // Another owner may lock twice: what came back to it is locked again, or the other lock still stands.
  return state === shown || (shown === 'refunded' && state === 'locked' && !owns(session, ledger));
}

function owns({ role, terms }: Session, ledger: LedgerName): boolean {
  if (role === 'relayer') return false;
  return ledger === (role === 'initiator' ? longLedger(terms) : shortLedger(terms));
}
