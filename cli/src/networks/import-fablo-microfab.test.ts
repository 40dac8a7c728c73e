import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOrganization, writeMaterial } from '@midlock/devnode/msp';
import { isMidlockError } from '@midlock/protocol';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { importFabric, type ImportOptions } from './import-network.ts';
import { importMicrofab, readMicrofab } from './microfab.ts';
import { microfabComponents, writeFabloTarget, type SampleNode } from './testing-profile.ts';

const root = mkdtempSync(join(tmpdir(), 'midlock-import-others-'));
const material = join(root, 'material');
const peerOrganizations = join(material, 'peerOrganizations');
const node = (organization: string, domain: string, name: string, port: number): SampleNode => ({
  organization,
  domain,
  host: `${name}.${domain}`,
  address: `localhost:${port}`,
});
const PEERS = [
  node('Org1', 'org1.example.com', 'peer0', 7041),
  // Its domain ends with the first one's.
  node('Org2', 'sub.org1.example.com', 'peer0', 7061),
];
const ORDERERS = [node('Orderer', 'orderer.example.com', 'orderer0.group1', 7030)];

beforeAll(async () => {
  await writeMaterial(
    material,
    [...PEERS, ...ORDERERS].map(({ organization, domain, host }) =>
      createOrganization({
        mspId: `${organization}MSP`,
        domain,
        peers: [host.slice(0, -domain.length - 1)],
        users: ['User1'],
      }),
    ),
  );
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function refusalOf(run: () => unknown): { code: string; data: Record<string, unknown> } {
  try {
    run();
  } catch (error) {
    if (isMidlockError(error)) return { code: error.code, data: { ...error.data } };
    throw error;
  }
  throw new Error('not refused');
}

const names = { channel: 'mychannel', chaincode: 'midlock' };

describe('config import --from fablo', () => {
  const network = join(root, 'fablo');
  const config = join(network, 'fablo-target', 'fabric-config');
  const crypto = join(config, 'crypto-config');
  const profile = (organization: string) =>
    join(config, 'connection-profiles', `connection-profile-${organization}.json`);

  beforeEach(() => {
    rmSync(network, { recursive: true, force: true });
    writeFabloTarget(network, peerOrganizations, PEERS, ORDERERS);
  });

  function run(rest: Partial<ImportOptions> = {}) {
    const outDir = mkdtempSync(join(root, 'out-'));
    return importFabric({ from: 'fablo', path: network, outDir, ...names, ...rest });
  }

  function rewrite(organization: string, change: (text: string) => string): void {
    const file = profile(organization);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  }

  test("finds each organisation's own peer, users and CA, and the orderers", () => {
    const { kind, organizations, orderers } = run();
    expect(kind).toBe('fablo');
    expect(Object.keys(organizations)).toEqual(['Org1MSP', 'Org2MSP']);
    for (const { organization, domain, host, address } of PEERS) {
      const found = organizations[`${organization}MSP`];
      const folder = join(crypto, 'peerOrganizations', domain);
      expect(found).toMatchObject({
        gateway: address,
        tlsServerName: host,
        mspDir: join(folder, 'msp'),
        tlsCaCertPath: join(folder, 'peers', host, 'tls/ca.crt'),
      });
      expect(Object.keys(found?.users ?? {})).toEqual(['Admin', 'User1']);
      expect(found?.users['User1']?.keyPath).toContain('priv-key.pem');
    }
    const [orderer] = ORDERERS;
    expect(orderers?.[orderer?.host ?? '']).toMatchObject({ address: 'localhost:7030' });
    expect(existsSync(orderers?.[orderer?.host ?? '']?.tlsCaCertPath ?? '')).toBe(true);
  });

  test('takes fablo-target itself as well', () => {
    expect(run({ path: join(network, 'fablo-target') })).toEqual(run());
  });

  test.each([
    ['a folder without fablo-target', () => rmSync(config, { recursive: true }), 'fablo-target'],
    [
      'a network that was only generated',
      () => rmSync(crypto, { recursive: true }),
      'material that "fablo up" generates',
    ],
    [
      'no profiles',
      () => rmSync(join(config, 'connection-profiles'), { recursive: true }),
      'connection profiles',
    ],
  ])('refuses %s', (_what, damage, expected) => {
    damage();
    const { code, data } = refusalOf(run);
    expect(code).toBe('CONFIG_INVALID');
    expect(data['expected']).toContain(expected);
  });

  test('refuses a network without TLS and says so', () => {
    rewrite('org1', (text) => text.replaceAll('grpcs://', 'grpc://'));
    expect(refusalOf(run).data).toMatchObject({
      file: profile('org1'),
      key: 'peers.peer0.org1.example.com.url',
      expected: expect.stringContaining('without TLS') as string,
    });
  });

  test('refuses a missing key, a missing CA, and a peer that is not described', () => {
    const user = join(crypto, 'peerOrganizations/org1.example.com/users/User1@org1.example.com');
    renameSync(join(user, 'msp/keystore'), join(user, 'msp/elsewhere'));
    expect(refusalOf(run)).toMatchObject({ code: 'IDENTITY_INVALID' });
    renameSync(join(user, 'msp/elsewhere'), join(user, 'msp/keystore'));
    const ca = join(crypto, 'peerOrganizations/org1.example.com/peers/peer0.org1.example.com/tls');
    rmSync(join(ca, 'ca.crt'));
    expect(refusalOf(run).data).toMatchObject({ path: join(ca, 'ca.crt') });
    cpSync(join(peerOrganizations, 'org1.example.com'), join(ca, '../../..'), { recursive: true });
    rewrite('org2', (text) => text.replace('"peer0.sub.org1.example.com": {', '"other": {'));
    expect(refusalOf(run).data).toMatchObject({ expected: 'peers.peer0.sub.org1.example.com' });
  });

  test('a profile of any content is read or refused by code', () => {
    const original = readFileSync(profile('org1'), 'utf8');
    fc.assert(
      fc.property(fc.nat(original.length - 1), fc.string({ maxLength: 4 }), (at, inserted) => {
        writeFileSync(profile('org1'), original.slice(0, at) + inserted + original.slice(at + 1));
        try {
          run();
        } catch (error) {
          expect(isMidlockError(error)).toBe(true);
        }
      }),
      { seed: 4, numRuns: 60 },
    );
  });
});

describe('config import --from microfab', () => {
  const components = () => microfabComponents(peerOrganizations, PEERS);
  type Component = Record<string, unknown>;

  function run(list: unknown = components()) {
    const outDir = mkdtempSync(join(root, 'out-'));
    const text = typeof list === 'string' ? list : JSON.stringify(list);
    return importMicrofab(text, { path: 'components.json', outDir, ...names });
  }

  function changed(id: string, change: Component): readonly Component[] {
    return components().map((entry) => (entry['id'] === id ? { ...entry, ...change } : entry));
  }

  test('finds peers by the names that its proxy knows, and writes identities as files', () => {
    const { kind, organizations } = run();
    expect(kind).toBe('microfab');
    expect(Object.keys(organizations)).toEqual(['Org1MSP', 'Org2MSP']);
    const org2 = organizations['Org2MSP'];
    expect(org2).toMatchObject({
      gateway: 'localhost:7061',
      tlsServerName: 'peer0.sub.org1.example.com',
    });
    const tlsCa = join(peerOrganizations, 'sub.org1.example.com/tlsca');
    expect(readFileSync(org2?.tlsCaCertPath ?? '', 'utf8')).toBe(
      readFileSync(join(tlsCa, 'tlsca.sub.org1.example.com-cert.pem'), 'utf8'),
    );
    const admin = org2?.users['Admin'];
    expect(statSync(admin?.keyPath ?? '').mode & 0o777).toBe(0o600);
    expect(existsSync(join(org2?.mspDir ?? '', 'cacerts/ca.pem'))).toBe(true);
  });

  test('goes to the host that microfab names, whatever host was asked for the list', () => {
    const list = changed('org1peer', { api_url: 'grpcs://192.0.2.1:8443' });
    expect(run(list).organizations['Org1MSP']?.gateway).toBe('localhost:7041');
  });

  test('refuses a network without TLS and says how to have it', () => {
    const plain = changed('org1peer', { api_url: 'grpc://localhost:8080' });
    for (const list of [plain, changed('org2peer', { tls_ca_root_cert: undefined })])
      expect(refusalOf(() => run(list)).data['expected']).toContain('"tls": {"enabled": true}');
  });

  test.each<[string, () => unknown, string]>([
    ['no JSON', () => '<html>', '(document)'],
    ['no list', () => ({ components: [] }), '(document)'],
    ['no peer', () => [], '(document)'],
    ['a peer without an MSP', () => changed('org1peer', { msp_id: undefined }), 'org1peer.msp_id'],
    [
      'an MSP id that is a path',
      () => changed('org1peer', { msp_id: '../../x' }),
      'org1peer.msp_id',
    ],
    ['an id that is a path', () => changed('org1admin', { id: '../x' }), '../x.id'],
    [
      'a key that is no base64',
      () => changed('org1admin', { private_key: '?' }),
      'org1admin.private_key',
    ],
    [
      'an address without a port',
      () =>
        changed('org1peer', {
          api_options: { 'grpc.default_authority': 'x', 'grpc.ssl_target_name_override': 'x' },
        }),
      'org1peer.api_options.grpc.default_authority',
    ],
  ])('refuses %s', (_what, list, key) => {
    const { code, data } = refusalOf(() => run(list()));
    expect({ code, key: data['key'] }).toEqual({ code: 'CONFIG_INVALID', key });
  });

  test("refuses a key of another certificate, and another CA's certificate", () => {
    const [, admin, , , other] = components();
    const foreign = (member: string) => changed('org1admin', { [member]: other?.[member] });
    expect(admin?.['id']).toBe('org1admin');
    expect(refusalOf(() => run(foreign('private_key')))).toMatchObject({
      code: 'IDENTITY_INVALID',
      data: { reason: 'the key does not belong to the certificate' },
    });
    expect(refusalOf(() => run(foreign('ca'))).data['reason']).toContain('another organisation');
    const nobody = components().filter(({ type }) => type !== 'identity');
    expect(refusalOf(() => run(nobody))).toMatchObject({ code: 'IDENTITY_INVALID' });
  });

  test('reads the list from a file and from the console', async () => {
    const file = join(root, 'components.json');
    mkdirSync(root, { recursive: true });
    writeFileSync(file, 'the list');
    expect(await readMicrofab(file)).toBe('the list');
    await expect(readMicrofab(join(root, 'nowhere'))).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    const asked: (string | undefined)[] = [];
    const server = createServer(({ url }, response) => {
      asked.push(url);
      response.statusCode = asked.length === 1 ? 200 : 503;
      response.end('from the console');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await readMicrofab(address)).toBe('from the console');
    expect(asked).toEqual(['/ak/api/v1/components']);
    await expect(readMicrofab(address)).rejects.toMatchObject({
      code: 'ENDPOINT_UNREACHABLE',
      data: { reason: 'HTTP 503' },
    });
    await new Promise((resolve) => server.close(resolve));
    await expect(readMicrofab(address)).rejects.toMatchObject({ code: 'ENDPOINT_UNREACHABLE' });
  });

  test('a list of any content is read or refused by code', () => {
    const member = fc.oneof(fc.anything(), fc.constantFrom('fabric-peer', 'identity', 'Org1MSP'));
    const keys = fc.constantFrom('type', 'id', 'msp_id', 'api_url', 'api_options', 'cert', 'ca');
    const mutated = fc
      .tuple(fc.nat(5), keys, member)
      .map(([index, key, value]) =>
        components().map((entry, at) => (at === index ? { ...entry, [key]: value } : entry)),
      );
    fc.assert(
      fc.property(fc.oneof(mutated, fc.anything(), fc.array(fc.object())), (list) => {
        try {
          run(textOf(list));
        } catch (error) {
          expect(isMidlockError(error)).toBe(true);
        }
      }),
      { seed: 5, numRuns: 150 },
    );
  });
});

function textOf(list: unknown): string {
  const plain = (_: string, value: unknown) => (typeof value === 'bigint' ? 0 : value);
  // As the member of a list, since JSON.stringify alone answers undefined for undefined.
  return JSON.stringify([list], plain).slice(1, -1);
}
