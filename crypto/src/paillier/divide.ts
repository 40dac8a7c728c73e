import { bytesInteger, integerBytes } from '../encoding/bytes.ts';
import { check } from '../internal/check.ts';
import { platformRandom, randomBelow, type RandomSource } from '../internal/random.ts';
import { modulo } from './integers.ts';
import type { PublicKey } from './key.ts';

/** Most fragments of one id: what a contract still checks in one transaction. */
export const MAX_FRAGMENTS = 16;

/**
 * The paper's `Div` for k fragments: uniform summands modulo n, so that any k-1 of them say nothing about `id`.
 * (The paper's own summands are smaller than the id and tell its size.)
 * @param id in [0, n). @param k 2 to 16.
 * @throws {CryptoError} CRYPTO_RANGE.
 */
export function divide(
  key: PublicKey,
  id: bigint,
  k = 2,
  random: RandomSource = platformRandom,
): readonly bigint[] {
  check('divide.id-range', id >= 0n && id < key.n, 'CRYPTO_RANGE', { field: 'id' });
  check('divide.count', Number.isInteger(k) && k >= 2 && k <= MAX_FRAGMENTS, 'CRYPTO_RANGE', {
    field: 'k',
  });
  const fragments = Array.from({ length: k - 1 }, () => randomBelow(key.n + 1n, random) - 1n);
  return [
    ...fragments,
    modulo(id - fragments.reduce((sum, fragment) => sum + fragment, 0n), key.n),
  ];
}

/** The id of its fragments: their sum modulo n. */
export function recombine(key: PublicKey, fragments: readonly bigint[]): bigint {
  return fragments.reduce((sum, fragment) => (sum + fragment) % key.n, 0n);
}

/** A 32-byte lock id as the integer that is divided. Throws CRYPTO_ENCODING for another length. */
export function idToInteger(id: Uint8Array): bigint {
  check('divide.id-length', id.length === 32, 'CRYPTO_ENCODING', { field: 'id' });
  return bytesInteger(id);
}

/** The 32-byte lock id of a decrypted integer. Throws CRYPTO_RANGE when it has more: the sum was tampered with. */
export function integerToId(value: bigint): Uint8Array {
  check('divide.id-fits', value < 1n << 256n, 'CRYPTO_RANGE', { field: 'id' });
  return integerBytes(modulo(value, 1n << 256n), 32);
}
