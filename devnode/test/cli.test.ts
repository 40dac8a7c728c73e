import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, expect, test } from 'vitest';
import { RECORDED_VERSIONS } from '../conformance/recordings.ts';
import { createDevnode } from '../src/index.ts';
import { readConfig } from '../src/read-config.ts';
import { isListening } from './shelf-network.ts';

const dir = mkdtempSync(join(tmpdir(), 'devnode-cli-'));
const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  /** The first line of standard output; undefined when the process ends without one. */
  readonly line: Promise<string | undefined>;
  readonly ended: Promise<{ status: number | null; stdout: string; stderr: string }>;
}

function run(...args: string[]): Run {
  const cli = new URL('../src/cli.ts', import.meta.url).pathname;
  const flags = ['--conditions=source', '--disable-warning=ExperimentalWarning'];
  // A folder for temporary files of its own, so that what is left behind can be seen.
  const child = spawn(process.execPath, [...flags, cli, ...args], {
    env: { ...process.env, TMPDIR: dir },
  });
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const lines = createInterface({ input: child.stdout });
  return {
    child,
    line: new Promise((resolve) => {
      lines.once('line', resolve);
      lines.once('close', () => {
        resolve(undefined);
      });
    }),
    ended: new Promise((resolve) =>
      child.once('close', (status) => {
        resolve({ status, stdout, stderr });
      }),
    ),
  };
}

const CONFIG = {
  channel: 'dev',
  organizations: [
    { mspId: 'Org1MSP', peers: 2 },
    { mspId: 'Org2MSP', users: ['Clerk'] },
  ],
  chaincodes: [
    {
      name: 'notes',
      version: '1',
      sequence: 1,
      endorsementPolicy: "OR('Org1MSP.peer','Org2MSP.peer')",
      endpoints: {
        Org1MSP: 'register',
        Org2MSP: { address: '127.0.0.1:9', packageId: 'notes_1:x' },
      },
    },
  ],
};

function config(changes: object = {}): string {
  const file = join(dir, `config-${process.hrtime.bigint()}.json`);
  writeFileSync(file, JSON.stringify({ ...CONFIG, ...changes }));
  return file;
}

interface ReadyLine {
  readonly ready: boolean;
  readonly admin: string;
  readonly organizations: Readonly<
    Record<
      string,
      {
        gateway: string;
        tlsServerName: string;
        tlsCaCertPath: string;
        mspDir: string;
        users: Record<string, { certPath: string; keyPath: string }>;
        peers: Record<string, { gateway: string; tlsServerName: string }>;
      }
    >
  >;
}

async function readyLine({ line }: Run): Promise<ReadyLine> {
  return JSON.parse((await line) ?? 'null') as ReadyLine;
}

test('start prints one JSON line with everything a client needs and ends at SIGTERM without a trace', async () => {
  const started = run('start', '--config', config());
  const ready = await readyLine(started);
  expect(Object.keys(ready)).toEqual(['ready', 'version', 'channel', 'organizations', 'admin']);
  expect(ready).toMatchObject({ ready: true, version: '3.x', channel: 'dev' });
  expect(ready.admin).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const ports: number[] = [];
  expect(Object.keys(ready.organizations)).toEqual(['Org1MSP', 'Org2MSP']);
  for (const organization of Object.values(ready.organizations)) {
    expect(Object.keys(organization).toSorted()).toEqual(
      ['gateway', 'mspDir', 'peers', 'tlsCaCertPath', 'tlsServerName', 'users'].toSorted(),
    );
    const { gateway, tlsServerName, peers, users } = organization;
    expect(peers['peer0']).toEqual({ gateway, tlsServerName });
    ports.push(...Object.values(peers).map((peer) => Number(peer.gateway.split(':')[1])));
    expect(readFileSync(organization.tlsCaCertPath, 'utf8')).toContain('BEGIN CERTIFICATE');
    expect(readdirSync(organization.mspDir)).toEqual(
      expect.arrayContaining(['cacerts', 'config.yaml', 'tlscacerts']),
    );
    for (const { certPath, keyPath } of Object.values(users)) {
      expect(readFileSync(certPath, 'utf8')).toContain('BEGIN CERTIFICATE');
      expect(readFileSync(keyPath, 'utf8')).toContain('BEGIN PRIVATE KEY');
    }
  }
  expect(Object.keys(ready.organizations['Org1MSP']?.users ?? {})).toEqual(['Admin', 'User1']);
  expect(Object.keys(ready.organizations['Org2MSP']?.users ?? {})).toEqual(['Admin', 'Clerk']);
  expect(new Set(ports).size).toBe(3);
  started.child.kill('SIGTERM');
  expect(await started.ended).toMatchObject({ status: 0, stderr: '' });
  for (const port of ports) expect(await isListening(port)).toBe(false);
  expect(existsSync(ready.organizations['Org1MSP']?.mspDir ?? '')).toBe(false);
});

