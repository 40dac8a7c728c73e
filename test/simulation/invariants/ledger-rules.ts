import { memoSwapId as memo, type EthereumCall, type FabricProposal } from '@midlock/client/model';
import { CHAIN_ID, ESCROW } from '../terms.ts';
import type { InvariantMaker } from './invariant.ts';

/** S10: every call with an effect was signed for this chain and escrow. */
export const domain: InvariantMaker = ({ report }) => ({
  onEthereumBlock(block) {
    for (const { terms, action } of block.calls) {
      if (terms === undefined) continue;
      const { chainId, escrow } = terms.ethereum;
      if (chainId !== CHAIN_ID || escrow !== ESCROW)
        report('domain', `a ${action} signed for chain ${String(chainId)} was taken`);
    }
  },
});

/** S11: deadlines by each ledger's own clock, and stamps by every endorser's. */
export const time: InvariantMaker = ({ fabric, profile, report }) => {
  const { maxPastSec, maxFutureSec, gapSec } = profile.fabric;
  return {
    onEndorse({ stampSec, action }, mspIds) {
      for (const mspId of mspIds) {
        const endorser = fabric.organizations.find((candidate) => candidate.mspId === mspId);
        if (endorser === undefined || endorser.careless === true) continue;
        const clock = fabric.timeSec + endorser.offsetSec;
        if (stampSec < clock - maxPastSec || stampSec > clock + maxFutureSec)
          report(
            'time',
            `${mspId} endorsed a ${action} stamped ${String(stampSec - clock)} s from its clock`,
          );
      }
    },
    onFabricBlock(block) {
      for (const { proposal, code } of block.transactions) {
        if (code !== 'VALID') continue;
        const { action, stampSec, terms } = proposal;
        const late = stampSec - terms.fabric.expiresAtSec;
        if (action === 'claim' && late >= 0n) report('time', `Fabric claim ${String(late)} s late`);
        if (action === 'refund' && late < gapSec)
          report('time', `Fabric refund ${String(gapSec - late)} s early`);
      }
    },
    onEthereumBlock({ facts, calls, timeSec }) {
      for (const fact of facts) {
        const call = callOf(calls, fact.swapId, fact.kind);
        if (call?.terms === undefined) continue;
        const late = timeSec - call.terms.ethereum.expiresAtSec;
        if (fact.kind === 'claimed' && late >= 0n)
          report('time', `Ethereum claim ${String(late)} s late`);
        if (fact.kind === 'refunded' && fact.how === 'expiry' && late < 0n)
          report('time', `Ethereum refund ${String(-late)} s early`);
      }
    },
  };
};

/** S15: a leg is locked only with the time left that its ledger demands. */
export const parameters: InvariantMaker = ({ profile, report }) => {
  const checkFabric = ({ action, terms, stampSec }: FabricProposal): void => {
    if (action !== 'lock') return;
    const left = terms.fabric.expiresAtSec - stampSec;
    if (left < profile.fabric.commitSec)
      report('parameters', `Fabric lock with ${String(left)} s left`);
  };
  return {
    onFabricBlock(block) {
      for (const { proposal, code } of block.transactions)
        if (code === 'VALID') checkFabric(proposal);
    },
    onEthereumBlock({ facts, timeSec }) {
      for (const fact of facts) {
        if (fact.kind !== 'locked' || fact.ledger !== 'ethereum') continue;
        const left = fact.lock.expiresAtSec - timeSec;
        if (left < profile.ethereum.inclusionSec)
          report('parameters', `Ethereum lock with ${String(left)} s left`);
      }
    },
    onCommit(actor, { sessions = [] }) {
      for (const { session, expectedVersion } of sessions) {
        if (expectedVersion !== 0 || session.role === 'relayer') continue;
        const { terms } = session;
        const [long, short] =
          terms.direction === 'fabric-first'
            ? [terms.fabric.expiresAtSec, terms.ethereum.expiresAtSec]
            : [terms.ethereum.expiresAtSec, terms.fabric.expiresAtSec];
        const { party, fabric, ethereum } = profile;
        const actSec = 2n * (party.observeSec + fabric.commitSec);
        const roundSec = ethereum.reorgSpanSec + party.observeSec + ethereum.inclusionSec;
        const settleSec = ethereum.inclusionSec + party.thrownOut * roundSec;
        const least =
          terms.direction === 'fabric-first'
            ? ethereum.reorgSpanSec + actSec + party.skewSec
            : fabric.gapSec + party.skewSec + actSec + party.observeSec + settleSec + 1n;
        if (long - short < least)
          report(
            'parameters',
            `${actor.name} took deadlines ${String(long - short)} s apart, not ${String(least)}`,
          );
      }
    },
  };
};

function callOf(
  calls: readonly EthereumCall[],
  swapId: string,
  kind: string,
): EthereumCall | undefined {
  return calls.find(
    ({ terms, action }) =>
      terms !== undefined && ACTION_OF[action] === kind && memo(terms) === swapId,
  );
}

const ACTION_OF: Readonly<Record<string, string>> = {
  lock: 'locked',
  claim: 'claimed',
  refund: 'refunded',
  release: 'refunded',
};
