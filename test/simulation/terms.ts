import { createSeed, type SeedPort } from '@midlock/client';
import {
  ETH,
  hashLockOf,
  parseAddress,
  parseHex32,
  planTimelocks,
  secretDomain,
  type Address,
  type Direction,
  type FabricAccount,
  type SwapProfile,
  type SwapTerms,
} from '@midlock/protocol';

export const START_SEC = 1_800_000_000n;
export const GOLD = 'gold';
export const CHAIN_ID = 31337n;
export const ESCROW = parseAddress(`0x${'e'.repeat(40)}`, 'escrow');
const NETWORK = parseHex32(`0x${'7'.repeat(64)}`, 'networkId');

/** Who owns what: keys as the models know them. */
export interface Party {
  readonly name: string;
  readonly fabric: FabricAccount;
  readonly ethereum: Address;
  readonly seed: SeedPort;
}

function party(name: string, mspId: string, digit: string): Party {
  return {
    name,
    fabric: { mspId, key: parseHex32(`0x${digit.repeat(64)}`, 'key') },
    ethereum: parseAddress(`0x${digit.repeat(40)}`, 'address'),
    seed: createSeed(new Uint8Array(32).fill(digit.charCodeAt(0))),
  };
}

export const ALICE = party('alice', 'Org1MSP', '1');
export const BOB = party('bob', 'Org2MSP', '2');
export const RITA = party('rita', 'Org3MSP', '3');
export const RUDI = party('rudi', 'Org3MSP', '4');
export const ORGANIZATIONS = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;

export interface TermsWish {
  readonly number: number;
  readonly direction: Direction;
  readonly initiator: Party;
  readonly responder: Party;
  readonly amounts: { readonly fabric: bigint; readonly ethereum: bigint };
  /** Taken from the long deadline: terms that the planner would never write. */
  readonly shorterBySec?: bigint;
}

/** Terms as the planner makes them at `nowSec`. */
export function termsOf(wish: TermsWish, profile: SwapProfile, nowSec: bigint): SwapTerms {
  const { direction, initiator, responder, amounts, shorterBySec = 0n } = wish;
  const plan = planTimelocks({ direction, profile, nowSec });
  const fabricFirst = direction === 'fabric-first';
  const [fabricOwner, ethereumOwner] = fabricFirst
    ? [initiator, responder]
    : [responder, initiator];
  const nonce = parseHex32(`0x${wish.number.toString(16).padStart(64, '0')}`, 'nonce');
  const legs = {
    fabric: {
      networkId: NETWORK,
      channel: 'trade',
      chaincode: 'midlock',
      assetKind: 'fungible',
      assetId: GOLD,
      amount: amounts.fabric,
      owner: fabricOwner.fabric,
      beneficiary: ethereumOwner.fabric,
      expiresAtSec: plan.fabricExpiresAtSec - (fabricFirst ? shorterBySec : 0n),
    },
    ethereum: {
      chainId: CHAIN_ID,
      escrow: ESCROW,
      token: ETH,
      amount: amounts.ethereum,
      owner: ethereumOwner.ethereum,
      beneficiary: fabricOwner.ethereum,
      expiresAtSec: plan.ethereumExpiresAtSec - (fabricFirst ? 0n : shorterBySec),
    },
  } as const;
  const hashLock = hashLockOf(initiator.seed.secret(secretDomain(legs), nonce));
  return { version: 1, direction, hashLock, nonce, ...legs };
}

export function isInitiator({ fabric, ethereum }: Party, terms: SwapTerms): boolean {
  return terms.direction === 'fabric-first'
    ? terms.fabric.owner.key === fabric.key
    : terms.ethereum.owner === ethereum;
}