test('ports that are named are those that listen', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => blocker.once('listening', resolve));
  const { port } = blocker.address() as AddressInfo;
  await new Promise((resolve) => blocker.close(resolve));
  const started = run('start', '--config', config({ ports: { 'Org1MSP/peer1': port } }));
  const ready = await readyLine(started);
  expect(ready.organizations['Org1MSP']?.peers['peer1']?.gateway).toBe(`127.0.0.1:${port}`);
});

test('--help names the fields, the codes and what each profile was compared with', async () => {
  const { status, stdout } = await run('--help').ended;
  expect(status).toBe(0);
  for (const word of [
    ...[
      '"channel"',
      '"endpoints"',
      '"collections"',
      '"ports"',
      '"profile"',
      '"dataDir"',
      'register',
    ],
    ...['CONFIG_INVALID', 'PORT_IN_USE', 'DATA_MISMATCH', 'LEDGER_DAMAGED'],
    ...Object.values(RECORDED_VERSIONS).map((version) => `Fabric ${version}`),
  ])
    expect(stdout).toContain(word);
});

test.each([[[]], [['start']], [['begin', '--config', 'x']], [['start', '--config', 'x', 'y']]])(
  'a wrong command line gets the help and status 2: %j',
  async (args) => {
    const { status, stderr, stdout } = await run(...args).ended;
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: devnode start --config <file.json>');
  },
);

/** What may be wrong with a file, and what the message must name. */
const BAD: readonly (readonly [title: string, changes: object, names: string])[] = [
  ['no channel', { channel: undefined }, 'channel:'],
  ['a channel in capitals', { channel: 'Dev' }, 'channel: "Dev" is no channel name'],
  ['a misspelt option', { organisations: [] }, 'unknown option organisations'],
  ['no organisations', { organizations: [] }, 'organizations: at least one'],
  ['an organisation twice', { organizations: [{ mspId: 'A' }, { mspId: 'A' }] }, 'stands twice'],
  ['an organisation without id', { organizations: [{}] }, 'organizations[0].mspId'],
  [
    'a name that cannot be a folder',
    { organizations: [{ mspId: '../A' }], chaincodes: [] },
    '../A',
  ],
  ['no peers', { organizations: [{ mspId: 'A', peers: 0 }] }, 'organizations[0].peers'],
  ['a port too large', { ports: { Org1MSP: 70_000 } }, 'ports.Org1MSP'],
  ['a port of nobody', { ports: { Org9MSP: 0 } }, 'unknown organisation or peer Org9MSP'],
  ['ports that are none', { ports: null }, 'ports: an object'],
  ['an unknown profile', { profile: '1.4' }, 'profile: "1.4"'],
  ['a batch of nothing', { batch: { maxMessages: 0 } }, 'batch.maxMessages'],
  ['no time to execute', { executeTimeoutMs: 0 }, 'executeTimeoutMs'],
  ['chaincodes that are no list', { chaincodes: {} }, 'chaincodes: a list'],
  ...(
    [
      ['no name', { name: undefined }, 'chaincodes[0].name'],
      ['no sequence', { sequence: 0 }, 'chaincodes[0].sequence'],
      ['collections that are none', { collections: [null] }, 'chaincodes[0].collections'],
      [
        'no policy',
        { endorsementPolicy: "OR('Org1MSP.peer'" },
        'chaincodes.notes.endorsementPolicy',
      ],
      [
        'an address without port',
        { endpoints: { Org1MSP: { address: 'localhost', packageId: 'x' } } },
        'host:port',
      ],
      [
        'an endpoint of nobody',
        { endpoints: { Org9MSP: 'register' } },
        'unknown organisation Org9MSP',
      ],
      [
        'a certificate that is none',
        { endpoints: { Org1MSP: { address: 'a:1', packageId: 'x', tlsRootCert: '/ca.pem' } } },
        'tlsRootCert',
      ],
      [
        'a bad collection policy',
        { collections: [{ name: 'c', policy: 'x' }] },
        'collections.c.policy',
      ],
    ] as const
  ).map(
    ([title, changes, names]) =>
      [
        title,
        { chaincodes: CONFIG.chaincodes.map((one) => ({ ...one, ...changes })) },
        names,
      ] as const,
  ),
];

