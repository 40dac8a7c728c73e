import fc from 'fast-check';
import {
  MAX_AMOUNT,
  PROFILES,
  type Direction,
  type SwapProfile,
  type SwapTermsJson,
} from '../index.ts';

const hex = (bytes: number) =>
  fc
    .uint8Array({ minLength: bytes, maxLength: bytes })
    .map((value) => `0x${Buffer.from(value).toString('hex')}`);
const nonZeroHex = (bytes: number) => hex(bytes).filter((value) => !/^0x0*$/.test(value));
const decimal = (min: bigint, max: bigint) => fc.bigInt({ min, max }).map(String);
const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,20}$/);
const account = fc
  .tuple(fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9.-]{0,20}$/), hex(32))
  .map(([mspId, key]) => `${mspId}:${key}`);
const seconds = decimal(1n, (1n << 40n) - 1n);

export const direction: fc.Arbitrary<Direction> = fc.constantFrom('fabric-first', 'ethereum-first');

/** Valid terms as JSON members. */
export const termsJson: fc.Arbitrary<SwapTermsJson> = fc.record({
  version: fc.constant(1 as const),
  direction,
  hashLock: nonZeroHex(32),
  nonce: hex(32),
  fabric: fc
    .record({
      networkId: nonZeroHex(32),
      channel: name,
      chaincode: name,
      assetKind: fc.constantFrom('fungible', 'unique', 'evidence'),
      assetId: name,
      amount: decimal(1n, MAX_AMOUNT),
      owner: account,
      beneficiary: account,
      expiresAtSec: seconds,
    })
    .map((leg) => (leg.assetKind === 'fungible' ? leg : { ...leg, amount: '1' })),
  ethereum: fc.record({
    chainId: decimal(1n, (1n << 64n) - 1n),
    escrow: nonZeroHex(20),
    token: hex(20),
    amount: decimal(1n, MAX_AMOUNT),
    owner: nonZeroHex(20),
    beneficiary: nonZeroHex(20),
    expiresAtSec: seconds,
  }),
});

const sec = (max: bigint, min = 0n) => fc.bigInt({ min, max });

/** Valid profiles, the published ones among them. */
export const profile: fc.Arbitrary<SwapProfile> = fc.oneof(
  fc.constantFrom(...PROFILES),
  fc
    .record({
      commitSec: sec(60n, 1n),
      skewSec: sec(30n),
      slackPastSec: sec(60n),
      maxFutureSec: sec(30n),
      slackGapSec: sec(200n),
      inclusionSec: sec(300n, 1n),
      reorgSpanSec: sec(3600n),
      slackFinalitySec: sec(600n),
      observeSec: sec(600n),
      thrownOut: sec(3n),
      resentByOthers: fc.boolean(),
    })
    .map((figures) => ({
      name: 'arbitrary',
      fabric: {
        commitSec: figures.commitSec,
        maxPastSec: 2n * figures.skewSec + figures.commitSec + figures.slackPastSec,
        maxFutureSec: figures.maxFutureSec,
        gapSec: figures.maxFutureSec + figures.slackGapSec,
      },
      ethereum: {
        inclusionSec: figures.inclusionSec,
        reorgSpanSec: figures.reorgSpanSec,
        finalitySec: figures.reorgSpanSec + figures.slackFinalitySec,
      },
      party: {
        observeSec: figures.observeSec,
        skewSec: figures.skewSec,
        thrownOut: figures.thrownOut,
        resentByOthers: figures.resentByOthers,
      },
    })),
);
