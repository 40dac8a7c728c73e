import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
  X509Certificate,
  type KeyObject,
} from 'node:crypto';
import { certificateParts } from './certificate-parts.ts';
import { contextTag, der, derOid, derTime, derUnsigned, TAG } from './der.ts';
import type { KeyPair } from './types.ts';

const OID = {
  commonName: '2.5.4.3',
  country: '2.5.4.6',
  locality: '2.5.4.7',
  state: '2.5.4.8',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  ed25519: '1.3.101.112',
  /** Where fabric-ca puts `{"attrs":{...}}`. */
  fabricAttributes: '1.2.3.4.5.6.7.8.1',
} as const;

/** Subject fields; absent ones are left out. */
export interface SubjectName {
  readonly organization?: string;
  readonly organizationalUnits?: readonly string[];
  readonly commonName: string;
}

/** What a certificate of Fabric's kind needs. Times are Unix milliseconds, cut to seconds. */
export interface CertificateRequest {
  readonly subject: SubjectName;
  readonly usage: 'ca' | 'sign' | 'tls';
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** DNS names and IPv4 addresses of a TLS certificate. */
  readonly hosts?: readonly string[];
  /** Fabric attributes, readable by chaincode's `clientIdentity.getAttributeValue`. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** Default `P-256`. */
  readonly keyType?: 'P-256' | 'P-384' | 'Ed25519';
}

/**
 * Makes a key pair and its X.509 v3 certificate with the fields that cryptogen writes, signed by `issuer`
 * (by itself when there is none). The key is PKCS#8 PEM. Under a millisecond.
 */
export function issueCertificate(request: CertificateRequest, issuer?: KeyPair): KeyPair {
  const keys = generateKeys(request.keyType ?? 'P-256');
  const spki = keys.publicKey.export({ type: 'spki', format: 'der' });
  const signingKey =
    issuer === undefined ? keys.privateKey : createPrivateKey(issuer.privateKeyPem);
  const issuerKey = issuer === undefined ? spki : publicKeyOf(issuer);
  const issuerName =
    issuer === undefined ? encodeName(request.subject) : subjectDerOf(issuer.certificatePem);
  const algorithm = der(
    TAG.sequence,
    derOid(signingKey.asymmetricKeyType === 'ed25519' ? OID.ed25519 : OID.ecdsaWithSha256),
  );
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x40;
  const tbs = der(
    TAG.sequence,
    der(contextTag(0), der(TAG.integer, Buffer.from([2]))),
    derUnsigned(serial),
    algorithm,
    issuerName,
    der(TAG.sequence, derTime(request.notBeforeMs), derTime(request.notAfterMs)),
    encodeName(request.subject),
    spki,
    der(contextTag(3), der(TAG.sequence, ...extensions(request, spki, issuerKey))),
  );
  const digest = signingKey.asymmetricKeyType === 'ed25519' ? null : 'sha256';
  const signature = sign(digest, tbs, signingKey);
  const certificate = der(TAG.sequence, tbs, algorithm, bitString(signature));
  return {
    certificatePem: certificatePem(certificate),
    privateKeyPem: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** PEM of a DER certificate, 64 characters a line, as Go and OpenSSL write it. */
export function certificatePem(certificate: Uint8Array): string {
  const lines =
    Buffer.from(certificate)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

function generateKeys(type: 'P-256' | 'P-384' | 'Ed25519'): {
  publicKey: KeyObject;
  privateKey: KeyObject;
} {
  return type === 'Ed25519'
    ? generateKeyPairSync('ed25519')
    : generateKeyPairSync('ec', { namedCurve: type });
}

function publicKeyOf(pair: KeyPair): Buffer {
  return createPublicKey(pair.certificatePem).export({ type: 'spki', format: 'der' });
}

function extensions(request: CertificateRequest, spki: Buffer, issuerKey: Buffer): Buffer[] {
  const { usage } = request;
  const list: Buffer[] = [];
  // Bits from the left: digitalSignature 0, keyEncipherment 2, keyCertSign 5, cRLSign 6.
  const keyUsage = { ca: [1, 0xa6], sign: [7, 0x80], tls: [5, 0xa0] }[usage];
  list.push(extension(OID.keyUsage, der(TAG.bitString, Buffer.from(keyUsage)), true));
  if (usage !== 'sign') {
    const purposes = der(TAG.sequence, derOid(OID.serverAuth), derOid(OID.clientAuth));
    list.push(extension(OID.extKeyUsage, purposes));
  }
  const isCa = usage === 'ca' ? [der(TAG.boolean, Buffer.from([0xff]))] : [];
  list.push(extension(OID.basicConstraints, der(TAG.sequence, ...isCa), true));
  if (usage === 'ca') {
    list.push(extension(OID.subjectKeyId, der(TAG.octetString, keyIdentifier(spki))));
  } else {
    const keyId = der(contextTag(0, true), keyIdentifier(issuerKey));
    list.push(extension(OID.authorityKeyId, der(TAG.sequence, keyId)));
  }
  if (request.hosts !== undefined && request.hosts.length > 0) {
    list.push(extension(OID.subjectAltName, der(TAG.sequence, ...request.hosts.map(hostName))));
  }
  if (request.attributes !== undefined) {
    const attributes = Buffer.from(JSON.stringify({ attrs: request.attributes }));
    list.push(extension(OID.fabricAttributes, attributes));
  }
  return list;
}

function extension(oid: string, value: Uint8Array, critical = false): Buffer {
  const flag = critical ? [der(TAG.boolean, Buffer.from([0xff]))] : [];
  return der(TAG.sequence, derOid(oid), ...flag, der(TAG.octetString, value));
}

function hostName(host: string): Buffer {
  const octets = /^\d+\.\d+\.\d+\.\d+$/.test(host) ? host.split('.').map(Number) : undefined;
  return octets === undefined
    ? der(contextTag(2, true), Buffer.from(host))
    : der(contextTag(7, true), Buffer.from(octets));
}

/** SHA-256 of the public point, as cryptogen computes it. */
function keyIdentifier(spki: Buffer): Buffer {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const jwk = key.export({ format: 'jwk' });
  const x = Buffer.from(jwk.x ?? '', 'base64url');
  const point =
    jwk.y === undefined ? x : Buffer.concat([Buffer.from([4]), x, Buffer.from(jwk.y, 'base64url')]);
  return createHash('sha256').update(point).digest();
}

function encodeName(subject: SubjectName): Buffer {
  const rdn = (oid: string, value: string, tag: number = TAG.utf8String): Buffer =>
    der(TAG.set, der(TAG.sequence, derOid(oid), der(tag, Buffer.from(value))));
  return der(
    TAG.sequence,
    rdn(OID.country, 'US', TAG.printableString),
    rdn(OID.state, 'California'),
    rdn(OID.locality, 'San Francisco'),
    ...(subject.organization === undefined ? [] : [rdn(OID.organization, subject.organization)]),
    ...(subject.organizationalUnits ?? []).map((unit) => rdn(OID.organizationalUnit, unit)),
    rdn(OID.commonName, subject.commonName),
  );
}

/** The subject of a certificate, as its DER stands in it: an issuer name must be the same octets. */
function subjectDerOf(pem: string): Buffer {
  return Buffer.from(certificateParts(new X509Certificate(pem).raw).subject);
}

function bitString(content: Uint8Array): Buffer {
  return der(TAG.bitString, Buffer.from([0]), content);
}
