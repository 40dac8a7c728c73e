import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import {
  DER,
  expectTag,
  readDer,
  readDerBits,
  readDerInteger,
  readDerList,
  readDerObjectId,
  readDerSequence,
  type DerElement,
} from './der.ts';
import { checkPoint, type FabricCurve } from './ecdsa.ts';

/** The key of a certificate: its kind, the point or key bytes, and the whole SubjectPublicKeyInfo, whose SHA-256 names the account. */
export interface CertificateKey {
  readonly kind: FabricCurve | 'Ed25519';
  readonly bytes: Uint8Array;
  readonly spki: Uint8Array;
}

export type SignatureAlgorithm = 'ecdsa-sha256' | 'ecdsa-sha384' | 'ed25519';

/** What Midlock reads of an X.509 v3 certificate (RFC 5280). Names are compared as their DER bytes. */
export interface Certificate {
  readonly bytes: Uint8Array;
  readonly signedBytes: Uint8Array;
  /** Hex digits of the serial number. */
  readonly serial: string;
  readonly issuer: Uint8Array;
  readonly subject: Uint8Array;
  readonly commonName: string | undefined;
  /** Fabric's node roles stand here: client, peer, admin, orderer. */
  readonly organizationalUnits: readonly string[];
  readonly notBeforeSec: bigint;
  readonly notAfterSec: bigint;
  readonly key: CertificateKey;
  readonly isAuthority: boolean;
  /** How many authorities may follow below; undefined for any number. */
  readonly pathLength: number | undefined;
  /** False when a key usage extension stands there without the right named. */
  readonly mayCertify: boolean;
  readonly maySign: boolean;
  readonly algorithm: SignatureAlgorithm;
  readonly signature: Uint8Array;
}

const ALGORITHMS: Readonly<Record<string, SignatureAlgorithm>> = {
  '1.2.840.10045.4.3.2': 'ecdsa-sha256',
  '1.2.840.10045.4.3.3': 'ecdsa-sha384',
  '1.3.101.112': 'ed25519',
};
const CURVES: Readonly<Record<string, FabricCurve>> = {
  '1.2.840.10045.3.1.7': 'P-256',
  '1.3.132.0.34': 'P-384',
};
const [KEY_USAGE, BASIC_CONSTRAINTS] = ['2.5.29.15', '2.5.29.19'];
/** Extensions whose marking as critical is understood: the two above, and the purposes of TLS certificates. */
const KNOWN_CRITICAL = [KEY_USAGE, BASIC_CONSTRAINTS, '2.5.29.37'];

/**
 * Reads a certificate, strictly DER.
 * @throws {CryptoError} CRYPTO_ENCODING for malformed bytes, CRYPTO_KEY for a key or algorithm that Fabric does not use.
 */
export function parseCertificate(bytes: Uint8Array): Certificate {
  const [tbs, outer, signature] = readDerSequence(readDer(bytes, DER.sequence), 3);
  const fields = [...readDerSequence(tbs, 7, 10)];
  const version = expectTag(fields.shift(), 0xa0);
  check(
    'certificate.version',
    readDerInteger(readDerList(version.content)[0]) === 2n,
    'CRYPTO_ENCODING',
  );
  const [serial, inner, issuer, validity, subject, spki, ...optional] = fields;
  const algorithm = readAlgorithm(outer);
  check('certificate.algorithms-equal', readAlgorithm(inner) === algorithm, 'CRYPTO_ENCODING');
  const [notBefore, notAfter] = readDerSequence(validity, 2);
  const names = readName(subject);
  return {
    bytes,
    signedBytes: expectTag(tbs, DER.sequence).bytes,
    serial: readDerInteger(serial).toString(16),
    issuer: expectTag(issuer, DER.sequence).bytes,
    subject: expectTag(subject, DER.sequence).bytes,
    commonName: names.find(([type]) => type === '2.5.4.3')?.[1],
    organizationalUnits: names.filter(([type]) => type === '2.5.4.11').map(([, text]) => text),
    notBeforeSec: readTime(notBefore),
    notAfterSec: readTime(notAfter),
    key: readKey(spki),
    ...readExtensions(optional.find(({ tag }) => tag === 0xa3)),
    algorithm,
    signature: readDerBits(signature),
  };
}

/** Reads one PEM certificate and nothing around it but white space. Throws CRYPTO_ENCODING as {@link parseCertificate}. */
export function parseCertificatePem(text: string): Certificate {
  const body =
    /^\s*-----BEGIN CERTIFICATE-----\r?\n([A-Za-z0-9+/=\r\n]+)\r?\n-----END CERTIFICATE-----\s*$/.exec(
      text,
    )?.[1];
  if (body === undefined || body.length > 65_536)
    throw new CryptoError('CRYPTO_ENCODING', { field: 'pem' });
  let binary: string;
  try {
    binary = atob(body.replace(/[\r\n]/g, ''));
  } catch (cause) {
    throw new CryptoError('CRYPTO_ENCODING', { field: 'pem' }, { cause });
  }
  return parseCertificate(Uint8Array.from(binary, (letter) => letter.charCodeAt(0)));
}

