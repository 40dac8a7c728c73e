import { ETH } from '@midlock/protocol';
import type { PartyName } from './cast.ts';
import type { Stage } from './stage.ts';

/** What the settled swaps gave and took, minor units; gas is left out. */
export interface Changes {
  readonly gold: bigint;
  readonly tokens: bigint;
  readonly ether: bigint;
}

/** Sums a party's settled swaps; gold that was issued for a swap counts as had from then on. */
export function expectedChanges(stage: Stage, party: PartyName): Changes {
  const sum = { gold: 0n, tokens: 0n, ether: 0n };
  for (const { swap, outcome } of stage.played) {
    const { terms, initiator, responder } = swap;
    const [goldOwner, etherOwner] =
      terms.direction === 'fabric-first' ? [initiator, responder] : [responder, initiator];
    const gold = terms.fabric.assetKind === 'fungible' ? terms.fabric.amount : 0n;
    if (goldOwner === party) sum.gold += gold;
    if (outcome !== 'settled') continue;
    const kind = terms.ethereum.token === ETH ? 'ether' : 'tokens';
    if (goldOwner === party) sum.gold -= gold;
    if (etherOwner === party) sum[kind] -= terms.ethereum.amount;
    const beneficiary = goldOwner === initiator ? responder : initiator;
    if (beneficiary === party) sum.gold += gold;
    if (goldOwner === party) sum[kind] += terms.ethereum.amount;
  }
  return sum;
}
