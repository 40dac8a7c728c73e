import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import vectors from '../../vectors/swap-ids.json' with { type: 'json' };
import {
  isMidlockError,
  parseFabricLeg,
  parseName,
  parseTerms,
  parseTermsText,
  swapIdOf,
  termsText,
  termsToJson,
  type SwapTermsJson,
} from './index.ts';
import { termsJson } from './testing/arbitraries.ts';

const RUNS = { seed: 1, numRuns: 400 };
const base = vectors.cases[0]?.terms as SwapTermsJson;

type Path = readonly ['fabric' | 'ethereum' | undefined, string];

function withField([leg, field]: Path, value: unknown): unknown {
  if (leg === undefined) return { ...base, [field]: value };
  return { ...base, [leg]: { ...base[leg], [field]: value } };
}

function codeOf(value: unknown): string {
  try {
    parseTerms(value);
    return 'accepted';
  } catch (error) {
    return isMidlockError(error) ? error.code : `fault: ${String(error)}`;
  }
}

const paths: readonly Path[] = [
  ...(['version', 'direction', 'hashLock', 'nonce', 'fabric', 'ethereum'] as const).map(
    (field): Path => [undefined, field],
  ),
  ...Object.keys(base.fabric).map((field): Path => ['fabric', field]),
  ...Object.keys(base.ethereum).map((field): Path => ['ethereum', field]),
];

describe('parseTerms', () => {
  it('reads back what termsToJson and termsText write', () => {
    fc.assert(
      fc.property(termsJson, (json) => {
        const terms = parseTerms(json);
        expect(termsToJson(terms)).toEqual(json);
        expect(parseTerms(termsToJson(terms))).toEqual(terms);
        expect(parseTermsText(termsText(terms))).toEqual(terms);
        expect(termsText(parseTermsText(termsText(terms)))).toBe(termsText(terms));
      }),
      RUNS,
    );
  });

  it('gives another id when any field changes', () => {
    const changed: readonly (readonly [Path, string])[] = [
      [
        [undefined, 'direction'],
        base.direction === 'fabric-first' ? 'ethereum-first' : 'fabric-first',
      ],
      [[undefined, 'hashLock'], `0x${'12'.repeat(32)}`],
      [[undefined, 'nonce'], `0x${'12'.repeat(32)}`],
      [['fabric', 'networkId'], `0x${'12'.repeat(32)}`],
      [['fabric', 'channel'], 'other'],
      [['fabric', 'chaincode'], 'other'],
      [['fabric', 'assetId'], 'other'],
      [['fabric', 'amount'], '7'],
      [['fabric', 'owner'], `OtherMSP:0x${'12'.repeat(32)}`],
      [['fabric', 'beneficiary'], `OtherMSP:0x${'12'.repeat(32)}`],
      [['fabric', 'expiresAtSec'], '7'],
      ...['escrow', 'token', 'owner', 'beneficiary'].map((field): [Path, string] => [
        ['ethereum', field],
        `0x${'12'.repeat(20)}`,
      ]),
      ...['chainId', 'amount', 'expiresAtSec'].map((field): [Path, string] => [
        ['ethereum', field],
        '7',
      ]),
    ];
    const ids = changed.map(([path, value]) => swapIdOf(parseTerms(withField(path, value))));
    ids.push(swapIdOf(parseTerms(base)));
    ids.push(
      swapIdOf(
        parseTerms({ ...base, fabric: { ...base.fabric, assetKind: 'unique', amount: '1' } }),
      ),
    );
    expect(new Set(ids).size).toBe(changed.length + 2);
    expect(changed.length + 1).toBe(paths.length - 3);
  });

  it.each(paths)('refuses a missing, null, numeric, nested or padded %s.%s', (leg, field) => {
    for (const value of [undefined, null, 7, {}, [], '', ' ', 'x\u0000', '🂡'])
      expect(codeOf(withField([leg, field], value))).toMatch(
        /^(TERMS_FIELD_INVALID|TERMS_VERSION_UNKNOWN|AMOUNT_INVALID)$/,
      );
  });

  it.each([
    [[undefined, 'version'], 2, 'TERMS_VERSION_UNKNOWN'],
    [[undefined, 'version'], '1', 'TERMS_VERSION_UNKNOWN'],
    [[undefined, 'version'], { toString: 1 }, 'TERMS_VERSION_UNKNOWN'],
    [[undefined, 'direction'], 'both', 'TERMS_FIELD_INVALID'],
    [[undefined, 'hashLock'], `0x${'00'.repeat(32)}`, 'TERMS_FIELD_INVALID'],
    [[undefined, 'hashLock'], `0x${'AB'.repeat(32)}`, 'TERMS_FIELD_INVALID'],
    [[undefined, 'nonce'], `0x${'ab'.repeat(31)}`, 'TERMS_FIELD_INVALID'],
    [[undefined, 'extra'], '1', 'TERMS_UNKNOWN_FIELD'],
    [['fabric', 'extra'], '1', 'TERMS_UNKNOWN_FIELD'],
    [['ethereum', 'extra'], '1', 'TERMS_UNKNOWN_FIELD'],
    [['fabric', 'networkId'], `0x${'00'.repeat(32)}`, 'TERMS_FIELD_INVALID'],
    [['fabric', 'assetKind'], 'gold', 'TERMS_FIELD_INVALID'],
    [['fabric', 'assetKind'], 'unique', 'AMOUNT_INVALID'],
    [['fabric', 'amount'], '0', 'AMOUNT_INVALID'],
    [['fabric', 'amount'], '1.5', 'AMOUNT_INVALID'],
    [['fabric', 'amount'], String(1n << 128n), 'AMOUNT_INVALID'],
    [['fabric', 'owner'], `Org1MSP:0x${'AB'.repeat(32)}`, 'TERMS_FIELD_INVALID'],
    [['fabric', 'owner'], `Org 1:0x${'ab'.repeat(32)}`, 'TERMS_FIELD_INVALID'],
    [['fabric', 'channel'], 'a'.repeat(129), 'TERMS_FIELD_INVALID'],
    [['fabric', 'expiresAtSec'], '0', 'TERMS_FIELD_INVALID'],
    [['fabric', 'expiresAtSec'], String(1n << 40n), 'TERMS_FIELD_INVALID'],
    [['ethereum', 'chainId'], '0', 'TERMS_FIELD_INVALID'],
    [['ethereum', 'chainId'], String(1n << 64n), 'TERMS_FIELD_INVALID'],
    [['ethereum', 'escrow'], `0x${'00'.repeat(20)}`, 'TERMS_FIELD_INVALID'],
    [['ethereum', 'owner'], `0x${'00'.repeat(20)}`, 'TERMS_FIELD_INVALID'],
    [['ethereum', 'beneficiary'], `0x${'00'.repeat(20)}`, 'TERMS_FIELD_INVALID'],
    [['ethereum', 'escrow'], `0x${'Ab'.repeat(20)}`, 'TERMS_FIELD_INVALID'],
  ] as readonly (readonly [Path, unknown, string])[])(
    'refuses %j = %j with %s',
    (path, value, code) => {
      expect(codeOf(withField(path, value))).toBe(code);
    },
  );

  it('names the field that is wrong', () => {
    expect(() => parseTerms(withField(['ethereum', 'chainId'], '0'))).toThrow(
      expect.objectContaining({ data: { field: 'ethereum.chainId', expected: '1 to 2^64-1' } }),
    );
  });

  it('throws nothing but its own errors, whatever it is given', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(codeOf(value)).toMatch(/^(TERMS|AMOUNT)_/);
      }),
      RUNS,
    );
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.anything(), (path, value) => {
        expect(codeOf(withField(path, value))).not.toMatch(/^fault/);
      }),
      RUNS,
    );
  });
});

