import { shake256 } from '@noble/hashes/sha3.js';
import { bytesInteger, integerBytes, lengthPrefixed, utf8 } from '../encoding/bytes.ts';
import { PAILLIER_SHORT_EXPONENT_TAG } from '../encoding/domains.ts';
import { platformRandom, randomBelow, type RandomSource } from '../internal/random.ts';
import { encryptWithUnit, type Ciphertext } from './cipher.ts';
import type { PaillierEngine } from './engine.ts';
import { modulo } from './integers.ts';
import type { PublicKey } from './key.ts';

/** Encryption with exponents of half length (Damgard, Jurik, Nielsen 2010, section 4.2), for one key. */
export interface ShortExponentEncryptor {
  readonly key: PublicKey;
  encrypt(m: bigint, random?: RandomSource): Ciphertext;
}

/**
 * Prepares {@link ShortExponentEncryptor}: twice as fast as r^n, under an assumption more (that powers of one element look like
 * all n-th residues of symbol 1), so it is off unless a caller asks for it, and not for traffic that leaves the trust domain.
 * h = -x^2 comes from a hash of n by the sender; one that a peer sends would let him choose a small subgroup.
 * Cost: one power r^n mod n^2.
 */
export function shortExponentEncryptor(
  key: PublicKey,
  engine: PaillierEngine,
): ShortExponentEncryptor {
  const hs = engine.unit(key.n, key.nSquared, shortExponentBase(key));
  return {
    key,
    encrypt: (m, random = platformRandom) =>
      encryptWithUnit(
        key,
        m,
        engine.powMod(hs, randomBelow(1n << BigInt(key.bits / 2), random), key.nSquared),
      ),
  };
}

/** h = -x^2 mod n, x by SHAKE256 of n. */
export function shortExponentBase(key: PublicKey): bigint {
  const statement = lengthPrefixed(
    utf8(PAILLIER_SHORT_EXPONENT_TAG),
    integerBytes(key.n, key.bits / 8),
  );
  const x = bytesInteger(shake256(statement, { dkLen: key.bits / 8 + 16 })) % key.n;
  return modulo(-x * x, key.n);
}
