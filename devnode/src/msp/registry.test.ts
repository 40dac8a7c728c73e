import { createPrivateKey, X509Certificate } from 'node:crypto';
import { msp } from '@hyperledger/fabric-protos';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { certificateParts } from './certificate-parts.ts';
import { certificatePem, issueCertificate } from './certificate.ts';
import { createOrganization, issueUser } from './create-organization.ts';
import { der, derUnsigned, TAG } from './der.ts';
import { MspError } from './msp-error.ts';
import { createMspRegistry } from './registry.ts';
import { signMessage } from './sign-message.ts';
import { toLowS } from './verify-signature.ts';

const NOW = Date.UTC(2026, 0, 2);
const DAY = 86_400_000;
const org1 = createOrganization({
  mspId: 'Org1MSP',
  domain: 'org1.example.com',
  peers: ['peer0'],
  users: ['User1'],
  nowMs: NOW,
});
const org2 = createOrganization({
  mspId: 'Org2MSP',
  domain: 'org2.example.com',
  peers: ['peer0'],
  users: [],
  nowMs: NOW,
});
const registry = createMspRegistry([org1, org2]);

function serialize(mspId: string, pem: string): Uint8Array {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(Buffer.from(pem));
  return identity.serializeBinary();
}

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return error instanceof MspError ? error.code : `other: ${String(error)}`;
  }
  return undefined;
}

function userOf(name: string) {
  const user = org1.users.find((entry) => entry.name === name);
  if (user === undefined) throw new Error(`no user ${name}`);
  return user;
}

