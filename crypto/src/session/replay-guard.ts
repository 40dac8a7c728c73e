import { bytesToHex } from '@noble/hashes/utils.js';
import { check } from '../internal/check.ts';
import { CryptoError } from '../errors.ts';

/** Remembers what was seen within a time window, so that a message is taken once. */
export interface ReplayGuard {
  /**
   * Takes `id` with the sender's stamp at the time `nowSec`.
   * @throws {CryptoError} CRYPTO_STATE when it was seen, when its stamp lies outside the window, or when the guard is full.
   */
  accept(id: Uint8Array, stampSec: bigint, nowSec: bigint): void;
}

/**
 * A guard for stamps up to `windowSec` away from the receiver's clock, holding at most `capacity` ids. Full, it refuses instead
 * of forgetting: an attacker who fills it must not make an old message new. It lives in memory: after a restart refuse stamps
 * older than the start.
 */
export function createReplayGuard(windowSec: bigint, capacity: number): ReplayGuard {
  const seen = new Map<string, bigint>();
  return {
    accept: (id, stampSec, nowSec) => {
      const distance = stampSec > nowSec ? stampSec - nowSec : nowSec - stampSec;
      check('replay.window', distance <= windowSec, 'CRYPTO_STATE', { field: 'stamp' });
      const name = bytesToHex(id);
      check('replay.seen', !seen.has(name), 'CRYPTO_STATE', { field: 'id' });
      if (seen.size >= capacity)
        for (const [old, stamp] of seen) if (nowSec - stamp > windowSec) seen.delete(old);
      if (seen.size >= capacity) throw new CryptoError('CRYPTO_STATE', { check: 'replay.full' });
      seen.set(name, stampSec);
    },
  };
}
