import { formatAccount, ETH, type LegFact } from '@midlock/protocol';
import { ALICE, BOB, GOLD, RITA, RUDI } from '../terms.ts';
import type { InvariantMaker } from './invariant.ts';

const OWNERS = [ALICE, BOB, RITA, RUDI];

/** S1: what there is of each asset never changes. */
export const conservation: InvariantMaker = ({ fabric, ethereum, report }) => {
  const [gold, ether] = [fabric.supply(GOLD), ethereum.supply(ETH)];
  return {
    onChange() {
      if (fabric.supply(GOLD) !== gold)
        report('conservation', `Fabric: ${String(fabric.supply(GOLD))} of ${String(gold)} ${GOLD}`);
      if (ethereum.supply(ETH) !== ether)
        report('conservation', `Ethereum: ${String(ethereum.supply(ETH))} of ${String(ether)} wei`);
    },
  };
};

/** S2: of each lock the ledgers tell one end. */
export const oneEnd: InvariantMaker = ({ truth, report }) => ({
  onChange() {
    for (const { swapId, number } of truth.swaps.values()) {
      for (const ledger of ['fabric', 'ethereum'] as const) {
        const facts = truth.facts(ledger, swapId);
        const locks = facts.filter(({ kind }) => kind === 'locked').length;
        const ends = facts.filter(({ kind }) => kind === 'claimed' || kind === 'refunded').length;
        if (ends > locks)
          report(
            'one-end',
            `swap ${String(number)}: ${String(ends)} ends of ${String(locks)} locks on ${ledger}`,
          );
      }
    }
  },
});

/** S2: balances are what the facts of the chain amount to, each settlement in favour of whom the lock names. */
export const payee: InvariantMaker = ({ fabric, ethereum, truth, report }) => {
  const start = new Map(
    OWNERS.flatMap((owner) => [
      [formatAccount(owner.fabric), fabric.balance(owner.fabric, GOLD)] as const,
      [owner.ethereum, ethereum.balance(owner.ethereum, ETH)] as const,
    ]),
  );
  return {
    onChange() {
      const due = new Map<string, bigint>(start);
      for (const ledger of ['fabric', 'ethereum'] as const)
        for (const swapId of truth.told(ledger)) settle(due, truth.facts(ledger, swapId));
      for (const { name, fabric: account, ethereum: address } of OWNERS) {
        const gold = fabric.balance(account, GOLD);
        const ether = ethereum.balance(address, ETH);
        if (gold !== due.get(formatAccount(account)))
          report(
            'payee',
            `${name} has ${String(gold)} ${GOLD}, not ${String(due.get(formatAccount(account)))}`,
          );
        if (ether !== due.get(address))
          report('payee', `${name} has ${String(ether)} wei, not ${String(due.get(address))}`);
      }
    },
  };
};

function settle(due: Map<string, bigint>, facts: readonly LegFact[]): void {
  const locks = facts.filter((fact) => fact.kind === 'locked');
  const [first] = locks;
  if (first === undefined) return;
  const leg =
    first.ledger === 'ethereum'
      ? first.lock
      : {
          owner: formatAccount(first.terms.fabric.owner),
          beneficiary: formatAccount(first.terms.fabric.beneficiary),
          amount: first.terms.fabric.amount,
        };
  const add = (account: string, amount: bigint): void => {
    due.set(account, (due.get(account) ?? 0n) + amount);
  };
  let open = 0;
  for (const { kind } of facts) {
    if (kind === 'locked') {
      open += 1;
      add(leg.owner, -leg.amount);
    } else if (kind !== 'declined' && open > 0) {
      // A second end of the same lock is for the other invariant to tell; it pays nobody.
      open -= 1;
      add(kind === 'claimed' ? leg.beneficiary : leg.owner, leg.amount);
    }
  }
}
