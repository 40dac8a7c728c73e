import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOrganization, writeMaterial } from '@midlock/devnode/msp';
import fc from 'fast-check';
import { isMidlockError } from '@midlock/protocol';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { importFabric, type ImportOptions } from './import-network.ts';
import { readConnectionProfile, readProfileOrderers } from './connection-profile.ts';
import { writeSampleProfile } from './testing-profile.ts';

const root = mkdtempSync(join(tmpdir(), 'midlock-import-'));
const original = join(root, 'original');
const network = join(root, 'test-network');
const organizationDir = (number: number) =>
  join(network, 'organizations/peerOrganizations', `org${number}.example.com`);
const userDir = (number: number) =>
  join(organizationDir(number), 'users', `User1@org${number}.example.com`, 'msp');

beforeAll(async () => {
  const organizations = [1, 2].map((number) =>
    createOrganization({
      mspId: `Org${number}MSP`,
      domain: `org${number}.example.com`,
      peers: ['peer0'],
      users: ['User1'],
    }),
  );
  const written = await writeMaterial(join(original, 'organizations'), organizations);
  written.forEach(({ organizationDir: dir }, index) => {
    writeSampleProfile(dir, index + 1, `localhost:${7051 + 2000 * index}`);
    // The sample has the same profile as YAML beside it.
    writeFileSync(join(dir, `connection-org${index + 1}.yaml`), 'name: the same\n');
  });
});
beforeEach(() => {
  rmSync(network, { recursive: true, force: true });
  cpSync(original, network, { recursive: true });
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function run(rest: Partial<ImportOptions> = {}) {
  const outDir = mkdtempSync(join(root, 'out-'));
  const names = { channel: 'mychannel', chaincode: 'midlock' };
  return importFabric({ from: 'test-network', path: network, outDir, ...names, ...rest });
}

function refusal(rest: Partial<ImportOptions> = {}): {
  code: string;
  data: Record<string, unknown>;
} {
  try {
    run(rest);
  } catch (error) {
    if (isMidlockError(error)) return { code: error.code, data: { ...error.data } };
    throw error;
  }
  throw new Error('not refused');
}

function walletEntry(number: number, mspId = `Org${number}MSP`): string {
  const label = `User1@org${number}.example.com`;
  const certificate = readFileSync(join(userDir(number), 'signcerts', `${label}-cert.pem`), 'utf8');
  const privateKey = readFileSync(join(userDir(number), 'keystore/priv_sk'), 'utf8');
  const credentials = { certificate, privateKey };
  return JSON.stringify({ credentials, mspId, type: 'X.509', version: 1 });
}

describe('importFabric', () => {
  test("finds peers, certificates and users in fabric-samples' layout", () => {
    const { organizations } = run();
    expect(Object.keys(organizations)).toEqual(['Org1MSP', 'Org2MSP']);
    expect(organizations['Org2MSP']).toMatchObject({
      gateway: 'localhost:9051',
      tlsServerName: 'peer0.org2.example.com',
      mspDir: join(organizationDir(2), 'msp'),
    });
    expect(Object.keys(organizations['Org1MSP']?.users ?? {})).toEqual(['Admin', 'User1']);
    const tlsCa = readFileSync(organizations['Org1MSP']?.tlsCaCertPath ?? '', 'utf8');
    const tlsca = join(organizationDir(1), 'tlsca/tlsca.org1.example.com-cert.pem');
    expect(tlsCa).toBe(readFileSync(tlsca, 'utf8'));
  });

  test('takes identities of a file wallet, keys with mode 0600', () => {
    const wallet = join(root, 'wallet');
    mkdirSync(wallet, { recursive: true });
    writeFileSync(join(wallet, 'appUser.id'), walletEntry(1));
    const user = run({ wallet }).organizations['Org1MSP']?.users['appUser'];
    expect(statSync(user?.keyPath ?? '').mode & 0o777).toBe(0o600);
    writeFileSync(join(wallet, 'stranger.id'), walletEntry(1, 'Org2MSP'));
    expect(refusal({ wallet })).toMatchObject({ code: 'IDENTITY_INVALID' });
    writeFileSync(join(wallet, 'stranger.id'), walletEntry(1, 'Org9MSP'));
    expect(refusal({ wallet }).data['reason']).toContain('Org9MSP');
    writeFileSync(join(wallet, 'stranger.id'), walletEntry(1, 'constructor'));
    expect(refusal({ wallet }).data['reason']).toContain('of constructor');
    writeFileSync(join(wallet, 'stranger.id'), walletEntry(1).slice(0, 50));
    expect(refusal({ wallet }).data['reason']).toBe('not an X.509 wallet entry');
  });

  test('reads one connection profile alone', () => {
    const path = join(organizationDir(2), 'connection-org2.json');
    const { kind, organizations } = run({ from: 'connection-profile', path });
    expect(kind).toBe('connection-profile');
    expect(Object.keys(organizations)).toEqual(['Org2MSP']);
  });

  test('refuses a missing key', () => {
    rmSync(join(userDir(1), 'keystore/priv_sk'));
    expect(refusal()).toEqual({
      code: 'IDENTITY_INVALID',
      data: { path: join(userDir(1), 'keystore'), reason: 'holds no file with a private key' },
    });
  });

  test("refuses another organisation's certificate, and a key that is not the certificate's", () => {
    cpSync(join(userDir(2), 'keystore'), join(userDir(1), 'keystore'), { recursive: true });
    expect(refusal().data['reason']).toBe('the key does not belong to the certificate');
    rmSync(join(userDir(1), 'signcerts'), { recursive: true });
    cpSync(join(userDir(2), 'signcerts'), join(userDir(1), 'signcerts'), { recursive: true });
    expect(refusal().data['reason']).toContain('issued by another organisation');
  });

  test('refuses a profile that names a peer which it does not describe', () => {
    const file = join(organizationDir(1), 'connection-org1.json');
    const profile = JSON.parse(readFileSync(file, 'utf8')) as { peers: Record<string, unknown> };
    writeFileSync(file, JSON.stringify({ ...profile, peers: {} }));
    expect(refusal()).toMatchObject({
      code: 'CONFIG_INVALID',
      data: { key: 'organizations.Org1.peers', expected: 'peers.peer0.org1.example.com' },
    });
  });

  test('finds the orderers of a profile of the legacy style, which the legacy client needs', () => {
    const file = join(organizationDir(1), 'connection-org1.json');
    const profile = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    const withOrderer = (tlsCACerts: object, url = 'grpcs://localhost:7050') => {
      const grpcOptions = { 'ssl-target-name-override': 'orderer.example.com' };
      const orderers = { 'orderer.example.com': { url, grpcOptions, tlsCACerts } };
      writeFileSync(file, JSON.stringify({ ...profile, orderers }));
    };
    expect(run().orderers).toBeUndefined();
    expect(refusal({ client: 'legacy' })).toMatchObject({
      code: 'CONFIG_INVALID',
      data: { key: 'orderers' },
    });
    withOrderer({ pem: 'PEM' });
    const orderer = run().orderers?.['orderer.example.com'];
    expect(orderer).toMatchObject({
      address: 'localhost:7050',
      tlsServerName: 'orderer.example.com',
    });
    expect(readFileSync(orderer?.tlsCaCertPath ?? '', 'utf8')).toBe('PEM');
    withOrderer({ path: 'tlsca/tlsca.org1.example.com-cert.pem' });
    expect(run().orderers?.['orderer.example.com']?.tlsCaCertPath).toBe(
      join(organizationDir(1), 'tlsca/tlsca.org1.example.com-cert.pem'),
    );
    expect(run().client).toBeUndefined();
    expect(run({ client: 'legacy' }).client).toBe('legacy');
    withOrderer({ path: 'nowhere.pem' });
    expect(refusal().data).toMatchObject({ key: 'tlsCACerts.path' });
    withOrderer({ pem: 'PEM' }, 'http://localhost:7050');
    expect(refusal().data).toMatchObject({ key: 'orderers.orderer.example.com.url' });
  });

  test.each([
    ['a folder without organisations', { path: root }],
    ['a folder that is not there', { path: join(root, 'nowhere') }],
    ['a folder without profiles', { path: root, from: 'connection-profile' as const }],
  ])('refuses %s', (_what, rest) => {
    expect(refusal(rest).code).toBe('CONFIG_INVALID');
  });

  test('a profile of any content is read or refused by code', () => {
    const file = join(root, 'fuzz.json');
    const organizations = fc.dictionary(fc.string(), fc.anything());
    const document = fc.oneof(
      fc.json(),
      fc
        .record({ organizations, peers: organizations, orderers: organizations })
        .map((value) => JSON.stringify(value)),
    );
    fc.assert(
      fc.property(document, (text) => {
        writeFileSync(file, text);
        try {
          readConnectionProfile(file);
          readProfileOrderers(file);
        } catch (error) {
          expect(isMidlockError(error, 'CONFIG_INVALID')).toBe(true);
        }
      }),
      { seed: 1, numRuns: 200 },
    );
  });
});
