import {
  swapIdOf,
  type LedgerName,
  type LedgerUpdate,
  type LegFact,
  type LegView,
  type SwapTerms,
} from '@midlock/protocol';

/**
 * A leg as queried, turned into the updates that a watcher would have reported. Only what is final is taken: the rest
 * comes through the watcher, which alone can take it back. A secret needs no finality and is always taken.
 */
export function legFacts(
  view: LegView,
  terms: SwapTerms,
  ledger: LedgerName,
  { alsoUnsettled = false }: { readonly alsoUnsettled?: boolean } = {},
): readonly LedgerUpdate[] {
  if (view.state === 'none') return [];
  const { at } = view;
  const secret: LedgerUpdate[] =
    view.state === 'claimed'
      ? [{ kind: 'secret', ledger, hashLock: terms.hashLock, secret: view.secret }]
      : [];
  const fact = factOf(view, terms, ledger);
  if ((!view.final && !alsoUnsettled) || fact === undefined) return secret;
  const block: LedgerUpdate = {
    kind: 'block',
    block: {
      ledger,
      height: at.height,
      hash: at.blockHash,
      parentHash: '',
      timeSec: at.timeSec,
      facts: [fact],
    },
  };
  if (!view.final) return [...secret, block];
  return [
    ...secret,
    block,
    { kind: 'finalized', ledger, height: at.height, hash: at.blockHash, timeSec: at.timeSec },
  ];
}

function factOf(
  view: Exclude<LegView, { state: 'none' }>,
  terms: SwapTerms,
  ledger: LedgerName,
): LegFact | undefined {
  const { at } = view;
  const swapId = swapIdOf(terms);
  switch (view.state) {
    case 'locked':
      if (ledger === 'fabric') return { kind: 'locked', ledger, swapId, terms, at };
      return view.lock === undefined
        ? undefined
        : { kind: 'locked', ledger, swapId, lock: view.lock, at };
    case 'claimed':
      return { kind: 'claimed', ledger, swapId, secret: view.secret, at };
    case 'refunded':
      return { kind: 'refunded', ledger, swapId, how: 'expiry', at };
    case 'declined':
      return { kind: 'declined', ledger: 'fabric', swapId, terms, at };
  }
}
