import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import vectors from '../../vectors/secrets.json' with { type: 'json' };
import {
  deriveSecret,
  fromHex,
  hashLockOf,
  parseHex32,
  parseSecret,
  toHex,
  toHex32,
  verifySecret,
  MidlockError,
} from './index.ts';

describe('secrets against node:crypto (vectors/secrets.json)', () => {
  it.each(vectors.cases)('$name', ({ seed, domain, nonce, secret, hashLock }) => {
    const derived = deriveSecret(
      fromHex(seed),
      parseHex32(domain, 'domain'),
      parseHex32(nonce, 'nonce'),
    );
    expect(toHex(derived)).toBe(secret);
    expect(hashLockOf(derived)).toBe(hashLock);
    expect(parseSecret(secret)).toEqual(derived);
    expect(verifySecret(derived, parseHex32(hashLock, 'hashLock'))).toBe(true);
  });

  it('does not open a lock with its preimage when that is not 32 bytes', () => {
    for (const length of [0, 31, 33, 64]) {
      const preimage = new Uint8Array(length).fill(7);
      expect(verifySecret(preimage, toHex32(sha256(preimage)))).toBe(false);
    }
  });

  it('verifies no other secret and no other lock', () => {
    const [first, second] = vectors.cases;
    const lock = parseHex32(first?.hashLock, 'hashLock');
    expect(verifySecret(fromHex(second?.secret ?? ''), lock)).toBe(false);
    const flipped = fromHex(first?.secret ?? '');
    flipped[31] = (flipped[31] ?? 0) ^ 1;
    expect(verifySecret(flipped, lock)).toBe(false);
  });

  it.each([0, 1, 31, 33, 64])('refuses %i bytes at every door', (length) => {
    const bytes = new Uint8Array(length);
    const zero = parseHex32(`0x${'00'.repeat(32)}`, 'zero');
    expect(() => hashLockOf(bytes)).toThrow(
      expect.objectContaining({ code: 'SECRET_INVALID', data: { bytes: length } }),
    );
    expect(() => deriveSecret(bytes, zero, zero)).toThrow(
      expect.objectContaining({ code: 'SECRET_INVALID' }),
    );
    expect(verifySecret(bytes, zero)).toBe(false);
    expect(() => parseSecret(toHex(bytes))).toThrow(
      expect.objectContaining({ code: 'SECRET_INVALID' }),
    );
  });

  it.each([...vectors.notSecrets.texts, 7, null, undefined, {}])(
    'refuses %j and does not repeat it',
    (text) => {
      let refusal: unknown;
      try {
        parseSecret(text);
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toBeInstanceOf(MidlockError);
      expect((refusal as MidlockError).data).toEqual({});
      expect((refusal as MidlockError).message).not.toContain('abab');
    },
  );
});
