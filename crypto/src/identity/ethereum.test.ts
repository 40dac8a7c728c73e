import { secp256k1 } from '@noble/curves/secp256k1.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, integerBytes } from '../encoding/bytes.ts';
import { refusedOnlyBy, withoutChecks } from '../testing/checks.ts';
import { loadVectors, unhex } from '../testing/vectors.ts';
import { parseEcdsaDer } from './ecdsa.ts';
import {
  ethereumAddress,
  parseEthereumSignature,
  recoverEthereumAddress,
  verifyEthereumSignature,
} from './ethereum.ts';

const ORDER = secp256k1.Point.Fn.ORDER;
const secret = sha256(Uint8Array.of(1));
const address = ethereumAddress(secp256k1.getPublicKey(secret, false));
const digest = sha256(Uint8Array.of(2));
const made = secp256k1.sign(digest, secret, { prehash: false, format: 'recovered' });
const [parity, r, s] = [made[0]!, made.subarray(1, 33), made.subarray(33, 65)];
const long = concat(r, s, Uint8Array.of(27 + parity));
const short = concat(r, Uint8Array.of(s[0]! | (parity << 7)), s.subarray(1));

describe('Ethereum signatures', () => {
  it('are read in both forms', () => {
    expect(parseEthereumSignature(long)).toEqual(parseEthereumSignature(short));
    expect(verifyEthereumSignature(address, digest, long)).toBe(true);
    expect(verifyEthereumSignature(address, digest, short)).toBe(true);
  });

  it('bind digest and signer', () => {
    expect(
      refusedOnlyBy('ethereum.signer', () =>
        verifyEthereumSignature(address, sha256(digest), long),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('ethereum.signer', () =>
        verifyEthereumSignature(
          address.map((byte) => byte ^ 1),
          digest,
          long,
        ),
      ),
    ).toBe(true);
  });

  it('have one form: the high s is refused', () => {
    const high = concat(
      r,
      integerBytes(ORDER - BigInt(`0x${Buffer.from(s).toString('hex')}`), 32),
      Uint8Array.of(28 - parity),
    );
    expect(
      refusedOnlyBy('ethereum.signature-low-s', () =>
        verifyEthereumSignature(address, digest, high),
      ),
    ).toBe(true);
  });

  it.each([0, 1, 26, 29, 37])('refuse v = %i', (v) => {
    expect(
      refusedOnlyBy('ethereum.signature-v', () =>
        parseEthereumSignature(concat(r, s, Uint8Array.of(v))),
      ),
    ).toBe(true);
  });

  it('refuse other lengths, r and s out of range, keys in another form, the zero address', () => {
    expect(
      refusedOnlyBy('ethereum.signature-length', () =>
        parseEthereumSignature(concat(long, Uint8Array.of(0))),
      ),
    ).toBe(true);
    for (const bad of [
      concat(new Uint8Array(32), s),
      concat(integerBytes(ORDER, 32), s),
      concat(r, new Uint8Array(32)),
    ]) {
      expect(
        refusedOnlyBy('ethereum.signature-range', () =>
          parseEthereumSignature(concat(bad, Uint8Array.of(27))),
        ),
      ).toBe(true);
    }
    expect(
      refusedOnlyBy('ethereum.key-form', () =>
        ethereumAddress(secp256k1.getPublicKey(secret, true)),
      ),
    ).toBe(true);
    expect(() => recoverEthereumAddress(digest.subarray(1), long)).toThrow(
      'ethereum.digest-length',
    );
    expect(
      refusedOnlyBy('ethereum.address', () =>
        withoutChecks(['ethereum.signer'], () =>
          verifyEthereumSignature(new Uint8Array(20), digest, long),
        ),
      ),
    ).toBe(true);
  });

  it('never throw in verification', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 70 }),
        fc.uint8Array({ maxLength: 40 }),
        (signature, hash) => {
          expect(verifyEthereumSignature(address, hash, signature)).toBe(false);
        },
      ),
      { seed: 10, numRuns: 200 },
    );
  });
});

interface Wycheproof {
  readonly testGroups: readonly {
    readonly publicKey: { readonly uncompressed: string };
    readonly tests: readonly {
      readonly tcId: number;
      readonly comment: string;
      readonly msg: string;
      readonly sig: string;
      readonly result: string;
    }[];
  }[];
}

const vectors = loadVectors<Wycheproof>('wycheproof/ecdsa_secp256k1_sha256_bitcoin_test.json');
describe.skipIf(vectors === undefined)(
  'Wycheproof, secp256k1 with low s, as Ethereum signatures',
  () => {
    it('agree in every case', () => {
      let valid = 0;
      for (const { publicKey, tests } of vectors!.testGroups) {
        const signer = ethereumAddress(unhex(publicKey.uncompressed));
        for (const { tcId, comment, msg, sig, result } of tests) {
          const hash = sha256(unhex(msg));
          let accepted = false;
          try {
            const parts = parseEcdsaDer(unhex(sig));
            const body = concat(integerBytes(parts.r, 32), integerBytes(parts.s, 32));
            accepted = [27, 28].some((v) =>
              verifyEthereumSignature(signer, hash, concat(body, Uint8Array.of(v))),
            );
          } catch {
            accepted = false;
          }
          if (accepted) valid += 1;
          // ECDSA takes an R whose x is above the order; Ethereum's v 27 and 28 cannot name it, and ecrecover finds another key.
          const nameable = comment !== 'k*G has a large x-coordinate';
          expect(accepted, `case ${tcId}`).toBe(result === 'valid' && nameable);
        }
      }
      expect(valid).toBeGreaterThan(100);
    });
  },
);

describe('a signature that no key can have made', () => {
  it('recovers no address', () => {
    // 5^3 + 7 is no square: no point has this r.
    const signature = new Uint8Array(65);
    [signature[31], signature[63], signature[64]] = [5, 1, 27];
    expect(() => recoverEthereumAddress(new Uint8Array(32), signature)).toThrow(
      expect.objectContaining({ code: 'CRYPTO_INVALID', data: { check: 'ethereum.recovery' } }),
    );
  });
});
