import { describe, expect, it } from 'vitest';
import { refusedOnlyBy } from '../testing/checks.ts';
import { bytesInteger, integerBytes } from './bytes.ts';

describe('integerBytes', () => {
  it('writes exactly the bytes asked for', () => {
    expect(integerBytes(0n, 2)).toEqual(Uint8Array.of(0, 0));
    expect(integerBytes(258n, 3)).toEqual(Uint8Array.of(0, 1, 2));
    expect(integerBytes(255n, 1)).toEqual(Uint8Array.of(255));
  });

  it('cuts nothing off an integer that is too large', () => {
    expect(() => integerBytes(256n, 1)).toThrow(expect.objectContaining({ code: 'CRYPTO_RANGE' }));
    expect(refusedOnlyBy('bytes.integer-fits', () => bytesInteger(integerBytes(256n, 1)))).toBe(
      true,
    );
  });

  it('has no bytes for a negative integer', () => {
    expect(() => integerBytes(-1n, 4)).toThrow(expect.objectContaining({ code: 'CRYPTO_RANGE' }));
  });
});
