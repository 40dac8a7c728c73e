import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { describe, expect, it } from 'vitest';
import { bytesInteger, concat, integerBytes, utf8 } from '../encoding/bytes.ts';
import { refusedOnlyBy } from '../testing/checks.ts';
import { addressOf, createQuorumVerifier, quorumProof, signCompact } from './quorum-verifier.ts';

const digest = sha256(utf8('statement'));
const ORDER = secp256k1.Point.Fn.ORDER;

describe('quorum verifier', () => {
  const secrets = Array.from({ length: 4 }, (_, i) => integerBytes(BigInt(i + 11), 32));
  const members = secrets
    .map((secret) => ({ secret, address: addressOf(secp256k1.getPublicKey(secret, false)) }))
    .sort((a, b) => (bytesInteger(a.address) < bytesInteger(b.address) ? -1 : 1));
  const addresses = members.map(({ address }) => address);
  const verifier = createQuorumVerifier({ members: addresses, threshold: 3 });
  const entry = (place: number, key = place): Uint8Array =>
    concat(Uint8Array.of(place), signCompact(members[key]!.secret, digest));

  it('counts each member once, in ascending order', () => {
    expect(verifier.verify(digest, concat(entry(0), entry(1), entry(3)))).toBe(true);
    expect(
      refusedOnlyBy('quorum.place-ascending', () =>
        verifier.verify(digest, concat(entry(0), entry(1), entry(1))),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('quorum.place-ascending', () =>
        verifier.verify(digest, concat(entry(1), entry(0), entry(2))),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('quorum.signer', () =>
        verifier.verify(digest, concat(entry(0), entry(1), entry(2, 3))),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('quorum.proof-length', () =>
        verifier.verify(digest, concat(entry(0), entry(1))),
      ),
    ).toBe(true);
    expect(verifier.verify(digest, concat(entry(0), entry(1), entry(2), entry(3)))).toBe(false);
    expect(
      verifier.verify(
        digest,
        concat(entry(0), entry(1), concat(Uint8Array.of(9), entry(2).subarray(1))),
      ),
    ).toBe(false);
  });

  it('refuses the other s of a signature', () => {
    const low = entry(2);
    const s = bytesInteger(low.subarray(33)) % (1n << 255n);
    const parity = low[33]! >> 7;
    const high = ORDER - s;
    // n - s has 256 bits, one too many for the compact form unless s is near n / 2; then only the bound refuses it.
    const fits = high < 1n << 255n;
    const bytes = integerBytes(fits ? high : high % (1n << 255n), 32);
    bytes[0] = bytes[0]! | ((parity ^ 1) << 7);
    expect(verifier.verify(digest, concat(entry(0), entry(1), low.subarray(0, 33), bytes))).toBe(
      false,
    );
    const forged = nearHalf(members[2]!.secret);
    expect(
      refusedOnlyBy('quorum.s-low', () =>
        verifier.verify(
          forged.digest,
          concat(
            Uint8Array.of(0),
            signCompact(members[0]!.secret, forged.digest),
            Uint8Array.of(1),
            signCompact(members[1]!.secret, forged.digest),
            Uint8Array.of(2),
            forged.compact,
          ),
        ),
      ),
    ).toBe(true);
  });

  it('takes 32-byte digests only', () => {
    const long = concat(digest, Uint8Array.of(0));
    const proof = concat(...[0, 1, 2].map((place) => entry(place)));
    expect(refusedOnlyBy('quorum.digest-length', () => verifier.verify(long, proof))).toBe(true);
  });

  it('refuses rosters that are empty, too long, unordered, repeated or hold zero, and thresholds outside them', () => {
    const make =
      (list: readonly Uint8Array[], threshold = 1) =>
      () =>
        createQuorumVerifier({ members: list, threshold });
    const many = Array.from({ length: 256 }, (_, i) => integerBytes(BigInt(i + 1), 20));
    expect(refusedOnlyBy('quorum.roster-size', make(many))).toBe(true);
    expect(make([])).toThrow('quorum.roster-size');
    expect(refusedOnlyBy('quorum.roster-address', make([integerBytes(1n, 21)]))).toBe(true);
    expect(refusedOnlyBy('quorum.roster-ascending', make([new Uint8Array(20)]))).toBe(true);
    expect(refusedOnlyBy('quorum.roster-ascending', make([addresses[0]!, addresses[0]!]))).toBe(
      true,
    );
    for (const threshold of [0, 5, 1.5])
      expect(refusedOnlyBy('quorum.threshold', make(addresses, threshold))).toBe(true);
  });

  it('orders a proof by itself', () => {
    const compact = (place: number): Uint8Array => signCompact(members[place]!.secret, digest);
    expect(
      verifier.verify(
        digest,
        quorumProof(
          new Map([
            [3, compact(3)],
            [0, compact(0)],
            [1, compact(1)],
          ]),
        ),
      ),
    ).toBe(true);
  });
});

/** A valid signature with n/2 < s < 2^255, so writable in the compact form: s chosen, nonce k = 1, digest solved for. */
function nearHalf(secret: Uint8Array): { digest: Uint8Array; compact: Uint8Array } {
  const s = (ORDER >> 1n) + 5n;
  const { x, y } = secp256k1.Point.BASE.toAffine();
  const r = x % ORDER;
  const message = (((s - r * bytesInteger(secret)) % ORDER) + ORDER) % ORDER;
  const compact = concat(integerBytes(r, 32), integerBytes(s, 32));
  compact[32] = compact[32]! | (Number(y & 1n) << 7);
  return { digest: integerBytes(message, 32), compact };
}
