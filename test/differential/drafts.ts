import { createHash } from 'node:crypto';
import fc from 'fast-check';
import {
  ETH,
  hashLockOf,
  toHex32,
  type Address,
  type AssetKind,
  type Hex32,
  type SwapTerms,
} from '@midlock/protocol';
import { CHANNEL } from '../../chaincode/src/testing/world.ts';
import { PARTIES } from './parties.ts';
import {
  ASSETS,
  ESCROW_SEC,
  FABRIC_LIMITS,
  FABRIC_PROFILE,
  UNKNOWN_ASSET,
  WHOLE_ASSETS,
} from './rules.ts';

/** What two parties write down, relative to the moment in which they do. */
export interface Draft {
  readonly direction: SwapTerms['direction'];
  /** Owner on Fabric and owner on Ethereum, each the other's beneficiary. */
  readonly pair: readonly ['alice' | 'bob' | 'carol', 'alice' | 'bob'];
  readonly asset: string;
  readonly kind: AssetKind;
  readonly fabricAmount: bigint;
  readonly ether: boolean;
  readonly ethereumAmount: bigint;
  /** Seconds to the short leg's deadline, and from there to the long leg's beyond the least margin. */
  readonly shortSec: bigint;
  readonly spareSec: bigint;
  readonly foreign: boolean;
}

const FOREIGN_NETWORK = `0x${'cd'.repeat(32)}` as Hex32;

/** A swap on paper, with the secret of its initiator. */
export interface Swap {
  readonly terms: SwapTerms;
  readonly secret: Uint8Array;
}

const mostly = <T>(usual: fc.Arbitrary<T>, odd: fc.Arbitrary<T>): fc.Arbitrary<T> =>
  fc.oneof({ weight: 9, arbitrary: usual }, { weight: 1, arbitrary: odd });

type Times = Pick<Draft, 'direction' | 'shortSec' | 'spareSec'>;

const usualTimes: fc.Arbitrary<Times> = fc.record({
  direction: fc.constantFrom('fabric-first', 'ethereum-first'),
  shortSec: fc.bigInt(8n, 40n),
  spareSec: fc.bigInt(0n, 12n),
});

/** Deadlines about each limit: escrow's least and greatest duration, the chaincode's, and the least margin. */
const edgeTimes: fc.Arbitrary<Times> = fc
  .oneof(
    around('fabric-first', ESCROW_SEC.min),
    around('fabric-first', ESCROW_SEC.max),
    around('ethereum-first', ESCROW_SEC.max - FABRIC_LIMITS.marginSec['ethereum-first']),
    around('ethereum-first', FABRIC_PROFILE.commitSec),
    around('fabric-first', FABRIC_LIMITS.maxDurationSec - FABRIC_LIMITS.marginSec['fabric-first']),
    fc.constantFrom<Times>(
      { direction: 'fabric-first', shortSec: 20n, spareSec: -1n },
      { direction: 'ethereum-first', shortSec: 20n, spareSec: -1n },
    ),
  )
  .filter(({ shortSec }) => shortSec >= 0n);

function around(direction: Times['direction'], shortSec: bigint): fc.Arbitrary<Times> {
  return fc.record({
    direction: fc.constant(direction),
    shortSec: fc.bigInt(shortSec - 1n, shortSec + 1n),
    spareSec: fc.constant(0n),
  });
}

const notes = fc.record({
  kind: fc.constant<AssetKind>('fungible'),
  asset: mostly(fc.constantFrom<string>(...ASSETS), fc.constant(UNKNOWN_ASSET)),
  fabricAmount: mostly(fc.bigInt(1n, 40n), fc.constantFrom(150n, 151n, 10_000n)),
});

/** Mostly under the kind that it has. */
const wholes = fc
  .tuple(
    fc.constantFrom(...WHOLE_ASSETS),
    mostly(fc.constant(true), fc.constant(false)),
    mostly(fc.constant(true), fc.constant(false)),
  )
  .map(([{ assetId, kind }, known, right]) => {
    const other: AssetKind = kind === 'unique' ? 'evidence' : 'unique';
    return {
      kind: right ? kind : other,
      asset: known ? assetId : UNKNOWN_ASSET,
      fabricAmount: 1n,
    };
  });

