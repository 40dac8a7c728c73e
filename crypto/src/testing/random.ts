import { sha256 } from '@noble/hashes/sha2.js';
import { makeRandomSource, type RandomSource } from '../internal/random.ts';

/** A repeatable source: SHA-256 of seed and counter. Tests and recorded vectors only; never for keys. */
export function seededRandom(seed: string): RandomSource {
  let counter = 0;
  return makeRandomSource((length) => {
    const bytes = new Uint8Array(length);
    for (let offset = 0; offset < length; offset += 32) {
      const block = sha256(new TextEncoder().encode(`${seed}/${counter}`));
      counter += 1;
      bytes.set(block.subarray(0, Math.min(32, length - offset)), offset);
    }
    return bytes;
  });
}
