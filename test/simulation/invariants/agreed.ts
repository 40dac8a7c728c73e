import { sameAccount, type LegFact } from '@midlock/protocol';
import { CHAIN_ID } from '../terms.ts';
import type { InvariantMaker } from './invariant.ts';

/** H6: whatever letters say, an honest party's assets move under terms alone that both have signed. */
export const agreed: InvariantMaker = ({ actors, truth, report }) => {
  const check = (facts: readonly LegFact[]): void => {
    for (const fact of facts) {
      if (fact.kind !== 'locked' || truth.swaps.has(fact.swapId)) continue;
      const owner = actors.find(({ party }) =>
        fact.ledger === 'ethereum'
          ? party.ethereum === fact.lock.owner
          : sameAccount(party.fabric, fact.terms.fabric.owner),
      );
      if (owner !== undefined)
        report('agreed', `${owner.name} locks on ${fact.ledger} under terms that it never agreed`);
    }
  };
  return {
    onFabricBlock: ({ facts }) => {
      check(facts);
    },
    onEthereumBlock: ({ facts, calls }) => {
      // What was signed for another chain is for another rule to tell.
      if (calls.every(({ terms }) => terms === undefined || terms.ethereum.chainId === CHAIN_ID))
        check(facts);
    },
  };
};
