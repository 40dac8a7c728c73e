import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concat, integerBytes, utf8 } from '../encoding/bytes.ts';
import type { RandomSource } from '../internal/random.ts';

const LABEL = utf8('MIDLOCK-V1-FROST-NONCE');

/**
 * Randomness of one nonce pair: fresh random bytes, hedged with share, message and a counter through HKDF (RFC 5869), so that a
 * source that repeats itself does not at once repeat nonces of different messages. It does not make signing deterministic, and
 * it cannot help when process memory is copied or a broken source meets a restart: see README, FROST.
 */
export function hedgedBytes(
  random: RandomSource,
  shareSecret: Uint8Array,
  message: Uint8Array,
  counter: number,
): (length?: number) => Uint8Array<ArrayBuffer> {
  const fresh = random.bytes(32);
  let call = 0;
  return (length = 32) => {
    const info = concat(
      LABEL,
      sha256(message),
      integerBytes(BigInt(counter), 8),
      integerBytes(BigInt(call), 4),
    );
    call += 1;
    return hkdf(sha256, concat(fresh, shareSecret), undefined, info, length).slice();
  };
}
