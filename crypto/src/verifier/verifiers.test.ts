import { secp256k1, secp256k1_FROST } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadMclEngine } from '../bls/mcl-engine.ts';
import { nobleEngine } from '../bls/noble-engine.ts';
import { generateBlsKey, signWith } from '../bls/keys.ts';
import { BLS_TAGS } from '../bls/tags.ts';
import { bytesInteger, concat, integerBytes, utf8 } from '../encoding/bytes.ts';
import { refusedOnlyBy } from '../testing/checks.ts';
import { seededRandom } from '../testing/random.ts';
import { blsFixture, frostFixture, quorumFixture } from '../testing/schemes.ts';
import { createBlsVerifier } from './bls-verifier.ts';
import { createFrostVerifier, frostProof } from './frost-verifier.ts';

const random = seededRandom('verifiers');
const digest = sha256(utf8('statement'));
const mcl = await loadMclEngine();
const ORDER = secp256k1.Point.Fn.ORDER;

describe.each([
  blsFixture(random),
  frostFixture(random, 2),
  frostFixture(random, 3),
  quorumFixture(4, 3, random),
  quorumFixture(67, 67, random),
])('verifier $verifier.scheme', (fixture) => {
  const { verifier } = fixture;
  const sign = (over: Uint8Array): Uint8Array => fixture.sign(over);
  it('accepts its own signature over that digest alone', () => {
    const proof = sign(digest);
    expect(verifier.verify(digest, proof)).toBe(true);
    expect(verifier.verify(sha256(digest), proof)).toBe(false);
  });

  it('answers false for arbitrary bytes and any flipped bit, and never throws', () => {
    const proof = sign(digest);
    fc.assert(
      fc.property(fc.nat(8 * proof.length - 1), fc.uint8Array({ maxLength: 200 }), (bit, bytes) => {
        const flipped = proof.slice();
        flipped[bit >> 3] = flipped[bit >> 3]! ^ (1 << (bit & 7));
        return (
          !verifier.verify(digest, flipped) &&
          !verifier.verify(digest, bytes) &&
          !verifier.verify(bytes, proof)
        );
      }),
      { numRuns: 12, seed: 7 },
    );
  });
});

describe('BLS verifier', () => {
  const pair = generateBlsKey(random);
  const verifier = createBlsVerifier(mcl, pair.publicKey);
  const proof = signWith(pair.secretKey, BLS_TAGS.attestation, digest);

  it('answers alike with both engines', () => {
    expect(verifier.verify(digest, proof)).toBe(true);
    expect(createBlsVerifier(nobleEngine, pair.publicKey).verify(digest, proof)).toBe(true);
  });

  it('takes 32-byte digests only, and asks the pairing', () => {
    const longDigest = concat(digest, digest);
    const longProof = signWith(pair.secretKey, BLS_TAGS.attestation, longDigest);
    expect(
      refusedOnlyBy('bls-verifier.digest-length', () => verifier.verify(longDigest, longProof)),
    ).toBe(true);
    expect(
      refusedOnlyBy('bls-verifier.signature', () => verifier.verify(sha256(digest), proof)),
    ).toBe(true);
  });

  it('keeps purposes apart by tag', () => {
    for (const tag of [BLS_TAGS.block, BLS_TAGS.possession]) {
      expect(verifier.verify(digest, signWith(pair.secretKey, tag, digest))).toBe(false);
    }
  });
});

describe('FROST verifier', () => {
  const secret = integerBytes(7n, 32);
  const key = secp256k1.getPublicKey(secret, true);
  const verifier = createFrostVerifier(key);
  const proof = frostProof(secp256k1_FROST.sign(digest, secret));

  it('accepts one encoding of a signature', () => {
    const otherY = proof.slice();
    otherY[62] = otherY[62]! ^ 1;
    expect(refusedOnlyBy('frost-verifier.point', () => verifier.verify(digest, otherY))).toBe(true);
    expect(
      refusedOnlyBy('frost-verifier.length', () =>
        verifier.verify(digest, concat(proof, Uint8Array.of(0))),
      ),
    ).toBe(true);
    const unreduced = concat(
      proof.subarray(0, 64),
      integerBytes((bytesInteger(proof.subarray(64)) + ORDER) % (1n << 256n), 32),
    );
    expect(verifier.verify(digest, unreduced)).toBe(false);
    expect(
      refusedOnlyBy('frost-verifier.signature', () => verifier.verify(sha256(digest), proof)),
    ).toBe(true);
    const longDigest = concat(digest, digest);
    const longProof = frostProof(secp256k1_FROST.sign(longDigest, secret));
    expect(
      refusedOnlyBy('frost-verifier.digest-length', () => verifier.verify(longDigest, longProof)),
    ).toBe(true);
  });

  it('refuses keys that are malformed or that ecrecover cannot hold', () => {
    expect(
      refusedOnlyBy('frost-verifier.key', () =>
        createFrostVerifier(concat(Uint8Array.of(2), integerBytes(5n, 32))),
      ),
    ).toBe(true);
    expect(() => createFrostVerifier(secp256k1.getPublicKey(secret, false))).toThrow(
      'frost-verifier.key',
    );
    // The smallest x from the group order on that has a point: the order itself.
    let x = ORDER;
    const tryKey = (): Uint8Array => concat(Uint8Array.of(2), integerBytes(x, 32));
    const isPoint = (): boolean => {
      try {
        secp256k1.Point.fromBytes(tryKey());
        return true;
      } catch {
        return false;
      }
    };
    while (!isPoint()) x += 1n;
    expect(
      refusedOnlyBy('frost-verifier.key-below-order', () => createFrostVerifier(tryKey())),
    ).toBe(true);
    expect(
      refusedOnlyBy('frost-proof.length', () =>
        frostProof(concat(secp256k1_FROST.sign(digest, secret), digest)),
      ),
    ).toBe(true);
  });
});