describe('createMspRegistry', () => {
  it('tells client, admin and peer apart', () => {
    const role = (pem: string) => registry.identify(serialize('Org1MSP', pem), NOW).role;
    expect(role(userOf('User1').sign.certificatePem)).toBe('client');
    expect(role(userOf('Admin').sign.certificatePem)).toBe('admin');
    expect(role(org1.peers[0]?.sign.certificatePem ?? '')).toBe('peer');
  });

  it('verifies what the key of the certificate signed', () => {
    const user = userOf('User1');
    const identity = registry.identify(serialize('Org1MSP', user.sign.certificatePem), NOW);
    const message = Buffer.from('m');
    const signature = signMessage(createPrivateKey(user.sign.privateKeyPem), message);
    expect(registry.verifySignature(identity, message, signature)).toBe(true);
    expect(registry.verifySignature(identity, Buffer.from('n'), signature)).toBe(false);
  });

  it('refuses an unknown organisation and a certificate of another one', () => {
    const pem = userOf('User1').sign.certificatePem;
    expect(codeOf(() => registry.identify(serialize('Org9MSP', pem), NOW))).toBe('UNKNOWN_MSP');
    expect(codeOf(() => registry.identify(serialize('Org2MSP', pem), NOW))).toBe(
      'UNTRUSTED_CERTIFICATE',
    );
  });

  it('refuses a CA of the same name with another key', () => {
    const twin = createOrganization({ ...org1, peers: [], users: ['Eve'], nowMs: NOW });
    const pem = twin.users[1]?.sign.certificatePem ?? '';
    expect(codeOf(() => registry.identify(serialize('Org1MSP', pem), NOW))).toBe(
      'UNTRUSTED_CERTIFICATE',
    );
  });

  it('refuses TLS certificates and the CA itself', () => {
    const tls = org1.peers[0]?.tls.certificatePem ?? '';
    expect(codeOf(() => registry.identify(serialize('Org1MSP', tls), NOW))).toBe(
      'UNTRUSTED_CERTIFICATE',
    );
    const ca = org1.ca.certificatePem;
    expect(codeOf(() => registry.identify(serialize('Org1MSP', ca), NOW))).toBe('CA_AS_IDENTITY');
  });

  it('looks at the end of validity only where Fabric does, and never at its begin', () => {
    const old = issueUser(org1, { name: 'Old', notBeforeMs: NOW, notAfterMs: NOW + DAY });
    const serialized = serialize('Org1MSP', old.sign.certificatePem);
    expect(registry.identify(serialized, NOW + DAY).role).toBe('client');
    expect(registry.identify(serialized, NOW - DAY).role).toBe('client');
    expect(codeOf(() => registry.identify(serialized, NOW + DAY + 1))).toBe('EXPIRED_CERTIFICATE');
    expect(registry.identifyIgnoringExpiry(serialized).role).toBe('client');
  });

  it('refuses a leaf that begins before its CA', () => {
    const early = issueUser(org1, { name: 'Early', notBeforeMs: NOW - DAY });
    const serialized = serialize('Org1MSP', early.sign.certificatePem);
    expect(codeOf(() => registry.identify(serialized, NOW))).toBe('UNTRUSTED_CERTIFICATE');
  });

  it('wants exactly one role', () => {
    const withUnits = (...organizationalUnits: string[]) =>
      issueCertificate(
        {
          subject: { organizationalUnits, commonName: 'x' },
          usage: 'sign',
          notBeforeMs: NOW,
          notAfterMs: NOW + DAY,
        },
        org1.ca,
      ).certificatePem;
    const identify = (pem: string) => registry.identify(serialize('Org1MSP', pem), NOW);
    expect(codeOf(() => identify(withUnits('department1')))).toBe('NO_ROLE');
    expect(codeOf(() => identify(withUnits()))).toBe('NO_ROLE');
    expect(codeOf(() => identify(withUnits('client', 'admin')))).toBe('NO_ROLE');
    expect(identify(withUnits('department1', 'client')).role).toBe('client');
  });

  it('takes Ed25519 only when told to', () => {
    const user = issueUser(org1, { name: 'Ed', keyType: 'Ed25519', notBeforeMs: NOW });
    const serialized = serialize('Org1MSP', user.sign.certificatePem);
    expect(codeOf(() => registry.identify(serialized, NOW))).toBe('UNSUPPORTED_KEY');
    const modern = createMspRegistry([org1], { ed25519: true });
    expect(modern.identify(serialized, NOW).role).toBe('client');
  });

  it('does not look at text around the first PEM block', () => {
    const pem = userOf('User1').sign.certificatePem;
    const plain = registry.identify(serialize('Org1MSP', pem), NOW);
    const wrapped = `some text\n${pem}more\n${org2.ca.certificatePem}`;
    expect(registry.identify(serialize('Org1MSP', wrapped), NOW).id).toBe(plain.id);
  });

  it('sees one identity in both forms of the signature of a CA', () => {
    const { raw } = new X509Certificate(userOf('User1').sign.certificatePem);
    const { tbs, signature } = certificateParts(raw);
    const low = toLowS(new X509Certificate(org1.ca.certificatePem).publicKey, signature);
    if (low === undefined) throw new Error('no ECDSA signature');
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const hex = (value: bigint) => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');
    const algorithmEnd = raw.length - signature.length - 3;
    const algorithm = raw.subarray(4 + tbs.length, algorithmEnd);
    const ids = [low.s, order - low.s].map((s) => {
      const form = der(TAG.sequence, derUnsigned(hex(low.r)), derUnsigned(hex(s)));
      const certificate = der(
        TAG.sequence,
        tbs,
        algorithm,
        der(TAG.bitString, Buffer.from([0]), form),
      );
      return registry.identify(serialize('Org1MSP', certificatePem(certificate)), NOW).id;
    });
    expect(ids[0]).toBe(ids[1]);
  });

  it('throws nothing but MspError on any octets', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(['MALFORMED_IDENTITY', 'UNKNOWN_MSP']).toContain(
          codeOf(() => registry.identify(bytes, NOW)),
        );
      }),
      { seed: 6, numRuns: 500 },
    );
  });

  it('throws nothing but MspError on a certificate with a changed octet, and accepts none', () => {
    const { raw } = new X509Certificate(userOf('User1').sign.certificatePem);
    fc.assert(
      fc.property(fc.nat(raw.length - 1), fc.integer({ min: 1, max: 255 }), (index, mask) => {
        const changed = Buffer.from(raw);
        changed[index] = (changed[index] ?? 0) ^ mask;
        const code = codeOf(() =>
          registry.identify(serialize('Org1MSP', certificatePem(changed)), NOW),
        );
        expect(code).toMatch(/^[A-Z_]+$/);
      }),
      { seed: 7, numRuns: 400 },
    );
  });
});
