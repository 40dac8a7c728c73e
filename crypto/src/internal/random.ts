import { randomBytes } from '@noble/hashes/utils.js';
import { CryptoError } from '../errors.ts';

declare const sourceBrand: unique symbol;

/** Where random bytes come from. Only {@link platformRandom} and testing/random.ts make one. */
export interface RandomSource {
  readonly [sourceBrand]: true;
  /** `length` fresh random bytes. */
  bytes(length: number): Uint8Array;
}

/** Makes a source from a function; for this module and testing/random.ts only. */
export function makeRandomSource(bytes: (length: number) => Uint8Array): RandomSource {
  return { bytes } as RandomSource;
}

/** The platform's CSPRNG (`crypto.getRandomValues`). Throws when the platform has none. */
export const platformRandom: RandomSource = makeRandomSource((length) => randomBytes(length));

/**
 * A uniform integer in [1, below), by rejection, so without bias.
 * @throws {CryptoError} CRYPTO_RANGE for `below` < 2, CRYPTO_ENGINE when 256 draws in a row miss (a broken source).
 */
export function randomBelow(below: bigint, random: RandomSource): bigint {
  if (below < 2n) throw new CryptoError('CRYPTO_RANGE', { field: 'below' });
  const bits = (below - 1n).toString(2).length;
  const mask = (1n << BigInt(bits)) - 1n;
  for (let draw = 0; draw < 256; draw += 1) {
    let value = 0n;
    for (const byte of random.bytes(Math.ceil(bits / 8))) value = (value << 8n) | BigInt(byte);
    value &= mask;
    if (value > 0n && value < below) return value;
  }
  throw new CryptoError('CRYPTO_ENGINE', { field: 'random' });
}
