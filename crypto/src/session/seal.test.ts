import { secp256k1 } from '@noble/curves/secp256k1.js';
import { p256 } from '@noble/curves/nist.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concat, lengthPrefixed, utf8 } from '../encoding/bytes.ts';
import { SEAL_TAG } from '../encoding/domains.ts';
import { parseCertificate } from '../identity/certificate.ts';
import { ethereumAddress } from '../identity/ethereum.ts';
import { certificateKeyHash } from '../identity/fabric.ts';
import { typedDataDigest } from '../identity/typed-data.ts';
import { testCertificate, testIdentity } from '../testing/certificates.ts';
import { refusedOnlyBy, withoutChecks } from '../testing/checks.ts';
import {
  acceptKemBinding,
  kemBindingBytes,
  kemBindingTypedData,
  type BindingSigner,
  type KemBinding,
} from './kem-binding.ts';
import { hpkeSender } from './hpke.ts';
import { openSeal, seal, sealCommitment } from './seal.ts';
import { generateKemKey } from './x25519.ts';

const secret = sha256(utf8('consumer'));
const address = ethereumAddress(secp256k1.getPublicKey(secret, false));
const member = testIdentity('member');
const certificate = parseCertificate(
  testCertificate({ subject: member, issuer: testIdentity('root') }),
);
const domain = new Uint8Array(32).fill(5);
const [consumer, provider] = [generateKemKey(), generateKemKey()];
const binding: KemBinding = {
  domain,
  identity: address,
  key: consumer.publicKey,
  expiresAtSec: 1_000n,
};
const signer: BindingSigner = { kind: 'ethereum', address };
const signEthereum = (value: KemBinding): Uint8Array => {
  const made = secp256k1.sign(typedDataDigest(kemBindingTypedData(value)), secret, {
    prehash: false,
    format: 'recovered',
  });
  return concat(made.subarray(1), Uint8Array.of(27 + made[0]!));
};
const bound = acceptKemBinding(binding, signEthereum(binding), signer, domain, 999n);
const trade = new Uint8Array(32).fill(6);

describe('the binding of a KEM key to a chain identity', () => {
  it('is accepted from Ethereum and Fabric identities', () => {
    expect(bound).toEqual(binding);
    const fabric = { ...binding, identity: certificateKeyHash(certificate) };
    const signature = p256.sign(kemBindingBytes(fabric), member.secret, {
      format: 'der',
      lowS: true,
    });
    expect(
      acceptKemBinding(fabric, signature, { kind: 'fabric', certificate }, domain, 1n),
    ).toEqual(fabric);
    expect(
      refusedOnlyBy('kem-binding.signature', () =>
        acceptKemBinding(
          { ...fabric, expiresAtSec: 2_000n },
          signature,
          { kind: 'fabric', certificate },
          domain,
          1n,
        ),
      ),
    ).toBe(true);
  });

  it('holds for one domain, one identity, one key and until its end', () => {
    const attempt =
      (change: Partial<KemBinding>, nowSec = 1n) =>
      () =>
        acceptKemBinding(
          { ...binding, ...change },
          signEthereum({ ...binding, ...change }),
          signer,
          domain,
          nowSec,
        );
    expect(refusedOnlyBy('kem-binding.domain', attempt({ domain: new Uint8Array(32) }))).toBe(true);
    expect(refusedOnlyBy('kem-binding.expired', attempt({}, 1_000n))).toBe(true);
    expect(
      refusedOnlyBy('kem-binding.identity', attempt({ identity: new Uint8Array(20).fill(1) })),
    ).toBe(true);
    expect(attempt({ key: new Uint8Array(32) })).toThrow('x25519.small-order');
    for (const change of [{ key: provider.publicKey }, { expiresAtSec: 5_000n }]) {
      expect(
        refusedOnlyBy('kem-binding.signature', () =>
          acceptKemBinding({ ...binding, ...change }, signEthereum(binding), signer, domain, 1n),
        ),
      ).toBe(true);
    }
  });
});

describe('seals', () => {
  const index = utf8('sensor/17/2031-05');
  const made = seal(bound, index, trade, provider);
  const open =
    (
      change: {
        sealed?: Uint8Array;
        commitment?: Uint8Array;
        binding?: KemBinding;
        trade?: Uint8Array;
        sender?: Uint8Array;
        own?: typeof consumer;
      } = {},
    ) =>
    () =>
      openSeal(
        change.sealed ?? made.sealed,
        change.commitment ?? made.commitment,
        change.own ?? consumer,
        change.binding ?? binding,
        change.trade ?? trade,
        change.sender ?? provider.publicKey,
      );

  it('give the identity its index, for every index', () => {
    expect(open()()).toEqual(index);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 1_024 }), (bytes) => {
        const other = seal(bound, bytes, trade, provider);
        expect(
          openSeal(other.sealed, other.commitment, consumer, binding, trade, provider.publicKey),
        ).toEqual(bytes);
      }),
      { seed: 15, numRuns: 15 },
    );
  });

  it('open for nobody else, from nobody else, in no other trade or domain', () => {
    for (const change of [
      { own: provider },
      { sender: consumer.publicKey },
      { trade: new Uint8Array(32) },
      { commitment: new Uint8Array(32) },
      { binding: { ...binding, domain: new Uint8Array(32) } },
      { binding: { ...binding, identity: new Uint8Array(20) } },
    ])
      expect(open(change)).toThrow('hpke.tag');
  });

  it('commit to the index with a salt, so that guessing it from the ledger needs the salt', () => {
    expect(seal(bound, index, trade, provider).commitment).not.toEqual(made.commitment);
    expect(made.commitment).not.toEqual(sealCommitment(address, new Uint8Array(32), index));
  });

  it('are refused when the provider committed to another index', () => {
    // A dishonest provider seals one index under the commitment of another.
    const [other, salt] = [
      sealCommitment(address, new Uint8Array(32), utf8('other')),
      new Uint8Array(32),
    ];
    const dishonest = withCommitment(other, salt);
    expect(
      refusedOnlyBy('seal.commitment', () =>
        openSeal(dishonest, other, consumer, binding, trade, provider.publicKey),
      ),
    ).toBe(true);
  });

  it('have bounded lengths', () => {
    expect(
      refusedOnlyBy('seal.index-length', () => seal(bound, new Uint8Array(0), trade, provider)),
    ).toBe(true);
    expect(
      refusedOnlyBy('seal.trade-length', () => seal(bound, index, trade.subarray(1), provider)),
    ).toBe(true);
    const empty = withoutChecks(['seal.index-length'], () =>
      seal(bound, new Uint8Array(0), trade, provider),
    );
    expect(
      refusedOnlyBy('seal.length', open({ sealed: empty.sealed, commitment: empty.commitment })),
    ).toBe(true);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(open({ sealed: bytes })).toThrow('CRYPTO_');
      }),
      { seed: 16, numRuns: 30 },
    );
  });

  function withCommitment(commitment: Uint8Array, salt: Uint8Array): Uint8Array {
    const context = hpkeSender(
      bound.key,
      { info: lengthPrefixed(utf8(SEAL_TAG), domain, address, trade) },
      provider,
    );
    return concat(context.enc, context.seal(commitment, concat(salt, index)));
  }
});
