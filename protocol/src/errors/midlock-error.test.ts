import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  CATALOGUE,
  MidlockError,
  isMidlockError,
  parseErrorText,
  type ErrorCode,
} from '../index.ts';

const codes = Object.keys(CATALOGUE) as ErrorCode[];
const RUNS = { seed: 1, numRuns: 500 };

/** Data as it can come back from text: bigints have become strings. */
const data = fc.dictionary(
  fc.stringMatching(/^[a-z][A-Za-z]{0,12}$/),
  fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.array(fc.string(), { maxLength: 3 }),
  ),
  { maxKeys: 5 },
);

describe('the catalogue', () => {
  it.each(codes)('%s says what happened and what to do', (code) => {
    const { summary, next, retry, exit } = CATALOGUE[code];
    expect(code).toMatch(/^[A-Z][A-Z_]{3,40}$/);
    expect(summary).toMatch(/^[A-Z].*\.$/);
    expect(next).toMatch(/^\S.*[.)]$/);
    expect(summary).not.toMatch(/[{}]/);
    expect(['never', 'safe', 'after-query']).toContain(retry);
    expect(exit).toBeGreaterThanOrEqual(1);
    expect(exit).toBeLessThanOrEqual(8);
  });
});

describe('MidlockError', () => {
  it('renders code, summary and data, keys in order, without what is undefined', () => {
    const error = new MidlockError('REFUND_TOO_EARLY', {
      refundFromSec: 7n,
      a: undefined,
      asset: 'EUR',
    });
    expect(error.message).toBe(
      'REFUND_TOO_EARLY: The lock cannot be refunded yet. {"asset":"EUR","refundFromSec":"7"}',
    );
    expect(new MidlockError('INTERNAL').message).toBe(
      'INTERNAL: Something that cannot happen did.',
    );
    expect(new MidlockError('INTERNAL', { a: undefined }).message).toBe(
      'INTERNAL: Something that cannot happen did.',
    );
  });

  it('carries its entry, its cause and a JSON form', () => {
    const cause = new Error('inner');
    const error = new MidlockError('FEE_BUDGET', { account: '0x1', missing: 5n }, { cause });
    expect(error.cause).toBe(cause);
    expect(error.name).toBe('MidlockError');
    expect(error.retry).toBe('safe');
    expect(error.entry).toBe(CATALOGUE.FEE_BUDGET);
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: 'FEE_BUDGET',
      message: CATALOGUE.FEE_BUDGET.summary,
      next: CATALOGUE.FEE_BUDGET.next,
      retry: 'safe',
      data: { account: '0x1', missing: '5' },
    });
  });

  it('is told from other errors, and by code', () => {
    const error = new MidlockError('VETO');
    expect(isMidlockError(error)).toBe(true);
    expect(isMidlockError(error, 'VETO')).toBe(true);
    expect(isMidlockError(error, 'INTERNAL')).toBe(false);
    expect(isMidlockError(new Error('VETO: x'))).toBe(false);
    expect(isMidlockError(undefined)).toBe(false);
  });
});

describe('parseErrorText', () => {
  it("finds what a MidlockError rendered, inside any transport's own words", () => {
    const around = fc.constantFrom(
      '10 ABORTED: failed to endorse transaction, see attached details, ',
      '',
      'rpc error: code = Unknown desc = ',
      'chaincode response 500, ',
      '[trade-1234] Error: ',
    );
    fc.assert(
      fc.property(fc.constantFrom(...codes), data, around, (code, given, before) => {
        const found = parseErrorText(before + new MidlockError(code, given).message);
        expect(found?.code).toBe(code);
        expect(found?.data).toEqual(given);
      }),
      RUNS,
    );
  });

  it('keeps the code where the data were cut off or are none', () => {
    expect(parseErrorText('ASSET_LOCKED: The asset is {"assetId":"EU')?.data).toEqual({});
    expect(parseErrorText('ASSET_LOCKED: The asset {nonsense}')?.data).toEqual({});
    expect(parseErrorText(`ASSET_LOCKED: {${'}'.repeat(100)}`)?.data).toEqual({});
    expect(parseErrorText('ASSET_LOCKED: sentence.')?.data).toEqual({});
  });

  it('passes over codes that are none of ours and takes the first that is', () => {
    expect(parseErrorText('ABORTED: nothing of ours')).toBeUndefined();
    expect(parseErrorText('')).toBeUndefined();
    expect(parseErrorText('toString: x, CONSTRUCTOR: y')).toBeUndefined();
    expect(parseErrorText('ABORTED: failed, VETO: The counterparty')?.code).toBe('VETO');
  });

  it('reads data that hold braces, and stops where they end', () => {
    const error = new MidlockError('ASSET_LOCKED', { assetId: 'a}b{', list: ['}'] });
    expect(parseErrorText(`${error.message} (details: {x})`)?.data).toEqual(error.data);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((tail) => `VETO: x {${tail}}`),
        ),
        (text) => {
          parseErrorText(text);
        },
      ),
      RUNS,
    );
  });
});
