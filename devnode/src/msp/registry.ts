import { createHash, X509Certificate } from 'node:crypto';
import { msp } from '@hyperledger/fabric-protos';
import { certificateParts } from './certificate-parts.ts';
import { certificatePem } from './certificate.ts';
import { MspError } from './msp-error.ts';
import type { Identity, MspDefinition, OrganizationMaterial, Role } from './types.ts';
import { isSupportedKey, toLowS, verifySignature } from './verify-signature.ts';
import { boundProtobufReads } from '../protobuf-bounds.ts';

boundProtobufReads();

/** Enough for every identity of a test network; dropped whole when full, so that nobody can grow it. */
const CACHE_LIMIT = 4096;
const ROLES: readonly Role[] = ['client', 'admin', 'peer', 'orderer'];
/** serverAuth and anyExtendedKeyUsage: what Go's verifier asks of a certificate that restricts its purposes. */
const ACCEPTED_PURPOSES = ['1.3.6.1.5.5.7.3.1', '2.5.29.37.0'];

/** Knows the organisations of a channel and turns serialized identities into validated ones. */
export interface MspRegistry {
  readonly mspIds: readonly string[];
  /**
   * Validates a SerializedIdentity (protobuf octets) as peers do for proposals and orderers for envelopes, expiry
   * included. Throws MspError; the message is Fabric's reason.
   */
  identify(serialized: Uint8Array, nowMs: number): Identity;
  /** The same without a look at the end of validity: block validation, CommitStatus and ChaincodeEvents. */
  identifyIgnoringExpiry(serialized: Uint8Array): Identity;
  /** See {@link verifySignature}; a signature that was good before, over the same octets, is not computed again. */
  verifySignature(identity: Identity, message: Uint8Array, signature: Uint8Array): boolean;
}

export interface MspRegistryOptions {
  /** Take Ed25519 keys, as a channel with capability V3_0 does. Default false. */
  readonly ed25519?: boolean;
}

/** Makes a registry of organisations. Validated identities are kept by their octets; refusals are not. */
export function createMspRegistry(
  organizations: readonly (MspDefinition | OrganizationMaterial)[],
  options: MspRegistryOptions = {},
): MspRegistry {
  const roots = new Map(organizations.map((entry) => [entry.mspId, rootsOf(entry)]));
  const verified = new Set<string>();
  const cache = new Map<string, Identity>();
  const identifyIgnoringExpiry = (serialized: Uint8Array): Identity => {
    const key = Buffer.from(serialized).toString('latin1');
    const known = cache.get(key);
    if (known !== undefined) return known;
    const identity = validate(serialized, roots, options.ed25519 ?? false);
    if (cache.size >= CACHE_LIMIT) cache.clear();
    cache.set(key, identity);
    return identity;
  };
  return {
    mspIds: [...roots.keys()],
    identifyIgnoringExpiry,
    identify(serialized, nowMs) {
      const identity = identifyIgnoringExpiry(serialized);
      if (nowMs > identity.certificate.validToDate.getTime()) {
        throw new MspError('EXPIRED_CERTIFICATE', 'proposal client identity expired');
      }
      return identity;
    },
    verifySignature(identity, message, signature) {
      // What the orderer has verified the committer verifies again: the same octets by the same key.
      const digest = createHash('sha256').update(message).digest().toString('latin1');
      const key = `${identity.id}${digest}${Buffer.from(signature).toString('latin1')}`;
      if (verified.has(key)) return true;
      if (!verifySignature(identity, message, signature)) return false;
      if (verified.size >= CACHE_LIMIT) verified.clear();
      verified.add(key);
      return true;
    },
  };
}

function rootsOf(entry: MspDefinition | OrganizationMaterial): X509Certificate[] {
  const pems = 'ca' in entry ? [entry.ca.certificatePem] : entry.rootCertificatesPem;
  return pems.map((pem) => new X509Certificate(pem));
}

function validate(
  serialized: Uint8Array,
  organizations: ReadonlyMap<string, readonly X509Certificate[]>,
  ed25519: boolean,
): Identity {
  const { mspId, idBytes } = decodeSerialized(serialized);
  const roots = organizations.get(mspId);
  if (roots === undefined) throw new MspError('UNKNOWN_MSP', `MSP ${mspId} is unknown`);
  const certificate = parseCertificate(idBytes);
  if (!isSupportedKey(certificate.publicKey, ed25519)) {
    const type = certificate.publicKey.asymmetricKeyType ?? 'unknown';
    throw new MspError(
      'UNSUPPORTED_KEY',
      `could not validate identity's public key algorithm: ${type} is not supported`,
    );
  }
  const issuer = findIssuer(certificate, roots);
  return {
    mspId,
    role: roleOf(certificate, mspId),
    certificate,
    certificatePem: certificatePem(certificate.raw),
    publicKeyDer: certificate.publicKey.export({ type: 'spki', format: 'der' }),
    publicKey: certificate.publicKey,
    id: `${mspId}:${fingerprint(certificate, issuer)}`,
  };
}

