import { CryptoError } from '../errors.ts';

/** `list[index]`, which the caller knows to be there. Throws CRYPTO_STATE when it is not: a fault of this package. */
export function at<T>(list: ArrayLike<T>, index: number): T {
  const value = list[index];
  if (value === undefined) throw new CryptoError('CRYPTO_STATE', { index });
  return value;
}

/** `map.get(key)`, which the caller knows to be there. Throws CRYPTO_STATE when it is not: a fault of this package. */
export function known<K, V>(map: ReadonlyMap<K, V>, key: K): V {
  const value = map.get(key);
  if (value === undefined) throw new CryptoError('CRYPTO_STATE', { key: String(key) });
  return value;
}
