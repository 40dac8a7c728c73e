import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hashLockOf,
  isMidlockError,
  parseTerms,
  swapIdOf,
  termsToJson,
  toHex,
  type MidAccountJson,
} from '@midlock/protocol';
import {
  parseChaincodeConfig,
  parseConservation,
  parseEndorserTime,
  parseEventPayload,
  parseMadeNotes,
  parseMidAccount,
  parseNotes,
  parseUniqueAsset,
  parseUniqueAssets,
} from './answers.ts';

const word = (byte: string) => `0x${byte.repeat(32)}`;
const secret = Uint8Array.from({ length: 32 }, (_, i) => i);
const terms = parseTerms({
  version: 1,
  direction: 'fabric-first',
  hashLock: hashLockOf(secret),
  nonce: word('02'),
  fabric: {
    networkId: word('03'),
    channel: 'ch',
    chaincode: 'midlock',
    assetKind: 'fungible',
    assetId: 'EUR',
    amount: '5',
    owner: `Org1MSP:${word('04')}`,
    beneficiary: `Org2MSP:${word('05')}`,
    expiresAtSec: '2000000000',
  },
  ethereum: {
    chainId: '31337',
    escrow: `0x${'0a'.repeat(20)}`,
    token: `0x${'00'.repeat(20)}`,
    amount: '7',
    owner: `0x${'0b'.repeat(20)}`,
    beneficiary: `0x${'0c'.repeat(20)}`,
    expiresAtSec: '1999999000',
  },
});
const claimed: MidAccountJson = {
  schema: 1,
  swapId: swapIdOf(terms),
  state: 'claimed',
  terms: termsToJson(terms),
  rules: { maxPastSec: '60', maxFutureSec: '10', gapSec: '120', configVersion: '1' },
  lockedAtSec: '1999990000',
  lockTxId: 'ab'.repeat(32),
  settledAtSec: '1999990010',
  settleTxId: 'cd'.repeat(32),
  secret: toHex(secret),
};
const deed = {
  schema: 1,
  kind: 'unique',
  id: 'deed',
  issuer: 'Org1MSP:a',
  holder: 'Org1MSP:b',
  contentHash: word('0d'),
};
const bytesOf = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));

describe('answers of the chaincode', () => {
  it('reads a mid-account', () => {
    expect(parseMidAccount(bytesOf(claimed))).toMatchObject({
      state: 'claimed',
      secret,
      gapSec: 120n,
    });
  });

  it('refuses a mid-account with any damaged or contradicting member', () => {
    const withoutSecret = { ...claimed, secret: undefined };
    const broken: unknown[] = [
      withoutSecret,
      { ...claimed, state: 'locked' },
      { ...claimed, state: 'stolen' },
      { ...claimed, schema: 2 },
      { ...claimed, secret: word('AB') },
      { ...claimed, secret: '0x01' },
      { ...claimed, lockTxId: 'ab' },
      { ...claimed, lockedAtSec: 1 },
      { ...claimed, rules: null },
      { ...claimed, terms: { ...termsToJson(terms), extra: 1 } },
    ];
    for (const answer of broken)
      expect(() => parseMidAccount(bytesOf(answer))).toThrow('ENDPOINT_LIED');
  });

  it.each([
    ['mid-account.state', parseMidAccount, { ...claimed, state: 'stolen', secret: undefined }],
    ['asset.kind', parseUniqueAsset, { ...deed, kind: 'gold' }],
    ['asset.holder', parseUniqueAsset, { ...deed, holder: 7 }],
    ['asset.holder', parseUniqueAsset, { ...deed, holder: 'x'.repeat(4097) }],
    ['transaction id', parseMidAccount, { ...claimed, lockTxId: 'AB'.repeat(32) }],
    ['mid-account.rules', parseMidAccount, { ...claimed, rules: [claimed.rules.gapSec] }],
    ['page.items', parseUniqueAssets, { schema: 1, items: { length: 0 }, bookmark: '' }],
    ['answer', parseUniqueAsset, [deed]],
  ] as const)('names %s when that alone is wrong', (what, parse, answer) => {
    expect(() => parse(bytesOf(answer))).toThrow(
      expect.objectContaining({ code: 'ENDPOINT_LIED', data: { what } }),
    );
  });

  it('reads what stands beside the damaged members', () => {
    expect(parseUniqueAsset(bytesOf(deed))).toEqual(deed);
    expect(parseUniqueAssets(bytesOf({ schema: 1, items: [deed], bookmark: '' })).items).toEqual([
      deed,
    ]);
  });

  it('names an answer that is no JSON, and one in other bytes than UTF-8', () => {
    for (const answer of [new TextEncoder().encode('{'), Uint8Array.of(0x22, 0xff, 0x22)])
      expect(() => parseUniqueAsset(answer)).toThrow(
        expect.objectContaining({ data: { what: 'answer is not JSON' } }),
      );
  });

  it('refuses an answer of more than 4 MiB, however well formed', () => {
    const padded = { ...claimed, padding: 'x'.repeat(4 << 20) };
    expect(() => parseMidAccount(Buffer.from(JSON.stringify(padded)))).toThrow('ENDPOINT_LIED');
    const small = { ...claimed, padding: 'x' };
    expect(parseMidAccount(Buffer.from(JSON.stringify(small))).state).toBe('claimed');
  });

  it('reads the events of swaps and passes over those of assets', () => {
    const swapId = swapIdOf(terms);
    const changes = parseEventPayload(
      bytesOf({
        schema: 1,
        events: [
          { type: 'asset', action: 'mint', assetId: 'EUR' },
          { type: 'locked', swapId, terms: termsToJson(terms), rules: claimed.rules },
          { type: 'claimed', swapId, secret: toHex(secret) },
          { type: 'released', swapId },
        ],
      }),
    );
    expect(changes.map(({ type }) => type)).toEqual(['locked', 'claimed', 'released']);
    expect(() =>
      parseEventPayload(bytesOf({ schema: 1, events: [{ type: 'burnt', swapId }] })),
    ).toThrow('ENDPOINT_LIED');
  });

  it('fails with ENDPOINT_LIED and nothing else, whatever a peer answers', () => {
    const parsers = [
      parseMidAccount,
      parseEventPayload,
      parseNotes,
      parseMadeNotes,
      parseUniqueAsset,
      parseUniqueAssets,
      parseConservation,
      parseChaincodeConfig,
      parseEndorserTime,
    ];
    const json = fc.oneof(
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify({ ...claimed, terms: value })),
      fc
        .dictionary(
          fc.constantFrom(...Object.keys(claimed), 'items', 'events', 'notes'),
          fc.jsonValue(),
        )
        .map((d) => JSON.stringify({ schema: 1, ...d })),
    );
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      json.map((text) => new TextEncoder().encode(text)),
    );
    fc.assert(
      fc.property(bytes, (answer) => {
        for (const parse of parsers) {
          try {
            parse(answer);
          } catch (error) {
            expect(isMidlockError(error, 'ENDPOINT_LIED')).toBe(true);
          }
        }
      }),
      { seed: 10, numRuns: 1_500 },
    );
  });
});
