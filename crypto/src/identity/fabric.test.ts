import { X509Certificate } from 'node:crypto';
import { p256, p384 } from '@noble/curves/nist.js';
import { ed25519 } from '@noble/curves/ed25519.js';
import { sha256 } from '@noble/hashes/sha2.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesInteger, concat, integerBytes, utf8 } from '../encoding/bytes.ts';
import {
  der,
  derInteger,
  derObjectId,
  testCertificate,
  testExtension,
  testIdentity,
  type TestCertificateOptions,
} from '../testing/certificates.ts';
import { refusedOnlyBy, withoutChecks } from '../testing/checks.ts';
import { hex, loadVectors, unhex } from '../testing/vectors.ts';
import { parseCertificate, parseCertificatePem, type Certificate } from './certificate.ts';
import {
  DER,
  readDer,
  readDerBits,
  readDerInteger,
  readDerObjectId,
  readDerSequence,
} from './der.ts';
import { parseEcdsaDer, verifyEcdsa } from './ecdsa.ts';
import { verifyEd25519 } from './ed25519.ts';
import {
  certificateKeyHash,
  revocationKey,
  verifyCertificateChain,
  verifyFabricSignature,
  type FabricTrust,
} from './fabric.ts';

const [root, middle, member] = [
  testIdentity('root'),
  testIdentity('middle'),
  testIdentity('member'),
];
const make = (options: TestCertificateOptions): Certificate =>
  parseCertificate(testCertificate(options));
const rootCertificate = make({ subject: root, issuer: root, authority: true, keyUsage: 0x06 });
const middleCertificate = make({
  subject: middle,
  issuer: root,
  authority: true,
  pathLength: 0n,
  keyUsage: 0x04,
});
const memberCertificate = make({
  subject: member,
  issuer: middle,
  unit: 'client',
  keyUsage: 0x80,
  serial: 99n,
});
const trust: FabricTrust = {
  roots: [rootCertificate],
  intermediates: [middleCertificate],
  atSec: 1_800_000_000n,
  revoked: new Set(),
};

