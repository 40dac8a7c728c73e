import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOrganization } from './create-organization.ts';
import { MspError } from './msp-error.ts';
import { writeMaterial, type OrganizationPaths } from './write-material.ts';

let dir: string;
let paths: OrganizationPaths;
const organization = createOrganization({
  mspId: 'Org1MSP',
  domain: 'org1.example.com',
  peers: ['peer0'],
  users: ['User1'],
  attributes: { User1: { level: '7' } },
});

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'devnode-msp-'));
  const [written] = await writeMaterial(dir, [organization]);
  if (written === undefined) throw new Error('nothing written');
  paths = written;
});

afterAll(() => rm(dir, { recursive: true, force: true }));

function hasOpenssl(): boolean {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('openssl cases not run: no openssl on PATH');
    return false;
  }
}

describe('writeMaterial', () => {
  it('writes the files that cryptogen writes', async () => {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(dir.length + 1))
      .map((file) => file.replace('peerOrganizations/org1.example.com/', ''))
      .sort();
    const mspOf = (folder: string, label: string): string[] => [
      `${folder}/msp/cacerts/ca.org1.example.com-cert.pem`,
      `${folder}/msp/config.yaml`,
      `${folder}/msp/keystore/priv_sk`,
      `${folder}/msp/signcerts/${label}-cert.pem`,
      `${folder}/msp/tlscacerts/tlsca.org1.example.com-cert.pem`,
    ];
    const peer = 'peer0.org1.example.com';
    const userFiles = (label: string): string[] => [
      ...mspOf(`users/${label}`, label),
      ...['ca.crt', 'client.crt', 'client.key'].map((name) => `users/${label}/tls/${name}`),
    ];
    expect(files).toEqual(
      [
        'ca/ca.org1.example.com-cert.pem',
        'ca/priv_sk',
        'msp/cacerts/ca.org1.example.com-cert.pem',
        'msp/config.yaml',
        'msp/tlscacerts/tlsca.org1.example.com-cert.pem',
        'tlsca/priv_sk',
        'tlsca/tlsca.org1.example.com-cert.pem',
        ...mspOf(`peers/${peer}`, peer),
        ...['ca.crt', 'server.crt', 'server.key'].map((name) => `peers/${peer}/tls/${name}`),
        ...userFiles('Admin@org1.example.com'),
        ...userFiles('User1@org1.example.com'),
      ].sort(),
    );
  });

  it('keeps private keys to the owner', async () => {
    const entries = await readdir(dir, { recursive: true, withFileTypes: true });
    const keys = entries.filter((entry) => /priv_sk|\.key$/.test(entry.name));
    expect(keys).toHaveLength(8);
    for (const entry of keys) {
      const { mode } = await stat(join(entry.parentPath, entry.name));
      expect(mode & 0o777).toBe(0o600);
    }
  });

  it('writes certificates that fit their keys', async () => {
    const certificate = new X509Certificate(await readFile(paths.users['User1']?.certPath ?? ''));
    const key = createPrivateKey(await readFile(paths.users['User1']?.keyPath ?? ''));
    expect(certificate.checkPrivateKey(key)).toBe(true);
  });

  it.skipIf(!hasOpenssl())('writes chains that openssl accepts', () => {
    const ca = join(paths.organizationDir, 'ca', 'ca.org1.example.com-cert.pem');
    const verify = (root: string, leaf: string): string =>
      execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', root, leaf], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    for (const user of Object.values(paths.users))
      expect(verify(ca, user.certPath)).toContain('OK');
    const peer = paths.peers['peer0'];
    expect(verify(paths.tlsCaCertPath, peer?.tlsCertPath ?? '')).toContain('OK');
    expect(() => verify(ca, peer?.tlsCertPath ?? '')).toThrow();
  });
});

describe('createOrganization', () => {
  it('puts host names and attributes where TLS clients and chaincode look for them', () => {
    const tls = new X509Certificate(organization.peers[0]?.tls.certificatePem ?? '');
    expect(tls.checkHost('peer0.org1.example.com')).toBe('peer0.org1.example.com');
    expect(tls.checkHost('localhost')).toBe('localhost');
    expect(tls.checkIP('127.0.0.1')).toBe('127.0.0.1');
    const user = new X509Certificate(organization.users[1]?.sign.certificatePem ?? '');
    expect(user.raw.includes(Buffer.from('{"attrs":{"level":"7"}}'))).toBe(true);
  });

  it.each(['', '../x', 'a/b', 'a b', '.hidden'])('refuses the name %j', (name) => {
    expect(() => createOrganization({ mspId: 'M', domain: 'd', peers: [name], users: [] })).toThrow(
      MspError,
    );
  });
});