describe('parseTermsText', () => {
  it('throws nothing but its own errors for any text, also spoilt terms', () => {
    const text = termsText(parseTerms(base));
    const spoilt = fc
      .tuple(fc.nat({ max: text.length - 1 }), fc.string({ maxLength: 3 }))
      .map(([at, junk]) => text.slice(0, at) + junk + text.slice(at + 1));
    fc.assert(
      fc.property(fc.oneof(fc.string(), spoilt), (candidate) => {
        try {
          parseTermsText(candidate);
        } catch (error) {
          expect(isMidlockError(error)).toBe(true);
        }
      }),
      RUNS,
    );
  });

  it('says that what it was given is no JSON', () => {
    expect(() => parseTermsText('{')).toThrow(
      expect.objectContaining({
        code: 'TERMS_FIELD_INVALID',
        data: { field: 'terms', expected: 'JSON' },
      }),
    );
  });

  it('refuses more than 16 KiB before it looks', () => {
    expect(() => parseTermsText(' '.repeat(16_385))).toThrow(/at most 16 KiB/);
  });
});

describe('parseFabricLeg and parseName', () => {
  it('stand alone', () => {
    expect(parseFabricLeg(base.fabric)).toEqual(parseTerms(base).fabric);
    expect(() => parseFabricLeg([])).toThrow(/^TERMS_FIELD_INVALID/);
    expect(parseName('a.b_c:d-e', 'x')).toBe('a.b_c:d-e');
    for (const bad of ['', '.a', 'a b', 'a/b', 'ä', 'a'.repeat(129), 7])
      expect(() => parseName(bad, 'x')).toThrow(/^TERMS_FIELD_INVALID/);
  });
});