describe('certificates', () => {
  it('are read as OpenSSL reads them', () => {
    const reference = new X509Certificate(memberCertificate.bytes);
    expect(BigInt(`0x${memberCertificate.serial}`)).toBe(BigInt(`0x${reference.serialNumber}`));
    expect(memberCertificate.commonName).toBe('member');
    expect(memberCertificate.organizationalUnits).toEqual(['client']);
    expect(Number(memberCertificate.notBeforeSec) * 1000).toBe(Date.parse(reference.validFrom));
    expect(Number(memberCertificate.notAfterSec) * 1000).toBe(Date.parse(reference.validTo));
    expect(memberCertificate.key.spki).toEqual(
      new Uint8Array(reference.publicKey.export({ type: 'spki', format: 'der' })),
    );
    expect(certificateKeyHash(memberCertificate)).toEqual(sha256(memberCertificate.key.spki));
    expect(parseCertificatePem(reference.toString())).toEqual(memberCertificate);
    expect([
      rootCertificate.isAuthority,
      rootCertificate.mayCertify,
      memberCertificate.isAuthority,
    ]).toEqual([true, true, false]);
    expect(middleCertificate.pathLength).toBe(0);
  });

  it('refuse what RFC 5280 does not allow', () => {
    const bytesOf = (options: Partial<TestCertificateOptions>) =>
      testCertificate({ subject: member, issuer: root, ...options });
    const read = (options: Partial<TestCertificateOptions>) => () =>
      parseCertificate(bytesOf(options));
    expect(refusedOnlyBy('certificate.version', read({ version: 1n }))).toBe(true);
    expect(
      refusedOnlyBy(
        'certificate.algorithms-equal',
        read({ innerAlgorithm: der(DER.sequence, derObjectId('1.2.840.10045.4.3.3')) }),
      ),
    ).toBe(true);
    expect(
      read({ innerAlgorithm: der(DER.sequence, derObjectId('1.2.840.113549.1.1.11')) }),
    ).toThrow('certificate.algorithm');
    expect(refusedOnlyBy('certificate.time-real', read({ notAfter: '260231000000Z' }))).toBe(true);
    expect(read({ notAfter: '2602310000Z' })).toThrow('certificate.time');
    expect(
      refusedOnlyBy(
        'certificate.extension-known',
        read({ extensions: [testExtension('2.5.29.36', der(DER.sequence), true)] }),
      ),
    ).toBe(true);
    const plain = testExtension('1.2.3.4', der(DER.sequence), false);
    expect(refusedOnlyBy('certificate.extension-once', read({ extensions: [plain, plain] }))).toBe(
      true,
    );
    const explicitFalse = der(
      DER.sequence,
      derObjectId('2.5.29.37'),
      der(DER.boolean, Uint8Array.of(0)),
      der(DER.octetString),
    );
    expect(refusedOnlyBy('certificate.boolean-true', read({ extensions: [explicitFalse] }))).toBe(
      true,
    );
    expect(() =>
      parseCertificatePem('-----BEGIN CERTIFICATE-----\nnot base64!\n-----END CERTIFICATE-----'),
    ).toThrow('CRYPTO_ENCODING');
  });

  it('refuse an algorithm that is not known, though both places name it', () => {
    const known = testCertificate({ subject: member, issuer: root });
    // ECDSA with SHA-512 in place of SHA-256.
    const unknown = hex(known).replaceAll('2a8648ce3d040302', '2a8648ce3d040304');
    expect(() => parseCertificate(unhex(unknown))).toThrow(
      expect.objectContaining({
        code: 'CRYPTO_KEY',
        data: { check: 'certificate.algorithm', algorithm: '1.2.840.10045.4.3.4' },
      }),
    );
  });

  it('are read from PEM of at most 64 KiB', () => {
    const pem = new X509Certificate(memberCertificate.bytes).toString();
    const padded = (lines: number): string =>
      pem.replace('\n-----END', `${'\n'.repeat(lines)}\n-----END`);
    expect(parseCertificatePem(padded(1_000))).toEqual(memberCertificate);
    expect(() => parseCertificatePem(padded(66_000))).toThrow('CRYPTO_ENCODING');
    const cut = '-----BEGIN CERTIFICATE-----\nA\n-----END CERTIFICATE-----';
    expect(() => parseCertificatePem(cut)).toThrow(
      expect.objectContaining({ code: 'CRYPTO_ENCODING', data: { field: 'pem' } }),
    );
  });

  it('refuse keys that are no points', () => {
    const bytes = testCertificate({ subject: member, issuer: root });
    const at = bytes.findIndex(
      (_, i) => bytes[i] === 3 && bytes[i + 1] === 66 && bytes[i + 3] === 4,
    );
    const offCurve = bytes.slice();
    offCurve[at + 40]! ^= 1;
    expect(refusedOnlyBy('ecdsa.point-on-curve', () => parseCertificate(offCurve))).toBe(true);
    const otherForm = bytes.slice();
    otherForm[at + 3] = 6;
    expect(
      refusedOnlyBy('ecdsa.point-form', () =>
        withoutChecks(['ecdsa.point-on-curve'], () => parseCertificate(otherForm)),
      ),
    ).toBe(true);
  });

  it('of Ed25519 and P-384 keys are read; of other kinds and lengths not', () => {
    const info = (algorithm: Uint8Array[], key: Uint8Array) =>
      der(DER.sequence, der(DER.sequence, ...algorithm), der(DER.bitString, Uint8Array.of(0), key));
    const read = (publicKeyInfo: Uint8Array) => () =>
      make({ subject: member, issuer: root, publicKeyInfo });
    const ed = [derObjectId('1.3.101.112')];
    expect(read(info(ed, new Uint8Array(32).fill(7)))().key).toMatchObject({
      kind: 'Ed25519',
      bytes: new Uint8Array(32).fill(7),
    });
    expect(refusedOnlyBy('certificate.ed25519-length', read(info(ed, new Uint8Array(31))))).toBe(
      true,
    );
    const ec = derObjectId('1.2.840.10045.2.1');
    const wide = p384.getPublicKey(new Uint8Array(48).fill(9), false);
    expect(read(info([ec, derObjectId('1.3.132.0.34')], wide))().key.kind).toBe('P-384');
    expect(read(info([ec, derObjectId('1.3.132.0.10')], wide))).toThrow('certificate.key-kind');
    expect(read(info([derObjectId('1.2.840.113549.1.1.1')], wide))).toThrow('certificate.key-kind');
  });

  it('never fail but with a typed error', () => {
    fc.assert(
      fc.property(
        fc.nat(memberCertificate.bytes.length - 1),
        fc.integer({ min: 1, max: 255 }),
        (place, change) => {
          const bytes = memberCertificate.bytes.slice();
          bytes[place]! ^= change;
          try {
            parseCertificate(bytes);
          } catch (error) {
            expect(error).toHaveProperty('name', 'CryptoError');
          }
        },
      ),
      { seed: 11, numRuns: 500 },
    );
  });
});

