import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createNativeEngine } from '../node/paillier-native.ts';
import { refusedOnlyBy } from '../testing/checks.ts';
import { seededRandom } from '../testing/random.ts';
import {
  addCiphertexts,
  decrypt,
  encodeCiphertext,
  encrypt,
  encryptWithUnit,
  parseCiphertext,
  randomUnit,
  verifyProduct,
  type Ciphertext,
} from './cipher.ts';
import { portableEngine } from './portable-engine.ts';
import { generateKey, generatePaperKey } from './key.ts';

const native = createNativeEngine();
const secret = generatePaperKey(native, 512, seededRandom('cipher'));
const key = secret.public;
const plaintext = fc.bigInt({ min: 0n, max: key.n - 1n });

describe('encryption', () => {
  it('is undone by decryption, equally in both engines', () => {
    fc.assert(
      fc.property(plaintext, fc.string(), (m, seed) => {
        const [a, b] = [native, portableEngine].map((engine) =>
          encrypt(key, m, engine, seededRandom(seed)),
        );
        expect(a).toBe(b);
        expect(decrypt(secret, a!, native)).toBe(m);
        expect(decrypt(secret, a!, portableEngine)).toBe(m);
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('adds plaintexts modulo n', () => {
    fc.assert(
      fc.property(fc.array(plaintext, { minLength: 1, maxLength: 5 }), (parts) => {
        const [first, ...others] = parts.map((m) => encrypt(key, m, native));
        const sum = parts.reduce((total, m) => (total + m) % key.n, 0n);
        expect(decrypt(secret, addCiphertexts(key, first!, ...others), native)).toBe(sum);
      }),
      { seed: 2, numRuns: 30 },
    );
  });

  it('works at 2,048 bits in both engines', () => {
    const large = generateKey(native, 2048);
    const c = encrypt(large.public, 7n ** 100n, native);
    expect(decrypt(large, c, portableEngine)).toBe(7n ** 100n);
    expect(decrypt(large, encrypt(large.public, large.public.n - 1n, portableEngine), native)).toBe(
      large.public.n - 1n,
    );
  });

  it('draws fresh randomness, so that equal plaintexts do not show', () => {
    const seen = new Set(Array.from({ length: 20 }, () => encrypt(key, 5n, native)));
    expect(seen.size).toBe(20);
  });

  it('refuses plaintexts outside [0, n)', () => {
    const unit = native.unit(key.n, key.nSquared, randomUnit(key));
    expect(refusedOnlyBy('paillier.plaintext-range', () => encryptWithUnit(key, key.n, unit))).toBe(
      true,
    );
    expect(refusedOnlyBy('paillier.plaintext-range', () => encryptWithUnit(key, -1n, unit))).toBe(
      true,
    );
  });
});

describe("the paper's printed formula", () => {
  it('g^(m+r) mod n^2 does not decrypt to m', () => {
    const r = randomUnit(key);
    const printed = native.powMod(key.n + 1n, 5n + r, key.nSquared) as Ciphertext;
    expect(decrypt(secret, printed, native)).not.toBe(5n);
  });
});

describe('parsing ciphertexts', () => {
  const bytesOf = (value: bigint, length = 128): Uint8Array =>
    Uint8Array.from(
      value
        .toString(16)
        .padStart(2 * length, '0')
        .match(/../g)!,
      (pair) => Number.parseInt(pair, 16),
    );

  it('reads what encoding wrote', () => {
    const c = encrypt(key, 9n, native);
    expect(parseCiphertext(key, encodeCiphertext(key, c))).toBe(c);
  });

  it.each([
    ['a leading zero byte', 'paillier.ciphertext-length', bytesOf(5n, 129)],
    ['a missing byte', 'paillier.ciphertext-length', bytesOf(5n, 127)],
    ['n^2 and more', 'paillier.ciphertext-below', bytesOf(key.nSquared + 5n)],
    ['the trivial 1', 'paillier.ciphertext-trivial', bytesOf(1n)],
    ['0', 'paillier.ciphertext-unit', bytesOf(0n)],
    ['a multiple of n', 'paillier.ciphertext-unit', bytesOf(3n * key.n)],
    [
      'a multiple of p, which would show the factor',
      'paillier.ciphertext-unit',
      bytesOf(5n * secret.p),
    ],
  ])('refuses %s', (_name, id, bytes) => {
    expect(refusedOnlyBy(id, () => parseCiphertext(key, bytes))).toBe(true);
  });

  it('either refuses random bytes with a typed error or reads them canonically', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 120, maxLength: 136 }), (bytes) => {
        let c: Ciphertext;
        try {
          c = parseCiphertext(key, bytes);
        } catch (error) {
          expect(error).toHaveProperty('name', 'CryptoError');
          return;
        }
        expect(encodeCiphertext(key, c)).toEqual(bytes);
      }),
      { seed: 3, numRuns: 300 },
    );
  });
});

describe('the product check', () => {
  const parts = [encrypt(key, 1n, native), encrypt(key, 2n, native), encrypt(key, 3n, native)];
  const product = addCiphertexts(key, parts[0]!, parts[1]!, parts[2]!);

  it('accepts the product and nothing else', () => {
    expect(verifyProduct(key, parts, product)).toBe(true);
    expect(verifyProduct(key, [], 1n)).toBe(false);
    expect(
      refusedOnlyBy('paillier.product', () =>
        verifyProduct(key, parts, addCiphertexts(key, product, encrypt(key, 0n, native))),
      ),
    ).toBe(true);
  });

  it('shows a node that shifted both parts so that the sum stays', () => {
    // The paper's theorem 5 covers one replaced fragment only: here both change and the sum decrypts as before.
    const shifted = [
      addCiphertexts(key, parts[0]!, encrypt(key, 10n, native)),
      addCiphertexts(key, parts[1]!, encrypt(key, key.n - 10n, native)),
      parts[2]!,
    ];
    const forged = addCiphertexts(key, shifted[0]!, shifted[1]!, shifted[2]!);
    expect(decrypt(secret, forged, native)).toBe(decrypt(secret, product, native));
    expect(verifyProduct(key, parts, forged)).toBe(false);
  });
});