test.each(BAD)(
  'a file with %s is refused and what is wrong is named',
  async (_title, changes, names) => {
    const starting = createDevnode(readConfig(config(changes)));
    await expect(starting).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(names) as string,
    });
  },
);

test.each([
  ['that is not there', undefined, 'cannot be read'],
  ['that ends in the middle', '{"channel": "de', 'is no JSON'],
  ['that is a list', '[]', 'must hold one JSON object'],
])('a file %s is refused', async (_title, content, names) => {
  const file = join(dir, `bad-${process.hrtime.bigint()}.json`);
  if (content !== undefined) writeFileSync(file, content);
  const { status, stderr } = await run('start', '--config', file).ended;
  expect(status).toBe(3);
  expect(stderr).toMatch(/^CONFIG_INVALID: /);
  expect(stderr).toContain(names);
});

test('a port in use ends the start with its code; nothing is left', async () => {
  const blocker = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => blocker.once('listening', resolve));
  const { port } = blocker.address() as AddressInfo;
  const before = readdirSync(dir).length;
  const file = config({ ports: { Org2MSP: port } });
  const { status, stderr } = await run('start', '--config', file).ended;
  await new Promise((resolve) => blocker.close(resolve));
  expect(status).toBe(3);
  expect(stderr).toMatch(new RegExp(`^PORT_IN_USE: port ${port} `, 'm'));
  expect(readdirSync(dir).length).toBe(before + 1);
});

test('a data folder continues with its keys; damaged or of another network it is refused', async () => {
  const dataDir = join(dir, 'data');
  const first = run('start', '--config', config({ dataDir }));
  const ready = await readyLine(first);
  first.child.kill('SIGTERM');
  await first.ended;
  const cert = ready.organizations['Org1MSP']?.users['User1']?.certPath ?? '';
  const pem = readFileSync(cert, 'utf8');
  const blocks = join(dataDir, 'blocks');
  const whole = readFileSync(blocks);

  writeFileSync(blocks, Buffer.concat([whole, whole.subarray(0, 40)]));
  const second = run('start', '--config', config({ dataDir }));
  await readyLine(second);
  second.child.kill('SIGTERM');
  expect((await second.ended).stderr).toContain('written by half (40 octets)');
  expect(readFileSync(blocks)).toEqual(whole);
  expect(readFileSync(cert, 'utf8')).toBe(pem);

  const refusals: [object, string, string][] = [
    [{ channel: 'other' }, 'DATA_MISMATCH', 'use another dataDir'],
    [{ organizations: [{ mspId: 'Org1MSP' }, { mspId: 'Org2MSP' }] }, 'DATA_MISMATCH', 'dataDir'],
  ];
  for (const [changes, code, next] of refusals) {
    const { status, stderr } = await run('start', '--config', config({ dataDir, ...changes }))
      .ended;
    expect(status).toBe(3);
    expect(stderr).toMatch(new RegExp(`^${code}: `));
    expect(stderr).toContain(next);
  }
  const changed = Buffer.from(whole);
  changed[30] = (changed[30] ?? 0) ^ 1;
  writeFileSync(blocks, changed);
  const damaged = await run('start', '--config', config({ dataDir })).ended;
  expect(damaged.stderr).toMatch(/^LEDGER_DAMAGED: .*restore the file/);
  expect(readFileSync(blocks)).toEqual(changed);
  writeFileSync(blocks, whole);
  writeFileSync(join(dataDir, 'organizations.json'), '[{"mspId":');
  const halfKeys = await run('start', '--config', config({ dataDir })).ended;
  expect(halfKeys.stderr).toMatch(/^LEDGER_DAMAGED: /);
});