describe('the chain', () => {
  const attempt =
    (certificate: Certificate, change: Partial<FabricTrust> = {}) =>
    () =>
      verifyCertificateChain(certificate, { ...trust, ...change });

  it('leads to the root, through an intermediate or directly', () => {
    expect(attempt(memberCertificate)()).toEqual([
      memberCertificate,
      middleCertificate,
      rootCertificate,
    ]);
    const direct = make({ subject: member, issuer: root });
    expect(attempt(direct)()).toEqual([direct, rootCertificate]);
  });

  it('must not be expired, early, revoked or signed by somebody else', () => {
    expect(
      refusedOnlyBy(
        'chain.expired',
        attempt(memberCertificate, { atSec: memberCertificate.notAfterSec + 1n }),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy(
        'chain.not-yet-valid',
        attempt(memberCertificate, { atSec: memberCertificate.notBeforeSec - 1n }),
      ),
    ).toBe(true);
    for (const certificate of [memberCertificate, middleCertificate]) {
      expect(
        refusedOnlyBy(
          'chain.revoked',
          attempt(memberCertificate, { revoked: new Set([revocationKey(certificate)]) }),
        ),
      ).toBe(true);
    }
    const impostor = { name: 'middle', secret: testIdentity('impostor').secret };
    expect(attempt(make({ subject: member, issuer: impostor }))).toThrow('chain.issuer');
    expect(attempt(memberCertificate, { roots: [] })).toThrow('chain.issuer');
    expect(attempt(memberCertificate, { intermediates: [] })).toThrow('chain.issuer');
  });

  it('goes through authorities that may certify, and no further than they allow', () => {
    const plain = make({ subject: middle, issuer: root });
    expect(
      refusedOnlyBy('chain.authority', attempt(memberCertificate, { intermediates: [plain] })),
    ).toBe(true);
    const signer = make({ subject: middle, issuer: root, authority: true, keyUsage: 0x80 });
    expect(
      refusedOnlyBy('chain.authority', attempt(memberCertificate, { intermediates: [signer] })),
    ).toBe(true);
    const lower = testIdentity('lower');
    const below = make({ subject: lower, issuer: middle, authority: true });
    const leaf = make({ subject: member, issuer: lower });
    expect(
      refusedOnlyBy(
        'chain.path-length',
        attempt(leaf, { intermediates: [middleCertificate, below] }),
      ),
    ).toBe(true);
    const authority = make({ subject: member, issuer: root, authority: true });
    expect(refusedOnlyBy('chain.leaf-not-authority', attempt(authority))).toBe(true);
  });

  it('ends after six certificates, also in a circle', () => {
    const [a, b] = [testIdentity('a'), testIdentity('b')];
    const circle = [
      make({ subject: a, issuer: b, authority: true }),
      make({ subject: b, issuer: a, authority: true }),
    ];
    expect(attempt(make({ subject: member, issuer: a }), { intermediates: circle })).toThrow(
      'chain.too-long',
    );
  });
});

describe('Fabric signatures', () => {
  const message = utf8('proposal');
  const signature = p256.sign(message, member.secret, { format: 'der', lowS: true });

  it('verify, and bind message and key', () => {
    expect(verifyFabricSignature(memberCertificate, message, signature)).toBe(true);
    expect(
      refusedOnlyBy('ecdsa.signature', () =>
        verifyFabricSignature(memberCertificate, utf8('other'), signature),
      ),
    ).toBe(true);
    expect(verifyFabricSignature(rootCertificate, message, signature)).toBe(false);
    expect(
      verifyFabricSignature({ ...memberCertificate, maySign: false }, message, signature),
    ).toBe(false);
  });

  it('with the high s are refused, as Fabric does', () => {
    const { r, s } = parseEcdsaDer(signature);
    const high = der(DER.sequence, derInteger(r), derInteger(p256.Point.Fn.ORDER - s));
    expect(
      refusedOnlyBy('ecdsa.low-s', () => verifyFabricSignature(memberCertificate, message, high)),
    ).toBe(true);
  });

  it('of Ed25519 certificates are checked strictly', () => {
    const secret = sha256(utf8('ed'));
    const key = {
      kind: 'Ed25519',
      bytes: ed25519.getPublicKey(secret),
      spki: new Uint8Array(0),
    } as const;
    expect(
      verifyFabricSignature({ ...memberCertificate, key }, message, ed25519.sign(message, secret)),
    ).toBe(true);
    expect(
      refusedOnlyBy('ed25519.signature', () =>
        verifyEd25519(key.bytes, utf8('other'), ed25519.sign(message, secret)),
      ),
    ).toBe(true);
  });

  it('of small-order keys fit every message and are refused', () => {
    // The neutral element as key: s = 0 and R = neutral satisfies the equation for any message.
    const neutral = new Uint8Array(32).fill(0, 1).fill(1, 0, 1);
    const forged = concat(neutral, new Uint8Array(32));
    for (const text of ['a', 'b'])
      expect(
        refusedOnlyBy('ed25519.key-order', () => verifyEd25519(neutral, utf8(text), forged)),
      ).toBe(true);
  });

  it('of Ed25519 have one s', () => {
    const secret = sha256(utf8('ed'));
    const good = ed25519.sign(message, secret);
    const s =
      BigInt(`0x${Buffer.from(good.slice(32).reverse()).toString('hex')}`) + ed25519.Point.Fn.ORDER;
    const second = concat(good.subarray(0, 32), integerBytes(s, 32).reverse());
    expect(
      refusedOnlyBy('ed25519.s-below-order', () =>
        verifyEd25519(ed25519.getPublicKey(secret), message, second),
      ),
    ).toBe(true);
  });
});

describe('DER', () => {
  const read = (hex: string) => () => readDerInteger(readDer(unhex(hex), DER.integer));
  it.each([
    ['der.trailing', '02010100'],
    ['der.cut', '020201'],
    ['der.length-form', '0280010000'],
    ['der.length-minimal', '02810101'],
    ['der.integer-empty', '0200'],
    ['der.integer-negative', '0281' + '80' + 'ff'.repeat(128)],
    ['der.integer-minimal', '02020001'],
    ['der.tag-low', '1f0101'],
  ])('refuses by %s', (id, hex) => {
    expect(read(hex)).toThrow(id);
    expect(
      withoutChecks([id], () => {
        try {
          read(hex)();
          return '';
        } catch (error) {
          return String(error);
        }
      }),
    ).not.toContain(id);
  });

  it('reads the shortest object id', () => {
    expect(readDerObjectId(readDer(unhex('06012a'), DER.objectId))).toBe('1.2');
    expect(() => readDerObjectId(readDer(unhex('0600'), DER.objectId))).toThrow('der.object-whole');
  });

  it('refuses partial bits, padded object ids, wrong counts and tags', () => {
    expect(
      refusedOnlyBy('der.bits-whole', () => readDerBits(readDer(unhex('03020101'), DER.bitString))),
    ).toBe(true);
    expect(
      refusedOnlyBy('der.object-length', () =>
        readDerObjectId(readDer(unhex(`0641${'2a'.repeat(65)}`), DER.objectId)),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('der.object-minimal', () =>
        readDerObjectId(readDer(unhex('06032a8001'), DER.objectId)),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('der.object-whole', () =>
        readDerObjectId(readDer(unhex('06022a81'), DER.objectId)),
      ),
    ).toBe(true);
    expect(
      refusedOnlyBy('der.sequence-length', () =>
        readDerSequence(readDer(unhex('3003020101'), DER.sequence), 2),
      ),
    ).toBe(true);
    expect(() => readDer(unhex('020101'), DER.sequence)).toThrow('der.tag');
  });
});

interface Case {
  readonly tcId: number;
  readonly msg: string;
  readonly sig: string;
  readonly result: string;
  readonly flags: readonly string[];
}
interface Groups<K> {
  readonly testGroups: readonly { readonly publicKey: K; readonly tests: readonly Case[] }[];
}

const p256Vectors = loadVectors<Groups<{ readonly uncompressed: string }>>(
  'wycheproof/ecdsa_secp256r1_sha256_test.json',
);
describe.skipIf(p256Vectors === undefined)('Wycheproof, P-256 in DER', () => {
  it('agrees in every case, and low s refuses one more form', () => {
    const half = p256.Point.Fn.ORDER / 2n;
    let count = 0;
    for (const { publicKey, tests } of p256Vectors!.testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        const verdict = (lowS: boolean): boolean => {
          try {
            return verifyEcdsa(
              'P-256',
              unhex(publicKey.uncompressed),
              sha256(unhex(msg)),
              parseEcdsaDer(unhex(sig)),
              lowS,
            );
          } catch {
            return false;
          }
        };
        expect(verdict(false), `case ${tcId}`).toBe(result === 'valid');
        if (result === 'valid')
          expect(verdict(true), `case ${tcId}`).toBe(parseEcdsaDer(unhex(sig)).s <= half);
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(400);
  });
});

const edVectors = loadVectors<Groups<{ readonly pk: string }>>('wycheproof/ed25519_test.json');
describe.skipIf(edVectors === undefined)('Wycheproof, Ed25519', () => {
  it('agrees in every case', () => {
    let count = 0;
    for (const { publicKey, tests } of edVectors!.testGroups) {
      for (const { tcId, msg, sig, result } of tests) {
        expect(verifyEd25519(unhex(publicKey.pk), unhex(msg), unhex(sig)), `case ${tcId}`).toBe(
          result === 'valid',
        );
        count += 1;
      }
    }
    expect(count).toBeGreaterThan(100);
  });
});

const precompile = loadVectors<
  readonly { readonly Input: string; readonly Expected: string; readonly Name: string }[]
>('eip-7951/p256verify.json');
describe.skipIf(precompile === undefined)('EIP-7951, P256VERIFY', () => {
  it('agrees in every case with 160 bytes of input', () => {
    let valid = 0;
    for (const { Input, Expected, Name } of precompile ?? []) {
      const input = unhex(Input);
      if (input.length !== 160) continue;
      const [r, s] = [32, 64].map((at) => bytesInteger(input.subarray(at, at + 32)));
      const key = concat(Uint8Array.of(4), input.subarray(96));
      const verdict = verifyEcdsa('P-256', key, input.subarray(0, 32), { r: r!, s: s! }, false);
      expect(verdict, Name).toBe(Expected !== '');
      if (verdict) valid += 1;
    }
    expect(valid).toBeGreaterThan(100);
  });
});
