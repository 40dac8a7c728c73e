import type { Address } from '@midlock/protocol';
import type { EscrowEvent } from './escrow-events.ts';

/**
 * What the escrow owes in one token: all balances and open locks, summed from all its events in chain order. The contract keeps no
 * such total, since one more storage word per deposit, withdrawal and one-shot lock would cost 5,000 gas each.
 */
export function obligationsOf(events: Iterable<EscrowEvent>, token: Address): bigint {
  const direct = new Map<string, bigint>();
  let owed = 0n;
  for (const event of events) {
    if (event.kind === 'locked') {
      if (event.lock.token !== token || !event.lock.direct) continue;
      direct.set(event.lock.lockId, event.lock.amount);
      owed += event.lock.amount;
    } else if (event.kind === 'claimed' || event.kind === 'refunded') {
      owed -= direct.get(event.lockId) ?? 0n;
    } else if (event.kind !== 'skipped' && event.token === token) {
      owed += event.kind === 'withdrawn' ? -event.amount : event.amount;
    }
  }
  return owed;
}

/** Tokens of the contract that belong to nobody: forced ETH, plain transfers, positive rebases. Negative means that the token broke the law. */
export function surplusOf(
  contractBalance: bigint,
  events: Iterable<EscrowEvent>,
  token: Address,
): bigint {
  return contractBalance - obligationsOf(events, token);
}
