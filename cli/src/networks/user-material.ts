import { X509Certificate, createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { MidlockError } from '@midlock/protocol';
import { z } from 'zod';

/** Where a user's certificate and key stand. */
export interface UserFiles {
  readonly certPath: string;
  readonly keyPath: string;
}

/** A certificate with its key, both PEM. */
export interface Identity {
  readonly certificate: string;
  readonly privateKey: string;
}

const walletEntry = z.object({
  credentials: z.object({ certificate: z.string(), privateKey: z.string() }),
  mspId: z.string().min(1).max(64),
  type: z.literal('X.509'),
});

/**
 * The certificate and key in a user's MSP folder, whatever their files are called (cryptogen and Fabric CA differ).
 * @throws {MidlockError} IDENTITY_INVALID when one lacks, they do not belong together, the certificate has run out or
 * none of `roots` issued it.
 */
export function userInMspFolder(mspDir: string, roots: readonly X509Certificate[]): UserFiles {
  const certPath = onlyFile(join(mspDir, 'signcerts'), 'a certificate');
  const keyPath = onlyFile(join(mspDir, 'keystore'), 'a private key');
  const identity = {
    certificate: readFileSync(certPath, 'utf8'),
    privateKey: readFileSync(keyPath, 'utf8'),
  };
  checkIdentity(identity, certPath, roots);
  return { certPath, keyPath };
}

/**
 * Identities of a fabric-network file wallet (`<label>.id`), written as PEM files below `outDir`, keys with mode 0600.
 * @throws {MidlockError} IDENTITY_INVALID as {@link userInMspFolder}, and for an organisation that is not in `rootsOf`.
 */
export function importWallet(
  walletDir: string,
  outDir: string,
  rootsOf: Readonly<Record<string, readonly X509Certificate[]>>,
): Readonly<Record<string, Readonly<Record<string, UserFiles>>>> {
  const users: Record<string, Record<string, UserFiles>> = {};
  for (const file of list(walletDir).filter((name) => name.endsWith('.id'))) {
    const path = join(walletDir, file);
    const { credentials, mspId } = readEntry(path);
    const roots = Object.hasOwn(rootsOf, mspId) ? rootsOf[mspId] : undefined;
    if (roots === undefined)
      throw new MidlockError('IDENTITY_INVALID', {
        path,
        reason: `of ${mspId}, which the network does not have`,
      });
    checkIdentity(credentials, path, roots);
    const label = basename(file, '.id');
    (users[mspId] ??= {})[label] = storeIdentity(
      join(outDir, 'identities', mspId, label),
      credentials,
    );
  }
  return users;
}

/** The root and intermediate certificates of an MSP folder; none when it has no such folders. */
export function rootsIn(mspDir: string): readonly X509Certificate[] {
  return ['cacerts', 'intermediatecerts'].flatMap((folder) =>
    list(join(mspDir, folder)).map((name) =>
      certificateOf(readFileSync(join(mspDir, folder, name), 'utf8'), join(mspDir, folder, name)),
    ),
  );
}

function readEntry(path: string): z.output<typeof walletEntry> {
  try {
    return walletEntry.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch {
    throw new MidlockError('IDENTITY_INVALID', { path, reason: 'not an X.509 wallet entry' });
  }
}

/** Writes a certificate and its key as PEM files, the key with mode 0600. */
export function storeIdentity(folder: string, identity: Identity): UserFiles {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const files = { certPath: join(folder, 'cert.pem'), keyPath: join(folder, 'key.pem') };
  writeFileSync(files.certPath, identity.certificate);
  writeFileSync(files.keyPath, identity.privateKey, { mode: 0o600 });
  return files;
}

/**
 * Looks at a certificate and its key before they are used.
 * @param path where they were found, for the error
 * @throws {MidlockError} IDENTITY_INVALID when they do not belong together, the certificate has run out or none of `roots` issued it.
 */
export function checkIdentity(
  { certificate, privateKey }: Identity,
  path: string,
  roots: readonly X509Certificate[],
): void {
  const leaf = certificateOf(certificate, path);
  if (!leaf.checkPrivateKey(privateKeyOf(privateKey, path)))
    throw new MidlockError('IDENTITY_INVALID', {
      path,
      reason: 'the key does not belong to the certificate',
    });
  // An end that is no date compares with nothing, and counts as passed.
  if (!(Date.parse(leaf.validTo) > Date.now()))
    throw new MidlockError('IDENTITY_INVALID', { path, reason: `expired ${leaf.validTo}` });
  const issued = roots.some((root) => leaf.checkIssued(root) && leaf.verify(root.publicKey));
  if (roots.length > 0 && !issued)
    throw new MidlockError('IDENTITY_INVALID', {
      path,
      reason: `issued by another organisation: ${leaf.issuer.replaceAll('\n', ' ')}`,
    });
}

/** A certificate's PEM, read. Throws IDENTITY_INVALID. */
export function certificateOf(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new MidlockError('IDENTITY_INVALID', { path, reason: 'not a certificate' });
  }
}

function privateKeyOf(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new MidlockError('IDENTITY_INVALID', { path, reason: 'not a private key' });
  }
}

function onlyFile(dir: string, expected: string): string {
  const [file] = list(dir);
  if (file !== undefined) return join(dir, file);
  throw new MidlockError('IDENTITY_INVALID', {
    path: dir,
    reason: `holds no file with ${expected}`,
  });
}

function list(dir: string): readonly string[] {
  return existsSync(dir) ? readdirSync(dir).sort() : [];
}
