import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createFrostVerifier, frostProof } from '../verifier/frost-verifier.ts';

interface Case {
  readonly threshold: number;
  readonly members: number;
  readonly groupKey: string;
  readonly message: string;
  readonly signature: string;
}

const { cases } = JSON.parse(
  readFileSync(
    new URL('../../../vectors/frost/frost-secp256k1-crate.json', import.meta.url),
    'utf8',
  ),
) as { cases: readonly Case[] };
const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

// An independent implementation (Rust) made these keys and signatures; the recording says which version.
describe('signatures of the frost-secp256k1 crate', () => {
  test.each(
    cases.map(
      (each, index) => [`${each.threshold} of ${each.members}, case ${index}`, each] as const,
    ),
  )('verify here, and not with any bit changed: %s', (_name, { groupKey, message, signature }) => {
    const verifier = createFrostVerifier(bytes(groupKey));
    const proof = frostProof(bytes(signature));
    expect(verifier.verify(bytes(message), proof)).toBe(true);
    for (const place of [0, 40, 95]) {
      const damaged = proof.slice();
      damaged[place] = (damaged[place] ?? 0) ^ 1;
      expect(verifier.verify(bytes(message), damaged)).toBe(false);
    }
    const other = bytes(message);
    other[0] = (other[0] ?? 0) ^ 1;
    expect(verifier.verify(other, proof)).toBe(false);
  });
});