const others = fc.record({
  pair: fc.constantFrom<Draft['pair']>(
    ['alice', 'bob'],
    ['bob', 'alice'],
    ['carol', 'alice'],
    ['carol', 'bob'],
  ),
  ether: fc.boolean(),
  ethereumAmount: mostly(
    fc.bigInt(1n, 400n),
    fc.constantFrom(1_000n, 1_001n, (1n << 96n) - 1n, 1n << 96n),
  ),
  foreign: fc.integer({ min: 0, max: 24 }).map((roll) => roll === 0),
});

export const draftArbitrary: fc.Arbitrary<Draft> = fc
  .tuple(
    fc.oneof({ weight: 4, arbitrary: usualTimes }, { weight: 1, arbitrary: edgeTimes }),
    fc.oneof({ weight: 5, arbitrary: notes }, { weight: 1, arbitrary: wholes }),
    others,
  )
  .map(([times, goods, rest]) => ({ ...times, ...goods, ...rest }));

/** The terms of a draft written at `nowSec`. Swaps with different numbers differ in nonce and secret. */
export function writeTerms(
  draft: Draft,
  number: number,
  nowSec: bigint,
  place: { readonly chainId: bigint; readonly escrow: Address; readonly token: Address },
): Swap {
  const secret = Uint8Array.from(createHash('sha256').update(`secret ${number}`).digest());
  const [fabricOwner, ethereumOwner] = draft.pair;
  const shortSec = nowSec + draft.shortSec;
  const longSec = shortSec + FABRIC_LIMITS.marginSec[draft.direction] + draft.spareSec;
  const isFabricLong = draft.direction === 'fabric-first';
  return {
    secret,
    terms: {
      version: 1,
      direction: draft.direction,
      hashLock: hashLockOf(secret),
      nonce: toHex32(createHash('sha256').update(`nonce ${number}`).digest()),
      fabric: {
        networkId: draft.foreign ? FOREIGN_NETWORK : FABRIC_LIMITS.networkId,
        channel: CHANNEL,
        chaincode: 'midlock',
        assetKind: draft.kind,
        assetId: draft.asset,
        amount: draft.fabricAmount,
        owner: PARTIES[fabricOwner].fabric.account,
        beneficiary: PARTIES[ethereumOwner].fabric.account,
        expiresAtSec: isFabricLong ? longSec : shortSec,
      },
      ethereum: {
        chainId: place.chainId,
        escrow: place.escrow,
        token: draft.ether ? ETH : place.token,
        amount: draft.ethereumAmount,
        owner: PARTIES[ethereumOwner].ethereum,
        beneficiary: PARTIES[fabricOwner].ethereum,
        expiresAtSec: isFabricLong ? shortSec : longSec,
      },
    },
  };
}

/** One thing of the terms that somebody names wrongly. */
export type Alteration = 'none' | 'amount' | 'asset' | 'beneficiary';

export function alter(terms: SwapTerms, alteration: Alteration, token: Address): SwapTerms {
  const { fabric, ethereum } = terms;
  switch (alteration) {
    case 'none':
      return terms;
    case 'amount':
      return {
        ...terms,
        // Of a whole asset there is one: other terms cannot be written.
        fabric: {
          ...fabric,
          amount: fabric.assetKind === 'fungible' ? fabric.amount + 1n : fabric.amount,
        },
        ethereum: { ...ethereum, amount: ethereum.amount + 1n },
      };
    case 'asset':
      return {
        ...terms,
        fabric: { ...fabric, assetId: fabric.assetId === 'EUR' ? 'OIL' : 'EUR' },
        ethereum: { ...ethereum, token: ethereum.token === ETH ? token : ETH },
      };
    case 'beneficiary':
      return {
        ...terms,
        fabric: { ...fabric, beneficiary: PARTIES.carol.fabric.account },
        ethereum: { ...ethereum, beneficiary: PARTIES.mallory.ethereum },
      };
  }
}
