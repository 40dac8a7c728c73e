import type { KeyObject, X509Certificate } from 'node:crypto';

/** Role that an organisation's NodeOUs read from a certificate's organisational unit. */
export type Role = 'client' | 'admin' | 'peer' | 'orderer';

/** PEM text of a certificate and its PKCS#8 private key. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** A peer's enrolment pair and its TLS server pair; `host` is `<name>.<domain>`. */
export interface PeerMaterial {
  readonly name: string;
  readonly host: string;
  readonly sign: KeyPair;
  readonly tls: KeyPair;
}

/** A user's enrolment pair; `label` is `<name>@<domain>` as cryptogen names its folder. */
export interface UserMaterial {
  readonly name: string;
  readonly label: string;
  readonly role: 'admin' | 'client';
  readonly sign: KeyPair;
  readonly tls: KeyPair;
}

/** Everything `cryptogen` would make for one organisation, in memory. */
export interface OrganizationMaterial {
  readonly mspId: string;
  readonly domain: string;
  readonly kind: 'peer' | 'orderer';
  readonly ca: KeyPair;
  readonly tlsCa: KeyPair;
  readonly peers: readonly PeerMaterial[];
  /** `Admin` first, then the users in the order asked for. */
  readonly users: readonly UserMaterial[];
}

/** What a verifier needs to know of an organisation: its root certificates. */
export interface MspDefinition {
  readonly mspId: string;
  readonly rootCertificatesPem: readonly string[];
}

/** A validated identity. Two identities are the same one when `mspId` and `certificate.raw` agree. */
export interface Identity {
  readonly mspId: string;
  readonly role: Role;
  readonly certificate: X509Certificate;
  /** The certificate as PEM, re-encoded from its first PEM block. */
  readonly certificatePem: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKeyDer: Uint8Array;
  readonly publicKey: KeyObject;
  /** Unique key of the identity: `<mspId>:<hex sha256 of the certificate's DER>`. */
  readonly id: string;
}

/** Boolean expression over principals; `principal` indexes `SignaturePolicy.principals`. */
export type PolicyRule =
  | { readonly kind: 'signed-by'; readonly principal: number }
  | { readonly kind: 'out-of'; readonly n: number; readonly rules: readonly PolicyRule[] };

/** A member of an organisation in a role; `member` is any role. */
export interface Principal {
  readonly mspId: string;
  readonly role: Role | 'member';
}

/** The content of a SignaturePolicyEnvelope whose principals are all of the kind ROLE. */
export interface SignaturePolicy {
  readonly rule: PolicyRule;
  readonly principals: readonly Principal[];
}
