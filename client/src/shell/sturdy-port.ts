import { MidlockError, isMidlockError } from '@midlock/protocol';
import type { LedgerPort } from '../ports.ts';

/**
 * A port whose every failure has a code: what an adapter's libraries throw beyond the catalogue counts as a node that does
 * not answer, which is tried again, and never ends the process.
 */
export function sturdyPort(port: LedgerPort): LedgerPort {
  const { ledger } = port;
  const translate = (error: unknown): unknown =>
    isMidlockError(error)
      ? error
      : new MidlockError(
          'ENDPOINT_UNREACHABLE',
          { ledger, reason: error instanceof Error ? error.name : 'unknown' },
          { cause: error },
        );
  const tried = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      throw translate(error);
    }
  };
  return {
    ledger,
    head: () => tried(() => port.head()),
    prepare: (intent, options) => tried(() => port.prepare(intent, options)),
    submit: (transaction) => tried(() => port.submit(transaction)),
    outcome: (transaction) => tried(() => port.outcome(transaction)),
    abandon: (transaction) => tried(() => port.abandon?.(transaction) ?? Promise.resolve()),
    leg: (terms) => tried(() => port.leg(terms)),
    async *watch(cursor, signal) {
      try {
        yield* port.watch(cursor, signal);
      } catch (error) {
        throw translate(error);
      }
    },
  };
}
