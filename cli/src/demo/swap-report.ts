import type { Direction, Hex32, LegFact, LegView, SwapTerms } from '@midlock/protocol';
import { swapIdOf } from '@midlock/protocol';
import type { OpenParty } from '../party/open-party.ts';
import type { SeenFact } from './observer.ts';

/** A swap as `demo --json` shows it; everything in it was read from the ledgers. */
export interface SwapReport {
  readonly id: Hex32;
  readonly direction: Direction;
  readonly outcome: 'settled' | 'refunded' | 'open' | 'lost';
  readonly interrupted: boolean;
  /** Milliseconds from the plan to the moment the fact was seen in a block. */
  readonly phasesMs: Readonly<Record<string, number>>;
  /** Gas used by each Ethereum transaction of the swap. */
  readonly gas: Readonly<Record<string, number>>;
  readonly fabricTxIds: readonly string[];
  readonly ethereumTxHashes: readonly string[];
}

export interface PlannedSwap {
  readonly title: string;
  readonly terms: SwapTerms;
  readonly plannedAtMs: number;
  interrupted: boolean;
}

/** Reads both legs and every transaction of a swap. */
export async function reportSwap(
  swap: PlannedSwap,
  facts: readonly SeenFact[],
  reader: OpenParty,
): Promise<SwapReport> {
  const { terms, plannedAtMs, interrupted } = swap;
  const [fabric, ethereum] = await Promise.all([
    reader.fabric.leg(terms),
    reader.ethereum.leg(terms),
  ]);
  const onEthereum = facts.filter(({ fact }) => fact.ledger === 'ethereum');
  const gas = await Promise.all(
    onEthereum.map(async ({ fact }) => [nameOf(fact), await gasOf(fact, reader)] as const),
  );
  const txIds = (ledger: 'fabric' | 'ethereum') =>
    facts.filter(({ fact }) => fact.ledger === ledger).map(({ fact }) => fact.at.txId);
  return {
    id: swapIdOf(terms),
    direction: terms.direction,
    outcome: outcomeOf(fabric, ethereum),
    interrupted,
    phasesMs: Object.fromEntries(
      facts.map(({ fact, atMs }) => [nameOf(fact), Math.round(atMs - plannedAtMs)]),
    ),
    gas: Object.fromEntries(gas),
    fabricTxIds: txIds('fabric'),
    ethereumTxHashes: txIds('ethereum'),
  };
}

function outcomeOf(fabric: LegView, ethereum: LegView): SwapReport['outcome'] {
  const final = [fabric, ethereum].every((leg) => leg.state === 'none' || leg.final);
  if (!final) return 'open';
  if (fabric.state === 'claimed' && ethereum.state === 'claimed') return 'settled';
  const back = [fabric, ethereum].every(
    ({ state }) => state === 'refunded' || state === 'none' || state === 'declined',
  );
  if (back && (fabric.state !== 'none' || ethereum.state !== 'none')) return 'refunded';
  const ended = [fabric, ethereum].every(
    ({ state }) => state === 'claimed' || state === 'refunded',
  );
  return ended ? 'lost' : 'open';
}

async function gasOf(fact: LegFact, reader: OpenParty): Promise<number> {
  const outcome = await reader.ethereum.outcome({
    ledger: 'ethereum',
    txId: fact.at.txId,
    bytes: new Uint8Array(),
  });
  return outcome.kind === 'valid' ? Number(outcome.gasUsed ?? 0n) : 0;
}

/** `fabricLocked`, `ethereumClaimed`, ... */
function nameOf(fact: LegFact): string {
  return `${fact.ledger}${fact.kind.charAt(0).toUpperCase()}${fact.kind.slice(1)}`;
}
