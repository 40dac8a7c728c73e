import { sha256, sha384 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { sameBytes } from '../encoding/bytes.ts';
import { CryptoError } from '../errors.ts';
import { check } from '../internal/check.ts';
import type { Certificate } from './certificate.ts';
import { parseEcdsaDer, verifyEcdsa } from './ecdsa.ts';
import { verifyEd25519 } from './ed25519.ts';

/** Authorities from leaf to root, both included; Fabric's MSPs have two or three certificates. */
const MAX_CHAIN = 6;

/** What an organisation's MSP trusts, and when. */
export interface FabricTrust {
  readonly roots: readonly Certificate[];
  readonly intermediates: readonly Certificate[];
  /** The time of the check, seconds since 1970. */
  readonly atSec: bigint;
  /** Keys of revoked certificates, by {@link revocationKey}: from the MSP's revocation lists, whose signatures the caller checked. */
  readonly revoked: ReadonlySet<string>;
}

/**
 * True when the certificate's key signed `message` in Fabric's form: ECDSA over SHA-256, strict DER, low s; or Ed25519.
 * Says nothing about the certificate itself. Never throws.
 */
export function verifyFabricSignature(
  certificate: Certificate,
  message: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { kind, bytes } = certificate.key;
  if (!certificate.maySign) return false;
  if (kind === 'Ed25519') return verifyEd25519(bytes, message, signature);
  try {
    return verifyEcdsa(kind, bytes, sha256(message), parseEcdsaDer(signature), true);
  } catch {
    return false;
  }
}

/**
 * Checks a member's certificate: a path to a root by names and signatures, each link an authority that may certify, each
 * certificate within its time, none revoked.
 * @returns the path from the certificate to its root.
 * @throws {CryptoError} CRYPTO_INVALID naming the rule that failed on the longest path tried.
 */
export function verifyCertificateChain(
  certificate: Certificate,
  trust: FabricTrust,
): readonly Certificate[] {
  const path = [certificate];
  checkLink(certificate, trust);
  // A member that is an authority could certify other members.
  check('chain.leaf-not-authority', !certificate.isAuthority, 'CRYPTO_INVALID');
  while (path.length < MAX_CHAIN) {
    const last = path.at(-1) ?? certificate;
    const root = trust.roots.find(
      (candidate) => sameBytes(candidate.subject, last.issuer) && signed(last, candidate),
    );
    const issuer =
      root ??
      trust.intermediates.find(
        (candidate) => sameBytes(candidate.subject, last.issuer) && signed(last, candidate),
      );
    if (issuer === undefined)
      throw new CryptoError('CRYPTO_INVALID', { check: 'chain.issuer', depth: path.length });
    checkLink(issuer, trust);
    check('chain.authority', issuer.isAuthority && issuer.mayCertify, 'CRYPTO_INVALID', {
      depth: path.length,
    });
    check(
      'chain.path-length',
      issuer.pathLength === undefined || path.length - 1 <= issuer.pathLength,
      'CRYPTO_INVALID',
      { depth: path.length },
    );
    path.push(issuer);
    if (root !== undefined) return path;
  }
  throw new CryptoError('CRYPTO_INVALID', { check: 'chain.too-long' });
}

/** Names a certificate in a set of revoked ones: hash of the issuer's name, and the serial number. */
export function revocationKey(certificate: Pick<Certificate, 'issuer' | 'serial'>): string {
  return `${bytesToHex(sha256(certificate.issuer))}:${certificate.serial}`;
}

/** The account key of protocol's FabricAccount: SHA-256 of SubjectPublicKeyInfo, 32 bytes. */
export function certificateKeyHash(certificate: Certificate): Uint8Array {
  return sha256(certificate.key.spki);
}

function checkLink(certificate: Certificate, { atSec, revoked }: FabricTrust): void {
  check('chain.not-yet-valid', atSec >= certificate.notBeforeSec, 'CRYPTO_INVALID', {
    serial: certificate.serial,
  });
  check('chain.expired', atSec <= certificate.notAfterSec, 'CRYPTO_INVALID', {
    serial: certificate.serial,
  });
  check('chain.revoked', !revoked.has(revocationKey(certificate)), 'CRYPTO_INVALID', {
    serial: certificate.serial,
  });
}

function signed(certificate: Certificate, issuer: Certificate): boolean {
  const { kind, bytes } = issuer.key;
  const { algorithm, signedBytes, signature } = certificate;
  if ((algorithm === 'ed25519') !== (kind === 'Ed25519')) return false;
  if (kind === 'Ed25519') return verifyEd25519(bytes, signedBytes, signature);
  try {
    // Authorities other than Fabric's sign with either s, so low s is not asked of certificates.
    const digest = algorithm === 'ecdsa-sha384' ? sha384(signedBytes) : sha256(signedBytes);
    return verifyEcdsa(kind, bytes, digest, parseEcdsaDer(signature), false);
  } catch {
    return false;
  }
}
