import type { Endorser } from '../endorser/endorser.ts';
import type { GatewayContext } from './context.ts';

/**
 * The peers that can run a chaincode now, by organisation. All hold the same ledger, so the gateway's own peer comes
 * first in its organisation and the others in the order of their names.
 */
export function availablePeers(
  { peer, endorsers, isUp }: GatewayContext,
  chaincode: string,
): ReadonlyMap<string, readonly Endorser[]> {
  const found = new Map<string, Endorser[]>();
  for (const endorser of [peer, ...endorsers.filter((other) => other !== peer)]) {
    if (!isUp(endorser) || !endorser.serves(chaincode)) continue;
    const { mspId } = endorser.options;
    const peers = found.get(mspId) ?? [];
    found.set(mspId, [...peers, endorser]);
  }
  return found;
}
