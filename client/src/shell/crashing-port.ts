import type { LedgerPort } from '../ports.ts';
import { queryPoint, type CrashPort, type LedgerQuery } from './crash-points.ts';

/** A port with crash points around its questions; those around an effect's steps are the executor's. */
export function crashingPort(port: LedgerPort, crashPoint: CrashPort): LedgerPort {
  const { ledger } = port;
  const around = async <T>(query: LedgerQuery, work: () => Promise<T>): Promise<T> => {
    crashPoint(queryPoint(query, ledger, 'before'));
    const answer = await work();
    crashPoint(queryPoint(query, ledger, 'after'));
    return answer;
  };
  return {
    ...port,
    head: () => around('head', () => port.head()),
    leg: (terms) => around('leg', () => port.leg(terms)),
    // Only Ethereum's lane has something to give back.
    ...(ledger === 'ethereum'
      ? {
          abandon: (transaction) =>
            around('abandon', () => port.abandon?.(transaction) ?? Promise.resolve()),
        }
      : {}),
  };
}
