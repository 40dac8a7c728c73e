import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { KeyPair, OrganizationMaterial, PeerMaterial, UserMaterial } from './types.ts';

/** Where one node's material is. */
export interface NodePaths {
  readonly host: string;
  readonly mspDir: string;
  readonly tlsCertPath: string;
  readonly tlsKeyPath: string;
  readonly tlsCaCertPath: string;
}

/** Where one user's material is. */
export interface UserPaths {
  readonly label: string;
  readonly mspDir: string;
  readonly certPath: string;
  readonly keyPath: string;
  readonly tlsCertPath: string;
  readonly tlsKeyPath: string;
}

/** Where an organisation's material is; nodes and users by their names. */
export interface OrganizationPaths {
  readonly mspId: string;
  readonly domain: string;
  readonly organizationDir: string;
  /** The organisation's own MSP folder: root certificates and NodeOUs, no keys. */
  readonly mspDir: string;
  readonly tlsCaCertPath: string;
  readonly peers: Readonly<Record<string, NodePaths>>;
  readonly users: Readonly<Record<string, UserPaths>>;
}

/** Names that decide where an organisation's material stands. */
export interface OrganizationNames {
  readonly mspId: string;
  readonly domain: string;
  readonly kind: 'peer' | 'orderer';
  readonly peers: readonly { readonly name: string; readonly host: string }[];
  readonly users: readonly { readonly name: string; readonly label: string }[];
}

/** Where {@link writeMaterial} puts an organisation's files. Reads nothing. */
export function locateMaterial(dir: string, names: OrganizationNames): OrganizationPaths {
  const { mspId, domain, kind } = names;
  const organizationDir = join(dir, `${kind}Organizations`, domain);
  const locateNode = (host: string): NodePaths => {
    const nodeDir = join(organizationDir, `${kind}s`, host);
    return {
      host,
      mspDir: join(nodeDir, 'msp'),
      tlsCertPath: join(nodeDir, 'tls', 'server.crt'),
      tlsKeyPath: join(nodeDir, 'tls', 'server.key'),
      tlsCaCertPath: join(nodeDir, 'tls', 'ca.crt'),
    };
  };
  const locateUser = (label: string): UserPaths => {
    const userDir = join(organizationDir, 'users', label);
    return {
      label,
      mspDir: join(userDir, 'msp'),
      certPath: join(userDir, 'msp', 'signcerts', `${label}-cert.pem`),
      keyPath: join(userDir, 'msp', 'keystore', 'priv_sk'),
      tlsCertPath: join(userDir, 'tls', 'client.crt'),
      tlsKeyPath: join(userDir, 'tls', 'client.key'),
    };
  };
  return {
    mspId,
    domain,
    organizationDir,
    mspDir: join(organizationDir, 'msp'),
    tlsCaCertPath: join(organizationDir, 'tlsca', `tlsca.${domain}-cert.pem`),
    peers: Object.fromEntries(names.peers.map(({ name, host }) => [name, locateNode(host)])),
    users: Object.fromEntries(names.users.map(({ name, label }) => [name, locateUser(label)])),
  };
}

/**
 * Writes organisations in the layout that cryptogen writes, under `dir`/peerOrganizations and
 * `dir`/ordererOrganizations. Private keys get mode 0600. Existing files are overwritten.
 */
export async function writeMaterial(
  dir: string,
  organizations: readonly OrganizationMaterial[],
): Promise<OrganizationPaths[]> {
  return Promise.all(organizations.map((organization) => writeOrganization(dir, organization)));
}

async function writeOrganization(
  dir: string,
  organization: OrganizationMaterial,
): Promise<OrganizationPaths> {
  const { domain, ca, tlsCa } = organization;
  const paths = locateMaterial(dir, organization);
  await Promise.all([
    writePair(join(paths.organizationDir, 'ca'), `ca.${domain}-cert.pem`, 'priv_sk', ca),
    writePair(join(paths.organizationDir, 'tlsca'), `tlsca.${domain}-cert.pem`, 'priv_sk', tlsCa),
    writeMspFolder(paths.mspDir, organization),
    ...organization.peers.map((peer) => writeNode(paths, organization, peer)),
    ...organization.users.map((user) => writeUser(paths, organization, user)),
  ]);
  return paths;
}

async function writeNode(
  paths: OrganizationPaths,
  organization: OrganizationMaterial,
  peer: PeerMaterial,
): Promise<void> {
  const node = paths.peers[peer.name];
  if (node === undefined) return;
  const tlsDir = dirname(node.tlsCertPath);
  await Promise.all([
    writeMspFolder(node.mspDir, organization),
    writePair(join(node.mspDir, 'signcerts'), `${peer.host}-cert.pem`, undefined, peer.sign),
    writePair(join(node.mspDir, 'keystore'), undefined, 'priv_sk', peer.sign),
    writePair(tlsDir, 'server.crt', 'server.key', peer.tls),
    writePair(tlsDir, 'ca.crt', undefined, organization.tlsCa),
  ]);
}

/** Writes one user's material into the folder of an organisation that is written already. */
export async function writeUser(
  paths: OrganizationPaths,
  organization: OrganizationMaterial,
  user: UserMaterial,
): Promise<UserPaths> {
  const { [user.name]: located } = locateMaterial(dirname(dirname(paths.organizationDir)), {
    ...organization,
    users: [user],
  }).users;
  if (located === undefined) throw new TypeError(`no place for ${user.name}`);
  const tlsDir = dirname(located.tlsCertPath);
  await Promise.all([
    writeMspFolder(located.mspDir, organization),
    writePair(join(located.mspDir, 'signcerts'), `${user.label}-cert.pem`, undefined, user.sign),
    writePair(join(located.mspDir, 'keystore'), undefined, 'priv_sk', user.sign),
    writePair(tlsDir, 'client.crt', 'client.key', user.tls),
    writePair(tlsDir, 'ca.crt', undefined, organization.tlsCa),
  ]);
  return located;
}

/** The part that every MSP folder of an organisation has in common. */
async function writeMspFolder(mspDir: string, organization: OrganizationMaterial): Promise<void> {
  const { domain } = organization;
  await Promise.all([
    writePair(join(mspDir, 'cacerts'), `ca.${domain}-cert.pem`, undefined, organization.ca),
    writePair(
      join(mspDir, 'tlscacerts'),
      `tlsca.${domain}-cert.pem`,
      undefined,
      organization.tlsCa,
    ),
    writeText(mspDir, 'config.yaml', nodeOusYaml(`cacerts/ca.${domain}-cert.pem`), 0o644),
  ]);
}

async function writePair(
  dir: string,
  certificateName: string | undefined,
  keyName: string | undefined,
  pair: KeyPair,
): Promise<void> {
  if (certificateName !== undefined)
    await writeText(dir, certificateName, pair.certificatePem, 0o644);
  if (keyName !== undefined) await writeText(dir, keyName, pair.privateKeyPem, 0o600);
}

async function writeText(dir: string, name: string, text: string, mode: number): Promise<void> {
  await mkdir(dir, { recursive: true });
  await writeFile(join(dir, name), text, { mode });
}

function nodeOusYaml(caPath: string): string {
  const roles = ['client', 'peer', 'admin', 'orderer'];
  const entries = roles.map(
    (role) =>
      `    ${role.charAt(0).toUpperCase()}${role.slice(1)}OUIdentifier:\n` +
      `        Certificate: ${caPath}\n` +
      `        OrganizationalUnitIdentifier: ${role}\n`,
  );
  return `NodeOUs:\n    Enable: true\n${entries.join('')}`;
}
