import { longLedger, shortLedger } from '@midlock/client';
import type { EthereumModel } from '@midlock/client/model';
import type { Hex32, LedgerName, LegFact, SwapTerms } from '@midlock/protocol';

/** A swap as the simulator knows it: who is honest, and which terms were meant. */
export interface TrueSwap {
  readonly swapId: Hex32;
  readonly number: number;
  readonly terms: SwapTerms;
  readonly honest: { readonly initiator: boolean; readonly responder: boolean };
}

export type LegState = 'none' | 'locked' | 'claimed' | 'refunded' | 'declined';

/** What really happened, read from the models alone; no honest process has any part in it. */
export interface Truth {
  readonly swaps: ReadonlyMap<Hex32, TrueSwap>;
  add(swap: TrueSwap): void;
  /** Every swap of which a ledger tells, also those that nobody here has agreed. */
  told(ledger: LedgerName): Iterable<Hex32>;
  /** Facts of the canonical chain, oldest first. */
  facts(ledger: LedgerName, swapId: Hex32): readonly LegFact[];
  isFinal(fact: LegFact): boolean;
  /** What became of a leg, counting final facts alone where `final` says so. */
  leg(ledger: LedgerName, swapId: Hex32, final: boolean): LegState;
  /** Whether an honest owner's leg is locked. */
  hasStandingLock(): boolean;
  take(facts: readonly LegFact[]): void;
  /** When final blocks were replaced last, milliseconds of the run's clock; what was final before may be final no longer. */
  reversedMs: number | undefined;
  /** Reads the Ethereum chain anew after a reorg. */
  reread(): void;
}

export function createTruth(ethereum: EthereumModel): Truth {
  const swaps = new Map<Hex32, TrueSwap>();
  const known: Record<LedgerName, Map<Hex32, LegFact[]>> = {
    fabric: new Map(),
    ethereum: new Map(),
  };
  const facts = (ledger: LedgerName, swapId: Hex32): LegFact[] => known[ledger].get(swapId) ?? [];
  const isFinal = (fact: LegFact): boolean =>
    fact.ledger === 'fabric' || fact.at.height <= ethereum.finalizedHeight;

  function take(fresh: readonly LegFact[]): void {
    for (const fact of fresh) {
      const { ledger, swapId } = fact;
      known[ledger].set(swapId, [...facts(ledger, swapId), fact]);
    }
  }

  const leg: Truth['leg'] = (ledger, swapId, final) => {
    const counted = facts(ledger, swapId).filter((fact) => !final || isFinal(fact));
    const end = counted.find(({ kind }) => kind !== 'locked');
    if (end !== undefined && end.kind !== 'locked') return end.kind;
    return counted.length === 0 ? 'none' : 'locked';
  };

  return {
    swaps,
    reversedMs: undefined,
    add: (swap) => {
      swaps.set(swap.swapId, swap);
    },
    told: (ledger) => known[ledger].keys(),
    facts,
    isFinal,
    leg,
    hasStandingLock: () =>
      [...swaps.values()].some(
        ({ swapId, terms, honest }) =>
          (honest.initiator && leg(longLedger(terms), swapId, false) === 'locked') ||
          (honest.responder && leg(shortLedger(terms), swapId, false) === 'locked'),
      ),
    take,
    reread() {
      known.ethereum.clear();
      for (const block of ethereum.blocks) take(block.facts);
    },
  };
}
