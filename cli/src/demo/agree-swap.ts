import {
  acceptSwap,
  createSwap,
  planSwap,
  systemRandom,
  type Order,
  type TermsFile,
} from '@midlock/client';
import { ETH, MidlockError, parseAddress, type Address, type SwapProfile } from '@midlock/protocol';
import { TOKEN_SYMBOL, type DevelopmentNetworks } from '../networks/development.ts';
import type { OpenParty } from '../party/open-party.ts';

export interface AgreedDeadlines {
  readonly slackSec: bigint;
  readonly finishDespiteReorg: boolean;
  /** Figures to plan with, where deadlines are to be later than the initiator's own profile asks for. */
  readonly profile?: SwapProfile;
}

/** Both parties sign the same terms; deadlines come from the planner. Throws ORDERS_ROW_INVALID for an unknown token. */
export async function agreeSwap(
  networks: DevelopmentNetworks,
  initiator: OpenParty,
  responder: OpenParty,
  order: Order,
  deadlines: AgreedDeadlines,
): Promise<TermsFile> {
  const heads = await Promise.all([initiator.fabric.head(), initiator.ethereum.head()]);
  const nowSec = heads.map(({ timeSec }) => timeSec).reduce((a, b) => (a > b ? a : b));
  const { profile } = initiator;
  const plan = planSwap({
    direction: order.direction,
    profile,
    nowSec,
    ...deadlines,
  });
  const { channel, chaincode } = networks.description.fabric;
  const drawn = await createSwap(
    {
      plan,
      fabric: { networkId: networks.networkId, channel, chaincode, ...order.fabric },
      ethereum: {
        chainId: BigInt(networks.description.ethereum.chainId),
        escrow: networks.escrow,
        token: tokenOf(order, networks),
        amount: order.ethereum.amount,
      },
      initiator: initiator.accounts,
      responder: responder.accounts,
    },
    // The file is durable when it lies in the inboxes; the nonce is of no use to anybody before.
    { seed: initiator.seed, random: systemRandom, save: () => Promise.resolve() },
  );
  const half = await acceptSwap(drawn, initiator.signers, { profile, nowSec });
  return acceptSwap(half, responder.signers, { profile, nowSec });
}

function tokenOf({ ethereum: { token }, row }: Order, networks: DevelopmentNetworks): Address {
  if (token === 'ETH') return ETH;
  const known = networks.description.ethereum.tokens?.[token];
  if (known === undefined && !token.startsWith('0x'))
    throw new MidlockError('ORDERS_ROW_INVALID', {
      row,
      column: 'ethereum_token',
      expected: `ETH, ${TOKEN_SYMBOL} or an address`,
    });
  return parseAddress((known ?? token).toLowerCase(), 'token');
}
