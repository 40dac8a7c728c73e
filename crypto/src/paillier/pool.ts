import { CryptoError } from '../errors.ts';
import { platformRandom, type RandomSource } from '../internal/random.ts';
import { encryptWithUnit, randomUnit, type Ciphertext } from './cipher.ts';
import type { PaillierEngine } from './engine.ts';
import type { PublicKey } from './key.ts';

/** Ready powers r^n mod n^2 for one key, made while nothing else is to do; each is given out once. */
export interface UnitPool {
  readonly key: PublicKey;
  /** How many are ready. */
  size(): number;
  /** Adds up to `count` powers, never more than the capacity. Cost: one power each. */
  fill(count: number): void;
  /** Encrypts with a ready power: two products. Throws CRYPTO_STATE when the pool is empty. */
  encrypt(m: bigint): Ciphertext;
  /** Forgets all powers. */
  clear(): void;
}

/** Makes an empty pool. Its powers are secrets of the messages to come: it lives in memory and is never written anywhere. */
export function createUnitPool(
  key: PublicKey,
  engine: PaillierEngine,
  capacity = 64,
  random: RandomSource = platformRandom,
): UnitPool {
  const units: bigint[] = [];
  return {
    key,
    size: () => units.length,
    fill: (count) => {
      for (let i = 0; i < count && units.length < capacity; i += 1)
        units.push(engine.unit(key.n, key.nSquared, randomUnit(key, random)));
    },
    encrypt: (m) => {
      // Taken before it is used: an error below must not leave it for a second message.
      const unit = units.pop();
      if (unit === undefined) throw new CryptoError('CRYPTO_STATE', { field: 'pool' });
      return encryptWithUnit(key, m, unit);
    },
    clear: () => {
      units.length = 0;
    },
  };
}
