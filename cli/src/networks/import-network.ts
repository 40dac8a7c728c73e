import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type {
  FabricClient,
  FabricDescription,
  OrdererDescription,
  OrganizationDescription,
} from '@midlock/network';
import { MidlockError } from '@midlock/protocol';
import {
  readConnectionProfile,
  readProfileOrderers,
  type NetworkFiles,
  type ProfileOrderer,
  type ProfileOrganization,
} from './connection-profile.ts';
import { readFablo } from './fablo.ts';
import { importWallet, rootsIn, userInMspFolder, type UserFiles } from './user-material.ts';

export type ImportSource = 'test-network' | 'connection-profile' | 'fablo';

export interface ImportOptions {
  readonly from: ImportSource;
  /**
   * test-network: the folder that holds `organizations`. connection-profile: a profile, or a folder of them.
   * fablo: the folder in which `fablo up` ran, or its `fablo-target`.
   */
  readonly path: string;
  readonly channel: string;
  readonly chaincode: string;
  /** A fabric-network file wallet; default `wallet` beside the profiles where there is one. */
  readonly wallet?: string;
  /** `legacy` needs profiles that name orderers. Default gateway. */
  readonly client?: FabricClient;
  /** Where what is not a file yet is written: CA certificates of profiles, identities of wallets. */
  readonly outDir: string;
}

/**
 * Describes a network by the files that its operator has: profiles say where peers listen, MSP folders beside them and
 * wallets who may speak. Asks no peer; `midlock doctor` does.
 * @throws {MidlockError} CONFIG_INVALID, IDENTITY_INVALID.
 */
export function importFabric(options: ImportOptions): FabricDescription {
  const root = resolve(options.path);
  const { organizations: found, orderers: ordering } =
    options.from === 'fablo' ? readFablo(root) : readProfiles(profilesIn(root, options.from));
  const mspDirs = Object.fromEntries(
    found.map(({ folder, organization }) => [organization.mspId, join(folder, 'msp')]),
  );
  const walletDir =
    options.wallet ?? join(statSync(root).isDirectory() ? root : dirname(root), 'wallet');
  const wallet = importWallet(
    walletDir,
    options.outDir,
    Object.fromEntries(Object.entries(mspDirs).map(([mspId, dir]) => [mspId, rootsIn(dir)])),
  );
  const organizations = Object.fromEntries(
    found.map(({ folder, organization }) => [
      organization.mspId,
      describe(organization, folder, wallet[organization.mspId] ?? {}, options.outDir),
    ]),
  );
  if (Object.values(organizations).every(({ users }) => Object.keys(users).length === 0))
    throw new MidlockError('IDENTITY_INVALID', {
      path: root,
      reason: 'no user: neither users/*/msp beside a profile nor a wallet',
    });
  const orderers = Object.fromEntries(
    ordering.map(({ folder, orderer }) => [
      orderer.name,
      describeOrderer(orderer, folder, options.outDir),
    ]),
  );
  const { channel, chaincode, client = 'gateway' } = options;
  const named = Object.keys(orderers).length > 0;
  if (client === 'legacy' && !named)
    throw new MidlockError('CONFIG_INVALID', {
      path: root,
      key: 'orderers',
      expected:
        'a profile that names orderers, for the legacy client: orderers.<name> with url grpcs://host:port and tlsCACerts',
    });
  return {
    kind: options.from,
    version: 'unknown',
    channel,
    chaincode,
    organizations,
    ...(client === 'legacy' ? { client } : {}),
    ...(named ? { orderers } : {}),
  };
}

/** Profiles that lie in their organisations' folders. */
function readProfiles(files: readonly string[]): NetworkFiles {
  return {
    organizations: files.flatMap((file) =>
      readConnectionProfile(file).map((organization) => ({ folder: dirname(file), organization })),
    ),
    orderers: files.flatMap((file) =>
      readProfileOrderers(file).map((orderer) => ({ folder: dirname(file), orderer })),
    ),
  };
}

function profilesIn(root: string, from: ImportSource): readonly string[] {
  if (!existsSync(root))
    throw new MidlockError('CONFIG_INVALID', {
      path: root,
      expected: 'an existing folder or file',
    });
  if (!statSync(root).isDirectory()) return [root];
  const folders = from === 'test-network' ? organizationFolders(root) : [root];
  const files = folders.flatMap((folder) => {
    const named = readdirSync(folder)
      .filter((name) => /^connection-.+\.(json|ya?ml)$/.test(name))
      .sort();
    // The sample writes each profile twice, as JSON and as YAML.
    const once = named.filter(
      (name) => name.endsWith('.json') || !named.includes(name.replace(/\.ya?ml$/, '.json')),
    );
    if (from === 'test-network' && once.length === 0)
      throw new MidlockError('CONFIG_INVALID', { path: folder, expected: 'connection-orgN.json' });
    return once.map((name) => join(folder, name));
  });
  if (files.length === 0)
    throw new MidlockError('CONFIG_INVALID', {
      path: root,
      expected: 'connection profiles: connection-*.json or .yaml',
    });
  return files;
}

function organizationFolders(root: string): readonly string[] {
  const parent = join(root, 'organizations', 'peerOrganizations');
  if (!existsSync(parent))
    throw new MidlockError('CONFIG_INVALID', { path: parent, expected: 'a test-network folder' });
  return readdirSync(parent)
    .sort()
    .map((name) => join(parent, name));
}

function describe(
  { mspId, gateway, tlsServerName, tlsCa }: ProfileOrganization,
  folder: string,
  wallet: Readonly<Record<string, UserFiles>>,
  outDir: string,
): OrganizationDescription {
  const mspDir = join(folder, 'msp');
  const tlsCaCertPath = caFileOf(tlsCa, mspId, folder, outDir);
  const roots = rootsIn(mspDir);
  const usersDir = join(folder, 'users');
  const folders = existsSync(usersDir) ? readdirSync(usersDir).sort() : [];
  const users = Object.fromEntries(
    folders.map((label) => [
      label.split('@')[0] ?? label,
      userInMspFolder(join(usersDir, label, 'msp'), roots),
    ]),
  );
  return { gateway, tlsServerName, tlsCaCertPath, mspDir, users: { ...users, ...wallet } };
}

function describeOrderer(
  { name, address, tlsServerName, tlsCa }: ProfileOrderer,
  folder: string,
  outDir: string,
): OrdererDescription {
  return {
    address,
    tlsServerName,
    tlsCaCertPath: caFileOf(tlsCa, `orderer-${name}`, folder, outDir),
  };
}

/** The file with a node's CA; written where the profile holds the PEM itself. Throws CONFIG_INVALID for one that is not there. */
function caFileOf(
  tlsCa: ProfileOrderer['tlsCa'],
  name: string,
  folder: string,
  outDir: string,
): string {
  if ('path' in tlsCa) {
    const path = resolve(folder, tlsCa.path);
    if (existsSync(path)) return path;
    throw new MidlockError('CONFIG_INVALID', { key: 'tlsCACerts.path', path });
  }
  const file = join(outDir, 'tls', `${basename(name)}.pem`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, tlsCa.pem);
  return file;
}
