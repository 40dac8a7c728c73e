import { hashLockOf, toHex32, type SwapTerms } from '@midlock/protocol';

/** Terms of one swap and what belongs to them; for tests. */
export const word = (byte: number) => toHex32(new Uint8Array(32).fill(byte));
export const secret = new Uint8Array(32).fill(4);
export const terms: SwapTerms = {
  version: 1,
  direction: 'fabric-first',
  hashLock: hashLockOf(secret),
  nonce: word(2),
  fabric: {
    networkId: word(3),
    channel: 'ch',
    chaincode: 'midlock',
    assetKind: 'fungible',
    assetId: 'EUR',
    amount: 5n,
    owner: { mspId: 'Org1MSP', key: word(5) },
    beneficiary: { mspId: 'Org2MSP', key: word(6) },
    expiresAtSec: 2_000_000_000n,
  },
  ethereum: {
    chainId: 1n,
    escrow: `0x${'0a'.repeat(20)}` as SwapTerms['ethereum']['escrow'],
    token: `0x${'00'.repeat(20)}` as SwapTerms['ethereum']['token'],
    amount: 7n,
    owner: `0x${'0b'.repeat(20)}` as SwapTerms['ethereum']['owner'],
    beneficiary: `0x${'0c'.repeat(20)}` as SwapTerms['ethereum']['beneficiary'],
    expiresAtSec: 1_999_999_000n,
  },
};
