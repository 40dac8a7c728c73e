import { describe, expect, it } from 'vitest';
import { at, known } from './at.ts';

const fault: unknown = expect.objectContaining({ code: 'CRYPTO_STATE' });

describe('what the caller knows to be there', () => {
  it('is taken from a list, and a place outside of it is a fault', () => {
    expect(at(Uint8Array.of(5, 6), 1)).toBe(6);
    expect(() => at(Uint8Array.of(5, 6), 2)).toThrow(fault);
    expect(() => at([], -1)).toThrow(fault);
  });

  it('is taken from a map, and an unknown key is a fault', () => {
    expect(known(new Map([['a', 1]]), 'a')).toBe(1);
    expect(() => known(new Map([['a', 1]]), 'b')).toThrow(fault);
  });
});
