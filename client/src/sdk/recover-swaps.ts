import {
  sameAccount,
  type EthereumLock,
  type Hex32,
  type LedgerUpdate,
  type SwapTerms,
} from '@midlock/protocol';
import type { LedgerPort } from '../ports.ts';
import type { PartyAccounts } from '../terms-file/terms-file.ts';

/** A swap found on the ledgers. Terms come from Fabric; an Ethereum lock alone carries what its own refund needs. */
export interface RecoveredSwap {
  readonly swapId: Hex32;
  readonly terms?: SwapTerms;
  readonly ethereumLock?: EthereumLock;
  /** What the ledgers say became of each leg. */
  readonly fabric: 'none' | 'locked' | 'claimed' | 'refunded' | 'declined';
  readonly ethereum: 'none' | 'locked' | 'claimed' | 'refunded';
}

/**
 * Reads both ledgers from the adapters' start blocks to their heads and returns every swap of a party, oldest first.
 * Cost: one pass over the ledgers' events. Throws ENDPOINT_UNREACHABLE.
 */
export async function recoverSwaps(
  accounts: PartyAccounts,
  ports: { readonly fabric: LedgerPort; readonly ethereum: LedgerPort },
  signal: AbortSignal,
): Promise<readonly RecoveredSwap[]> {
  const found = new Map<Hex32, RecoveredSwap>();
  for (const port of [ports.fabric, ports.ethereum]) {
    for await (const update of upToHead(port, signal)) note(found, update);
  }
  return [...found.values()].filter((swap) => concerns(swap, accounts));
}

async function* upToHead(port: LedgerPort, signal: AbortSignal): AsyncGenerator<LedgerUpdate> {
  const { height, hash } = await port.head();
  const stop = new AbortController();
  let reached = false;
  try {
    for await (const update of port.watch(undefined, AbortSignal.any([signal, stop.signal]))) {
      yield update;
      // Blocks without facts may be left out on the way, so that either the head itself or anything above it is the end.
      if (update.kind === 'block')
        reached = update.block.height >= height || update.block.hash === hash;
      if (update.kind === 'finalized') reached ||= update.height >= height;
      if (reached) return;
    }
  } finally {
    stop.abort();
  }
}

function note(found: Map<Hex32, RecoveredSwap>, update: LedgerUpdate): void {
  if (update.kind !== 'block') return;
  for (const fact of update.block.facts) {
    const known = found.get(fact.swapId) ?? {
      swapId: fact.swapId,
      fabric: 'none',
      ethereum: 'none',
    };
    const terms = 'terms' in fact ? { terms: fact.terms } : {};
    const lock = 'lock' in fact ? { ethereumLock: fact.lock } : {};
    found.set(fact.swapId, { ...known, ...terms, ...lock, [fact.ledger]: fact.kind });
  }
}

function concerns(
  { terms, ethereumLock }: RecoveredSwap,
  { fabric, ethereum }: PartyAccounts,
): boolean {
  const inTerms =
    terms !== undefined &&
    (sameAccount(terms.fabric.owner, fabric) || sameAccount(terms.fabric.beneficiary, fabric));
  return inTerms || ethereumLock?.owner === ethereum || ethereumLock?.beneficiary === ethereum;
}
