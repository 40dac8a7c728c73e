import { isMidlockError } from '@midlock/protocol';
import type { LedgerPort } from '../ports.ts';

/**
 * Asks both ledgers once before a process works. What will never come right, as a node of another chain, is thrown; what
 * may (a node that is away, peers that refuse this identity for now) is left to the watchers.
 */
export async function probeLedgers(ledgers: readonly Pick<LedgerPort, 'head'>[]): Promise<void> {
  const answers = await Promise.allSettled(ledgers.map((ledger) => ledger.head()));
  for (const answer of answers)
    if (
      answer.status === 'rejected' &&
      isMidlockError(answer.reason) &&
      answer.reason.retry === 'never'
    )
      throw answer.reason;
}