function decodeSerialized(serialized: Uint8Array): { mspId: string; idBytes: Uint8Array } {
  try {
    const message = msp.SerializedIdentity.deserializeBinary(serialized);
    return { mspId: message.getMspid(), idBytes: message.getIdBytes_asU8() };
  } catch (cause) {
    throw new MspError('MALFORMED_IDENTITY', 'could not deserialize a SerializedIdentity', {
      cause,
    });
  }
}

/** The first PEM block of the octets; text around it and further blocks do not count, as with Go's pem.Decode. */
function parseCertificate(idBytes: Uint8Array): X509Certificate {
  const text = Buffer.from(idBytes).toString('latin1');
  const block = /(?:^|\n)-----BEGIN ([^\n]*)-----[ \t]*\r?\n([^-]*)-----END \1-----/.exec(text);
  if (block === null)
    throw new MspError('MALFORMED_IDENTITY', 'could not decode the PEM structure');
  const raw = Buffer.from(block[2] ?? '', 'base64');
  try {
    const certificate = new X509Certificate(raw);
    if (!certificate.raw.equals(raw)) throw new Error('x509: trailing data');
    // Node decodes the key when it is read: a broken one must be refused here.
    if (certificate.publicKey.type !== 'public') throw new Error('x509: no public key');
    return certificate;
  } catch (cause) {
    throw new MspError('MALFORMED_IDENTITY', 'parseCertificate failed', { cause });
  }
}

/** The root that signed the certificate. Fabric looks at validity only at the leaf's begin plus one second. */
function findIssuer(
  certificate: X509Certificate,
  roots: readonly X509Certificate[],
): X509Certificate {
  if (certificate.ca) {
    throw new MspError(
      'CA_AS_IDENTITY',
      'An X509 certificate with Basic Constraint: Certificate Authority equals true cannot be used as an identity',
    );
  }
  const prefix = 'could not obtain certification chain: the supplied identity is not valid: x509: ';
  const issuer = roots.find(
    (root) => certificate.checkIssued(root) && certificate.verify(root.publicKey),
  );
  if (issuer === undefined) {
    throw new MspError('UNTRUSTED_CERTIFICATE', `${prefix}certificate signed by unknown authority`);
  }
  const atMs = certificate.validFromDate.getTime() + 1000;
  for (const link of [certificate, issuer]) {
    if (atMs < link.validFromDate.getTime() || atMs > link.validToDate.getTime()) {
      throw new MspError(
        'UNTRUSTED_CERTIFICATE',
        `${prefix}certificate has expired or is not yet valid`,
      );
    }
  }
  const purposes = certificate.keyUsage as readonly string[] | undefined;
  if (purposes !== undefined && !purposes.some((oid) => ACCEPTED_PURPOSES.includes(oid))) {
    throw new MspError(
      'UNTRUSTED_CERTIFICATE',
      `${prefix}certificate specifies an incompatible key usage`,
    );
  }
  return issuer;
}

function roleOf(certificate: X509Certificate, mspId: string): Role {
  const units = organizationalUnits(certificate);
  const roles = units.filter((unit): unit is Role => (ROLES as readonly string[]).includes(unit));
  const [role] = roles;
  const tail = `OUs: [${units.join(' ')}], MSP: [${mspId}]`;
  if (role === undefined) {
    throw new MspError(
      'NO_ROLE',
      `could not validate identity's OUs: the identity does not have an OU that resolves to client, peer, orderer, or admin role. ${tail}`,
    );
  }
  if (roles.length > 1) {
    throw new MspError(
      'NO_ROLE',
      `could not validate identity's OUs: the identity must have a client, a peer, an orderer, or an admin OU role to be valid, not a combination of them. ${tail}`,
    );
  }
  return role;
}

function organizationalUnits(certificate: X509Certificate): string[] {
  const units: unknown = (certificate.toLegacyObject().subject as { OU?: unknown }).OU;
  if (typeof units === 'string') return [units];
  return Array.isArray(units) ? units.map(String) : [];
}

/**
 * SHA-256 over the signed part and the CA's signature brought to low S: like Fabric, which re-encodes certificates so,
 * this gives one identity for both forms of a CA's signature.
 */
function fingerprint(certificate: X509Certificate, issuer: X509Certificate): string {
  const { tbs, signature } = certificateParts(certificate.raw);
  const low = toLowS(issuer.publicKey, signature);
  const canonical =
    low === undefined ? signature : Buffer.from(`${low.r.toString(16)}.${low.s.toString(16)}`);
  return createHash('sha256').update(tbs).update(canonical).digest('hex');
}
