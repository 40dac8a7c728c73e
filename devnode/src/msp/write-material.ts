import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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
  const { mspId, domain, kind } = organization;
  const organizationDir = join(dir, `${kind}Organizations`, domain);
  const mspDir = join(organizationDir, 'msp');
  await Promise.all([
    writePair(join(organizationDir, 'ca'), `ca.${domain}-cert.pem`, 'priv_sk', organization.ca),
    writePair(
      join(organizationDir, 'tlsca'),
      `tlsca.${domain}-cert.pem`,
      'priv_sk',
      organization.tlsCa,
    ),
    writeMspFolder(mspDir, organization),
  ]);
  const peers = await Promise.all(
    organization.peers.map((peer) => writeNode(organizationDir, organization, peer)),
  );
  const users = await Promise.all(
    organization.users.map((user) => writeUser(organizationDir, organization, user)),
  );
  return {
    mspId,
    domain,
    organizationDir,
    mspDir,
    tlsCaCertPath: join(organizationDir, 'tlsca', `tlsca.${domain}-cert.pem`),
    peers: Object.fromEntries(peers),
    users: Object.fromEntries(users),
  };
}

async function writeNode(
  organizationDir: string,
  organization: OrganizationMaterial,
  peer: PeerMaterial,
): Promise<[string, NodePaths]> {
  const nodeDir = join(organizationDir, `${organization.kind}s`, peer.host);
  const tlsDir = join(nodeDir, 'tls');
  const mspDir = join(nodeDir, 'msp');
  await Promise.all([
    writeMspFolder(mspDir, organization),
    writePair(join(mspDir, 'signcerts'), `${peer.host}-cert.pem`, undefined, peer.sign),
    writePair(join(mspDir, 'keystore'), undefined, 'priv_sk', peer.sign),
    writePair(tlsDir, 'server.crt', 'server.key', peer.tls),
    writePair(tlsDir, 'ca.crt', undefined, organization.tlsCa),
  ]);
  const paths = {
    host: peer.host,
    mspDir,
    tlsCertPath: join(tlsDir, 'server.crt'),
    tlsKeyPath: join(tlsDir, 'server.key'),
    tlsCaCertPath: join(tlsDir, 'ca.crt'),
  };
  return [peer.name, paths];
}

async function writeUser(
  organizationDir: string,
  organization: OrganizationMaterial,
  user: UserMaterial,
): Promise<[string, UserPaths]> {
  const userDir = join(organizationDir, 'users', user.label);
  const mspDir = join(userDir, 'msp');
  const tlsDir = join(userDir, 'tls');
  await Promise.all([
    writeMspFolder(mspDir, organization),
    writePair(join(mspDir, 'signcerts'), `${user.label}-cert.pem`, undefined, user.sign),
    writePair(join(mspDir, 'keystore'), undefined, 'priv_sk', user.sign),
    writePair(tlsDir, 'client.crt', 'client.key', user.tls),
    writePair(tlsDir, 'ca.crt', undefined, organization.tlsCa),
  ]);
  const paths = {
    label: user.label,
    mspDir,
    certPath: join(mspDir, 'signcerts', `${user.label}-cert.pem`),
    keyPath: join(mspDir, 'keystore', 'priv_sk'),
    tlsCertPath: join(tlsDir, 'client.crt'),
    tlsKeyPath: join(tlsDir, 'client.key'),
  };
  return [user.name, paths];
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
