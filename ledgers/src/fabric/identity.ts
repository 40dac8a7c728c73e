import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { signers } from '@hyperledger/fabric-gateway';
import { MidlockError, fabricAccount, type FabricAccount } from '@midlock/protocol';
import { readKeyFile } from '../signers/key-file.ts';

/** A key that signs for one Fabric identity: in memory, in a file, in a token. */
export interface FabricSigner {
  /** Signs a 32-byte SHA-256 digest; returns ECDSA in DER with low s. */
  sign(digest: Uint8Array): Promise<Uint8Array>;
}

export interface FabricIdentity {
  readonly mspId: string;
  /** The certificate as PEM: exactly these bytes become the creator. */
  readonly certificate: string;
  readonly signer: FabricSigner;
}

/**
 * An identity from PEM texts.
 * @throws {MidlockError} IDENTITY_INVALID when either cannot be read, the certificate is outside its time at `nowMs`,
 * or the key is another's.
 */
export function createFabricIdentity(
  mspId: string,
  certificate: string,
  privateKey: string,
  nowMs: bigint = BigInt(Date.now()),
): FabricIdentity {
  const leaf = readCertificate(certificate);
  const key = readPrivateKey(privateKey);
  if (!leaf.checkPrivateKey(key))
    throw invalid(mspId, 'the key does not belong to the certificate');
  const endMs = Date.parse(leaf.validTo);
  if (Number.isNaN(endMs)) throw invalid(mspId, 'a time of validity that no calendar has');
  if (nowMs >= BigInt(endMs)) throw invalid(mspId, `expired ${leaf.validTo}`);
  const sign = signers.newPrivateKeySigner(key);
  return { mspId, certificate, signer: { sign: async (digest) => sign(digest) } };
}

/** An identity from two PEM files, the key's with mode 0600. Throws as {@link createFabricIdentity}, and SECRET_FILE_EXPOSED. */
export async function loadFabricIdentity(
  mspId: string,
  certificatePath: string,
  privateKeyPath: string,
): Promise<FabricIdentity> {
  let certificate: string;
  try {
    certificate = await readFile(certificatePath, 'utf8');
  } catch {
    throw new MidlockError('IDENTITY_INVALID', { path: certificatePath, reason: 'unreadable' });
  }
  return createFabricIdentity(mspId, certificate, await readKeyFile(privateKeyPath));
}

/** The account that the ledger knows an identity by: MSP id and hash of its public key. Throws IDENTITY_INVALID. */
export function accountOf({
  mspId,
  certificate,
}: Pick<FabricIdentity, 'mspId' | 'certificate'>): FabricAccount {
  const { publicKey } = readCertificate(certificate);
  return fabricAccount(mspId, publicKey.export({ type: 'spki', format: 'der' }));
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new MidlockError('IDENTITY_INVALID', { reason: 'not a certificate' });
  }
}

function readPrivateKey(pem: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new MidlockError('IDENTITY_INVALID', { reason: 'not a private key' });
  }
}

function invalid(mspId: string, reason: string): MidlockError {
  return new MidlockError('IDENTITY_INVALID', { mspId, reason });
}
