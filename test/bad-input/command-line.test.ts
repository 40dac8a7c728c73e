import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  truncateSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createOrganization, writeMaterial } from '@midlock/devnode/msp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeSampleProfile } from '../../cli/src/networks/testing-profile.ts';
import { leftOf, runMarked, startMarked } from './marked-run.ts';

const MIDLOCK = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));
const DEVNODE = fileURLToPath(new URL('../../devnode/src/cli.ts', import.meta.url));
const YEAR_MS = 365 * 86_400_000;
const ESCROW = `0x${'5'.repeat(40)}`;

const root = mkdtempSync(join(tmpdir(), 'midlock-bad-input-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

function folder(name: string): string {
  return mkdtempSync(join(root, `${name.replaceAll(/\W+/g, '-')}-`));
}

/** Runs `midlock` in a folder and expects its code, exit code, a next step, and nobody left behind. */
async function expectRefusal(
  cwd: string,
  args: readonly string[],
  [status, code, words]: readonly [number, string, RegExp],
  env: Readonly<Record<string, string>> = {},
): Promise<void> {
  const ended = await runMarked(MIDLOCK, args, { cwd, env });
  expect(ended.stderr).toContain(`error: ${code}`);
  expect(ended.stderr).toMatch(words);
  expect(ended.stderr).toMatch(/^next: {2}\S/m);
  expect(ended.stderr).not.toMatch(/^\s+at /m);
  expect(ended.status).toBe(status);
  expect(ended.left).toEqual([]);
}

describe("an operator's material", () => {
  const original = join(root, 'test-network');
  const userOf = (network: string, number: number): string =>
    join(
      network,
      `organizations/peerOrganizations/org${String(number)}.example.com`,
      `users/User1@org${String(number)}.example.com/msp`,
    );

  beforeAll(async () => {
    const made = [1, 2].map((number) => organization(number, Date.now()));
    const written = await writeMaterial(join(original, 'organizations'), made);
    written.forEach(({ organizationDir }, index) => {
      writeSampleProfile(organizationDir, index + 1, `localhost:${String(7051 + 2000 * index)}`);
    });
  });

  function organization(number: number, nowMs: number) {
    const domain = `org${String(number)}.example.com`;
    const mspId = `Org${String(number)}MSP`;
    return createOrganization({ mspId, domain, peers: ['peer0'], users: ['User1'], nowMs });
  }

  /** Replaces a user's certificate and key in a network's folder. */
  function replaceUser(network: string, made: ReturnType<typeof organization>): void {
    const user = made.users.find(({ name }) => name === 'User1');
    const msp = userOf(network, 1);
    const certificate = readdirSync(join(msp, 'signcerts'))[0] ?? '';
    writeFileSync(join(msp, 'signcerts', certificate), user?.sign.certificatePem ?? '');
    writeFileSync(join(msp, 'keystore/priv_sk'), user?.sign.privateKeyPem ?? '');
  }

  it.concurrent.each<[string, (network: string) => void, readonly [number, string, RegExp]]>([
    [
      'without a key',
      (network) => {
        rmSync(join(userOf(network, 1), 'keystore/priv_sk'));
      },
      [3, 'IDENTITY_INVALID', /keystore.*holds no file with a private key/],
    ],
    [
      'with a key of another certificate',
      (network) => {
        cpSync(join(userOf(network, 2), 'keystore'), join(userOf(network, 1), 'keystore'), {
          recursive: true,
        });
      },
      [3, 'IDENTITY_INVALID', /does not belong to the certificate/],
    ],
    [
      'with a certificate of another organisation',
      (network) => {
        replaceUser(network, organization(2, Date.now()));
      },
      [3, 'IDENTITY_INVALID', /issued by another organisation/],
    ],
    [
      'with an expired certificate',
      (network) => {
        replaceUser(network, organization(1, Date.now() - 20 * YEAR_MS));
      },
      [3, 'IDENTITY_INVALID', /expired/],
    ],
    [
      'whose profile names a peer that it does not describe',
      (network) => {
        const profile = join(userOf(network, 1), '../../../connection-org1.json');
        const text = readFileSync(profile, 'utf8');
        writeFileSync(
          profile,
          text
            .replace('"peers":["peer0.', '"peers":["peer9.')
            .replace(/"peers": \[\s*"peer0\./, '"peers": ["peer9.'),
        );
      },
      [3, 'CONFIG_INVALID', /peers\.peer9\.org1\.example\.com/],
    ],
    [
      'whose profile was written by half',
      (network) => {
        const profile = join(userOf(network, 1), '../../../connection-org1.json');
        truncateSync(profile, Math.floor(statSync(profile).size / 2));
      },
      [3, 'CONFIG_INVALID', /connection-org1\.json/],
    ],
  ])('%s is not imported, and nothing is written', async (name, damage, refusal) => {
    const cwd = folder(name);
    cpSync(original, join(cwd, 'network'), { recursive: true });
    damage(join(cwd, 'network'));
    const source = ['config', 'import', '--from', 'test-network', 'network'];
    const ethereum = ['--ethereum', 'http://127.0.0.1:9', '--escrow', ESCROW];
    await expectRefusal(cwd, [...source, ...ethereum], refusal);
    expect(readdirSync(cwd)).not.toContain('midlock.config.yaml');
  });
});

describe('binaries', () => {
  function binaries(cwd: string, versions: Readonly<Record<string, string>>): string {
    const dir = join(cwd, 'bin');
    mkdirSync(dir);
    for (const [name, version] of Object.entries(versions))
      writeFileSync(join(dir, name), `#!/bin/sh\necho " Version: v${version}"\n`, { mode: 0o755 });
    return dir;
  }

  it.concurrent.each<[string, Readonly<Record<string, string>>, readonly [number, string, RegExp]]>(
    [
      [
        'of Fabric 1.4',
        { peer: '1.4.12', orderer: '1.4.12', configtxgen: '1.4.12' },
        [3, 'TOOL_VERSION', /version=1\.4\.12/],
      ],
      [
        'of two versions',
        { peer: '3.1.5', orderer: '2.5.16', configtxgen: '3.1.5' },
        [3, 'TOOL_VERSION', /different versions/],
      ],
      [
        'of which one lacks',
        { peer: '3.1.5', orderer: '3.1.5' },
        [3, 'TOOL_MISSING', /configtxgen/],
      ],
      ['that are not there', {}, [3, 'TOOL_MISSING', /install-fabric\.sh/]],
    ],
  )('%s start no network', async (name, versions, refusal) => {
    const cwd = folder(name);
    const env = { FABRIC_BIN: binaries(cwd, versions) };
    await expectRefusal(cwd, ['network', 'up', '--fabric', 'native', '--dir', 'n'], refusal, env);
    expect(readdirSync(join(cwd, 'n'))).not.toContain('pids.json');
  });

  it.concurrent('an anvil that does not run starts no network', async () => {
    const env = { ANVIL_BIN: '/nonexistent/anvil' };
    const refusal = [3, 'TOOL_MISSING', /anvil/] as const;
    await expectRefusal(folder('anvil'), ['network', 'up', '--dir', 'n'], refusal, env);
  });
});

describe('what was written by half', () => {
  const DESCRIPTION = `{"version":1,"fabric":{"kind":"devnode","version":"3.x","channel":"midlock","chai`;
  const CONFIG = `name: alice\nprofile: development\nnetwork:\n  file: network.json\nidentity:\n  fabric:\n    mspId: Org1MSP\n    cert`;
  const PIDS = `{"pids":[1234`;

  it.concurrent.each<
    [string, Readonly<Record<string, string>>, readonly string[], readonly [number, string, RegExp]]
  >([
    [
      'network.json, by network status',
      { 'n/network.json': DESCRIPTION, 'n/pids.json': '{"pids":[999999],"keep":false}' },
      ['network', 'status', '--dir', 'n'],
      [3, 'DESCRIPTION_INVALID', /n\/network\.json/],
    ],
    [
      'network.json, by config init',
      { 'network.json': DESCRIPTION },
      ['config', 'init', '--network', 'network.json'],
      [3, 'DESCRIPTION_INVALID', /network\.json/],
    ],
    [
      'network.json, by deploy',
      { 'network.json': DESCRIPTION },
      ['deploy', 'all', '--network', 'network.json'],
      [3, 'DESCRIPTION_INVALID', /network\.json/],
    ],
    [
      'pids.json, by network down',
      { 'n/network.json': '{}', 'n/pids.json': PIDS },
      ['network', 'down', '--dir', 'n'],
      [3, 'DESCRIPTION_INVALID', /pids\.json.*remove the folder/],
    ],
    [
      'pids.json that holds nothing, by network down',
      { 'n/network.json': '{}', 'n/pids.json': 'null' },
      ['network', 'down', '--dir', 'n'],
      [3, 'DESCRIPTION_INVALID', /pids\.json.*remove the folder/],
    ],
    [
      'pids.json, by network up',
      { 'n/pids.json': PIDS },
      ['network', 'up', '--dir', 'n'],
      [4, 'PORT_IN_USE', /folder=/],
    ],
    [
      'the configuration, by keys show',
      { 'midlock.config.yaml': CONFIG },
      ['keys', 'show'],
      [3, 'CONFIG_INVALID', /midlock\.config\.yaml/],
    ],
    [
      'a terms file, by swap show',
      { 'deal.json': '{"version":1,"terms":{"direc' },
      ['swap', 'show', 'deal.json'],
      [2, 'TERMS_FIELD_INVALID', /./],
    ],
  ])('%s is refused', async (name, files, args, refusal) => {
    const cwd = folder(name);
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(cwd, path, '..'), { recursive: true });
      writeFileSync(join(cwd, path), text, { mode: 0o600 });
    }
    await expectRefusal(cwd, args, refusal);
  });

  it.concurrent.each(['agent', 'relayer'])('a configuration starts no %s', async (role) => {
    const cwd = folder(role);
    writeFileSync(join(cwd, 'midlock.config.yaml'), CONFIG);
    const ended = await runMarked(MIDLOCK, [role, 'start'], { cwd });
    expect(ended.stdout).toContain('CONFIG_INVALID');
    expect(ended.stdout).toMatch(/"ready":false.*"next":"\w/);
    expect(ended.status).toBe(3);
    expect(ended.left).toEqual([]);
  });

  it.concurrent('a configuration fails the doctor', async () => {
    const cwd = folder('doctor');
    writeFileSync(join(cwd, 'midlock.config.yaml'), CONFIG);
    const ended = await runMarked(MIDLOCK, ['doctor'], { cwd });
    expect(ended.stdout).toMatch(/^FAIL +configuration +CONFIG_INVALID/m);
    expect(ended.status).toBe(3);
  });
});

describe('devnode', () => {
  const organizations = [{ mspId: 'Org1MSP', domain: 'org1.example.com', users: ['User1'] }];

  function config(cwd: string, more: object): string {
    const file = join(cwd, 'devnode.json');
    writeFileSync(file, JSON.stringify({ channel: 'dev', organizations, chaincodes: [], ...more }));
    return file;
  }

  it.concurrent('says that a port is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const cwd = folder('port');
    const file = config(cwd, { ports: { Org1MSP: port } });
    const ended = await runMarked(DEVNODE, ['start', '--config', file], { cwd });
    server.close();
    expect(ended.stderr).toMatch(new RegExp(`^PORT_IN_USE: .*${String(port)}`));
    expect([ended.status, ended.left]).toEqual([3, []]);
  });

  /** Runs devnode until it is ready and ends it; its notices. */
  async function runOnce(file: string, cwd: string): Promise<string> {
    const { child, mark } = startMarked(DEVNODE, ['start', '--config', file], { cwd });
    let notices = '';
    child.stderr?.on('data', (data: Buffer) => (notices += data.toString()));
    if (child.stdout !== null) await once(child.stdout, 'data');
    child.kill('SIGTERM');
    await once(child, 'close');
    expect(await leftOf(mark)).toEqual([]);
    return notices;
  }

  it.concurrent('goes on before a half-written block, and refuses a damaged one', async () => {
    const cwd = folder('ledger');
    const file = config(cwd, { dataDir: join(cwd, 'data'), materialDir: join(cwd, 'material') });
    await runOnce(file, cwd);
    const blocks = join(cwd, 'data/blocks');
    const whole = readFileSync(blocks);
    writeFileSync(blocks, Buffer.concat([whole, whole.subarray(0, whole.length / 2)]));
    expect(await runOnce(file, cwd)).toContain('written by half');
    const damaged = Buffer.from(readFileSync(blocks));
    damaged.writeUInt8(damaged.readUInt8(100) ^ 1, 100);
    writeFileSync(blocks, damaged);
    const ended = await runMarked(DEVNODE, ['start', '--config', file], { cwd });
    expect(ended.stderr).toMatch(/^LEDGER_DAMAGED: .*block 0.*restore the file/);
    expect([ended.status, ended.left]).toEqual([3, []]);
  });
});
