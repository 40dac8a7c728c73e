import { describe, expect, it } from 'vitest';
import { createToken, createTokenChecker, type TokenRecord } from './tokens.ts';

const { token, record } = createToken('ops', ['read'], new Date(4e12));
const { check: _check, ...old } = record;
const right = `Bearer ${token}`;
const guess = (digit: string): string => `Bearer mlk_ops_${digit.repeat(43)}`;

/** A checker with a count of the slow hashes that it asked for. */
function counted(records: readonly TokenRecord[]): {
  readonly check: (header: string) => Promise<string>;
  readonly asked: () => number;
  readonly known: (header: string) => boolean;
} {
  let asked = 0;
  const checker = createTokenChecker(records, () => 0n);
  return {
    asked: () => asked,
    known: (header) => checker.known(header) !== undefined,
    check: (header) =>
      checker
        .check(header, () => {
          asked += 1;
        })
        .then(
          ({ id }) => id,
          (error: unknown) => (error as { code: string }).code,
        ),
  };
}

describe('what a token costs', () => {
  it('a guess that the fast check refuses costs no slow hash', async () => {
    const { check, asked } = counted([record]);
    for (const digit of ['A', 'B', 'C'])
      expect(await check(guess(digit))).toBe('REQUEST_UNAUTHORIZED');
    expect(asked()).toBe(0);
    expect(await check(right)).toBe('ops');
  });

  it('the fast check alone opens nothing', async () => {
    const forged = { ...record, hash: '0'.repeat(64) };
    expect(await counted([forged]).check(right)).toBe('REQUEST_UNAUTHORIZED');
  });

  it('a token of a record without it is asked for leave, once, however many ask at once', async () => {
    const { check, asked, known } = counted([old]);
    expect(known(right)).toBe(false);
    expect(await Promise.all(Array.from({ length: 10 }, () => check(right)))).toEqual(
      Array(10).fill('ops'),
    );
    expect(asked()).toBe(1);
    expect(known(right)).toBe(true);
    expect(known(guess('A'))).toBe(false);
    expect(await check(guess('A'))).toBe('REQUEST_UNAUTHORIZED');
    expect(asked()).toBe(2);
    expect(known(right)).toBe(true);
  });

  it('a token that opened before is worth nothing once it has expired', async () => {
    let nowMs = 0n;
    const short = createToken('short', ['read'], new Date(1_000));
    const checker = createTokenChecker([short.record], () => nowMs);
    const header = `Bearer ${short.token}`;
    expect((await checker.check(header, () => undefined)).id).toBe('short');
    nowMs = 1_000n;
    expect(() => checker.known(header)).toThrow(/REQUEST_UNAUTHORIZED/);
    await expect(checker.check(header, () => undefined)).rejects.toThrow(/REQUEST_UNAUTHORIZED/);
  });
});
