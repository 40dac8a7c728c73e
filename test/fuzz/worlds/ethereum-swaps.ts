import {
  ETH,
  hashLockOf,
  parseAddress,
  swapIdOf,
  type Address,
  type Hex32,
  type SwapTerms,
} from '@midlock/protocol';
import { createMemorySigner, type EthereumSigner } from '@midlock/ledgers';
import { word } from '../targets/samples.ts';

/** The swaps of the model chain: what was done with each before the adapter looks. */
export const CHAIN_ID = 31_337n;
export const ESCROW_ADDRESS = `0x${'0e'.repeat(20)}` as Address;
export const FOREIGN_ADDRESS = `0x${'0f'.repeat(20)}` as Address;
export const TOKEN = `0x${'7a'.repeat(20)}` as Address;
export const SIGNER = remembering(createMemorySigner(new Uint8Array(32).fill(7)));
export const OWN = SIGNER.address;
export const OTHER = parseAddress(`0x${'0b'.repeat(20)}`, 'other');
export const GENESIS_SEC = 1_700_000_000n;
export const BLOCK_SEC = 12n;

export interface ModelSwap {
  readonly terms: SwapTerms;
  readonly swapId: Hex32;
  readonly secret: Uint8Array;
}

/** Locked by us; claimed by us; refunded to us; not locked; to be claimed by us; expired; in the pool; a token of ours, not locked. */
export const SWAPS: readonly ModelSwap[] = [
  swap(0, OWN, OTHER, ETH, 3_600n),
  swap(1, OTHER, OWN, ETH, 3_600n),
  swap(2, OWN, OTHER, ETH, 60n),
  swap(3, OWN, OTHER, ETH, 7_200n),
  swap(4, OTHER, OWN, TOKEN, 3_600n),
  swap(5, OWN, OTHER, ETH, 90n),
  swap(6, OWN, OTHER, ETH, 3_600n),
  swap(7, OWN, OTHER, TOKEN, 7_200n),
];

export function swapAt(index: number): ModelSwap {
  return SWAPS[Math.abs(Math.trunc(index)) % SWAPS.length] as ModelSwap;
}

function swap(
  n: number,
  owner: Address,
  beneficiary: Address,
  token: Address,
  afterSec: bigint,
): ModelSwap {
  const secret = new Uint8Array(32).fill(0x50 + n);
  const party = { mspId: 'Org1MSP', key: word('05') };
  const terms: SwapTerms = {
    version: 1,
    direction: 'ethereum-first',
    hashLock: hashLockOf(secret),
    nonce: word(`a${String(n)}`) as Hex32,
    fabric: {
      networkId: word('03') as Hex32,
      channel: 'swaps',
      chaincode: 'midlock',
      assetKind: 'fungible',
      assetId: 'gold',
      amount: 5n,
      owner: party as SwapTerms['fabric']['owner'],
      beneficiary: party as SwapTerms['fabric']['beneficiary'],
      expiresAtSec: GENESIS_SEC + afterSec - 30n,
    },
    ethereum: {
      chainId: CHAIN_ID,
      escrow: ESCROW_ADDRESS,
      token,
      amount: 1_000n + BigInt(n),
      owner,
      beneficiary,
      expiresAtSec: GENESIS_SEC + afterSec,
    },
  };
  return { terms, swapId: swapIdOf(terms), secret };
}

/** Signatures take most of an input's time and are the same for the same bytes. */
function remembering(signer: EthereumSigner): EthereumSigner {
  const signed = new Map<string, Promise<Uint8Array>>();
  return {
    ...signer,
    signTransaction: (transaction) => {
      const key = JSON.stringify(transaction, (_key, value: unknown) =>
        typeof value === 'bigint' ? String(value) : value,
      );
      const known = signed.get(key) ?? signer.signTransaction(transaction);
      if (signed.size > 2_000) signed.clear();
      signed.set(key, known);
      return known;
    },
  };
}
