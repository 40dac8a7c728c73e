import type * as Crypto from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { platformRandom } from '../internal/random.ts';
import { createNativeEngine } from './paillier-native.ts';

const fault = vi.hoisted(() => ({ power: false, prime: false }));

/** A crypto library that is not quite OpenSSL. */
vi.mock('node:crypto', async (load) => {
  const crypto = await load<typeof Crypto>();
  return {
    ...crypto,
    createDiffieHellman: (prime: Buffer, generator: number) => {
      const made = crypto.createDiffieHellman(prime, generator);
      return fault.power ? Object.assign(made, { computeSecret: () => Buffer.of(7) }) : made;
    },
    // 13 is 1 mod 4.
    generatePrimeSync: (bits: number, options: Crypto.GeneratePrimeOptionsBigInt) =>
      fault.prime ? 13n : crypto.generatePrimeSync(bits, options),
  };
});

describe('the native engine', () => {
  it('is not made on a library whose powers are wrong', () => {
    fault.power = true;
    expect(() => createNativeEngine()).toThrow(expect.objectContaining({ code: 'CRYPTO_ENGINE' }));
    fault.power = false;
    expect(createNativeEngine().name).toBe('native');
  });

  it('takes no prime of another form', () => {
    const engine = createNativeEngine();
    fault.prime = true;
    expect(() => engine.prime(64, platformRandom)).toThrow(
      expect.objectContaining({ code: 'CRYPTO_ENGINE' }),
    );
    fault.prime = false;
    expect(engine.prime(64, platformRandom) % 4n).toBe(3n);
  });
});