function readAlgorithm(element: DerElement | undefined): SignatureAlgorithm {
  const id = readDerObjectId(readDerSequence(element, 1, 2)[0]);
  const algorithm = ALGORITHMS[id];
  if (algorithm === undefined) {
    throw new CryptoError('CRYPTO_KEY', { check: 'certificate.algorithm', algorithm: id });
  }
  return algorithm;
}

function readKey(element: DerElement | undefined): CertificateKey {
  const [algorithm, bits] = readDerSequence(element, 2);
  const spki = expectTag(element, DER.sequence).bytes;
  const [id, parameters] = readDerSequence(algorithm, 1, 2);
  const bytes = readDerBits(bits);
  if (readDerObjectId(id) === '1.3.101.112') {
    check('certificate.ed25519-length', bytes.length === 32, 'CRYPTO_KEY');
    return { kind: 'Ed25519', bytes, spki };
  }
  const kind =
    readDerObjectId(id) === '1.2.840.10045.2.1' ? CURVES[readDerObjectId(parameters)] : undefined;
  if (kind === undefined) throw new CryptoError('CRYPTO_KEY', { check: 'certificate.key-kind' });
  checkPoint(kind, bytes);
  return { kind, bytes, spki };
}

function readName(element: DerElement | undefined): readonly (readonly [string, string])[] {
  return readDerList(expectTag(element, DER.sequence).content).flatMap((set) =>
    readDerList(expectTag(set, DER.set).content).map((pair) => {
      const [type, value] = readDerSequence(pair, 2);
      return [readDerObjectId(type), new TextDecoder().decode(value?.content)] as const;
    }),
  );
}

/** RFC 5280, 4.1.2.5: UTCTime, whose years below 50 are of this century, or GeneralizedTime; to the second, in UTC. */
function readTime(element: DerElement | undefined): bigint {
  const text = new TextDecoder().decode(element?.content);
  const short = element?.tag === DER.utcTime;
  const known = short || element?.tag === DER.generalizedTime;
  const digits = short ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits);
  if (!known || parts === null)
    throw new CryptoError('CRYPTO_ENCODING', { check: 'certificate.time' });
  const iso = `${parts.slice(1, 4).join('-')}T${parts.slice(4).join(':')}.000Z`;
  const ms = Date.parse(iso);
  // A day that the calendar does not have comes back as another one.
  const real = !Number.isNaN(ms) && new Date(ms).toISOString() === iso;
  check('certificate.time-real', real, 'CRYPTO_ENCODING', { time: text });
  return BigInt(Math.floor(Number.isNaN(ms) ? 0 : ms / 1000));
}

type Constraints = Pick<Certificate, 'isAuthority' | 'pathLength' | 'mayCertify' | 'maySign'>;

function readExtensions(wrapper: DerElement | undefined): Constraints {
  let constraints: Constraints = {
    isAuthority: false,
    pathLength: undefined,
    mayCertify: true,
    maySign: true,
  };
  const seen = new Set<string>();
  for (const extension of wrapper === undefined
    ? []
    : readDerList(readDer(wrapper.content, DER.sequence).content)) {
    const parts = readDerSequence(extension, 2, 3);
    const id = readDerObjectId(parts[0]);
    const critical = parts.length === 3 && readTrue(parts[1]);
    const value = expectTag(parts.at(-1), DER.octetString).content;
    check('certificate.extension-once', !seen.has(id), 'CRYPTO_ENCODING', { extension: id });
    check(
      'certificate.extension-known',
      !critical || KNOWN_CRITICAL.includes(id),
      'CRYPTO_INVALID',
      { extension: id },
    );
    seen.add(id);
    if (id === BASIC_CONSTRAINTS) constraints = { ...constraints, ...readBasicConstraints(value) };
    if (id === KEY_USAGE) constraints = { ...constraints, ...readKeyUsage(value) };
  }
  return constraints;
}

function readBasicConstraints(value: Uint8Array): Pick<Constraints, 'isAuthority' | 'pathLength'> {
  const [authority, length] = readDerSequence(readDer(value, DER.sequence), 0, 2);
  return {
    isAuthority: authority !== undefined && readTrue(authority),
    pathLength: length === undefined ? undefined : Number(readDerInteger(length)),
  };
}

/** A BOOLEAN that stands there: true, because DER leaves out the default. */
function readTrue(element: DerElement | undefined): boolean {
  const { content } = expectTag(element, DER.boolean);
  check('certificate.boolean-true', content.length === 1 && content[0] === 0xff, 'CRYPTO_ENCODING');
  return true;
}

function readKeyUsage(value: Uint8Array): Pick<Constraints, 'mayCertify' | 'maySign'> {
  const usage = readDer(value, DER.bitString).content[1] ?? 0;
  return { mayCertify: (usage & 0x04) !== 0, maySign: (usage & 0x80) !== 0 };
}
