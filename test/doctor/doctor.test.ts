import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createOrganization } from '@midlock/devnode/msp';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { CHECK_NAMES, doctorCommand } from '../../cli/src/commands/doctor.ts';
import type { Finding } from '../../cli/src/doctor/check.ts';
import { judgeDefinitions } from '../../cli/src/doctor/fabric.ts';
import { judgeDisk } from '../../cli/src/doctor/files.ts';
import { lying, nullTags, tagsSetBackTo } from '../proxy/faults.ts';
import { setStartUpStage, type Config, type Role, type StartUpStage } from '../start-up/stage.ts';

const ORGANIZATIONS = ['Org1MSP', 'Org2MSP', 'Org3MSP'];
const YEAR_MS = 365 * 86_400_000;

let stage: StartUpStage;
const undo: (() => unknown)[] = [];
/** Checks that a test of this file made fail or warn. */
const broken = new Set<string>();

beforeAll(async () => {
  stage = await setStartUpStage();
}, 120_000);
afterAll(() => stage.close());
afterEach(async () => {
  for (const step of undo.splice(0)) await step();
  stage.environment.proxy.fault = undefined;
  for (const mspId of ORGANIZATIONS) {
    stage.environment.skewClock(mspId, 0);
    stage.environment.guardStamps(mspId, true);
  }
});

/** What doctor says of a configuration, and whether it lets it pass. */
async function look(
  role: Role,
  change: (config: Config) => void,
): Promise<{ readonly good: boolean; readonly checks: readonly Finding[] }> {
  let checks: readonly Finding[] = [];
  const good = await doctorCommand(stage.config(role, change), {
    json: true,
    result: (value) => {
      ({ checks } = value as { checks: readonly Finding[] });
    },
    progress: () => undefined,
  });
  return { good, checks };
}

/** Expects each named check to be not ok with such words, and every failure to have a next step. */
function expectSeen(
  { good, checks }: { readonly good: boolean; readonly checks: readonly Finding[] },
  wanted: Readonly<Record<string, readonly [Finding['status'], RegExp]>>,
): void {
  for (const [name, [status, words]] of Object.entries(wanted)) {
    const found = checks.find((check) => check.name === name);
    expect([name, found?.status, found?.seen]).toEqual([
      name,
      status,
      expect.stringMatching(words),
    ]);
    broken.add(name);
  }
  for (const check of checks) if (check.status !== 'ok') expect(check.next).toMatch(/\S/);
  expect(good).toBe(checks.every(({ status }) => status !== 'FAIL'));
}

const nothing = (): void => undefined;

function described(mspId: string) {
  const organization = stage.environment.networks.description.fabric.organizations[mspId];
  if (organization === undefined) throw new Error(`no ${mspId}`);
  return organization;
}

/** The described organisations with some members changed. */
function organizations(changes: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const all = Object.entries(stage.environment.networks.description.fabric.organizations);
  return Object.fromEntries(
    all.map(([mspId, { gateway, tlsServerName, tlsCaCertPath }]) => [
      mspId,
      { gateway, tlsServerName, tlsCaCertPath, ...changes[mspId] },
    ]),
  );
}

function signingCa(mspId: string): string {
  const folder = join(described(mspId).mspDir, 'cacerts');
  return join(folder, readdirSync(folder)[0] ?? '');
}

/** An identity of an authority that nobody described. */
function stranger(nowMs: number) {
  const made = createOrganization({
    mspId: 'Org2MSP',
    domain: 'org2.example.com',
    peers: ['peer0'],
    users: ['User1'],
    nowMs,
  });
  const user = made.users.find(({ name }) => name === 'User1');
  if (user === undefined) throw new Error('no user');
  return {
    certPath: stage.write('cert.pem', user.sign.certificatePem, 0o644),
    key: { file: stage.write('key.pem', user.sign.privateKeyPem, 0o600) },
  };
}

/** A process of its own that keeps a file open. */
async function holder(path: string): Promise<ChildProcess> {
  const script = `require('fs').openSync(${JSON.stringify(path)}, 'r'); console.log('open'); setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'] });
  undo.push(() => child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

describe('midlock doctor', () => {
  it.each(['agent', 'relayer'] as const)('finds nothing wrong with a sound %s', async (role) => {
    const { good, checks } = await look(role, nothing);
    expect(checks.filter(({ status }) => status === 'FAIL')).toEqual([]);
    expect(good).toBe(true);
    expect(checks.map(({ name }) => name)).toEqual(['configuration', ...CHECK_NAMES]);
  });

  it('changes nothing: no store, no seed, no folder', async () => {
    let store = '';
    await look('agent', (config) => {
      config.store.path = join(config.store.path, 'deep', 'journal.sqlite');
      store = config.store.path;
    });
    expect(existsSync(join(store, '../..'))).toBe(false);
  });

  it('finds what is wrong with this machine and with the keys', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    undo.push(() => server.close());
    const { port } = server.address() as AddressInfo;
    const { node } = process.versions;
    Object.defineProperty(process.versions, 'node', { value: '22.1.0', configurable: true });
    process.env['ANVIL_BIN'] = '/nonexistent/anvil';
    undo.push(() => {
      Object.defineProperty(process.versions, 'node', { value: node, configurable: true });
      delete process.env['ANVIL_BIN'];
    });
    const exposed = stage.write('ethereum.key', `0x${'7'.repeat(64)}`, 0o644);
    const found = await look('relayer', (config) => {
      config.api = { port };
      config.identity.ethereum.key = { file: exposed };
      config.identity.fabric.key = stranger(Date.now()).key;
      config.store.path = join(exposed, 'journal.sqlite');
      config.fabric = { endorsements: 3, client: 'legacy' };
    });
    expectSeen(found, {
      Node: ['FAIL', /22\.1\.0/],
      anvil: ['FAIL', /nonexistent/],
      listeners: ['FAIL', new RegExp(`api 127.0.0.1:${String(port)} is taken`)],
      'secret files': ['FAIL', /ethereum\.key/],
      disk: ['FAIL', /ENOTDIR/],
      'Fabric key': ['FAIL', /does not belong to/],
      'no counterparty has a veto': ['FAIL', /3 of 3/],
      'Fabric client': ['FAIL', /without an orderer/],
      keys: ['FAIL', /./],
    });
  });

  it('says when a listener is open to others', async () => {
    const found = await look('relayer', (config) => (config.api = { host: '0.0.0.0', port: 0 }));
    expectSeen(found, { listeners: ['FAIL', /open to others/] });
  });

  it('names every mix-up on the way to the peers', async () => {
    const path = stage.write('newer.sqlite', '', 0o600);
    const database = new DatabaseSync(path);
    database.exec('PRAGMA user_version = 99');
    database.close();
    await Promise.all([holder(path), holder(path)]);
    const found = await look('agent', (config) => {
      config.store.path = path;
      Object.assign(config.identity.fabric, stranger(Date.now() - 20 * YEAR_MS));
      config.fabric = {
        organizations: organizations({
          Org1MSP: { tlsCaCertPath: signingCa('Org1MSP') },
          Org2MSP: { tlsServerName: 'peer0.elsewhere.example.com' },
          Org3MSP: { gateway: '127.0.0.1:9' },
        }),
      };
    });
    expectSeen(found, {
      'journal schema': ['FAIL', /schema 99/],
      'journal holder': ['FAIL', /2 processes/],
      'Fabric certificate': ['FAIL', /expired/],
      'Fabric organisation': ['FAIL', /no authority of any described organisation/],
      "peers' TLS": ['FAIL', /Org1MSP's signing CA, but Org1MSP's TLS CA signed/],
    });
    const tls = found.checks.find(({ name }) => name === "peers' TLS")?.seen;
    expect(tls).toMatch(/for peer0\.org2\.example\.com.*, not for peer0\.elsewhere/);
    expect(tls).toMatch(/Org3MSP: nobody speaks TLS at 127\.0\.0\.1:9/);
  });

  it("names a certificate of another organisation, a TLS certificate, another organisation's peer", async () => {
    const { users } = described('Org1MSP');
    const other = await look('agent', ({ identity, ...config }) => {
      const { certPath = '', keyPath = '' } = users['User1'] ?? {};
      Object.assign(identity.fabric, { certPath, key: { file: keyPath } });
      Object.assign(config.ethereum, { chainId: 1 });
    });
    expectSeen(other, {
      'Fabric organisation': ['FAIL', /issued by Org1MSP's signing CA, configured as Org2MSP/],
      'Ethereum nodes': ['FAIL', /serves chain 31337, not 1/],
    });
    const tls = join(described('Org2MSP').mspDir, '..', 'peers');
    const peer = join(tls, readdirSync(tls)[0] ?? '', 'tls');
    const mixed = await look('agent', (config) => {
      Object.assign(config.identity.fabric, {
        certPath: join(peer, 'server.crt'),
        key: { file: join(peer, 'server.key') },
      });
      const { tlsCaCertPath } = described('Org1MSP');
      config.fabric = { organizations: organizations({ Org3MSP: { tlsCaCertPath } }) };
    });
    expectSeen(mixed, {
      'Fabric organisation': ['FAIL', /is a TLS certificate, issued by Org2MSP's TLS CA/],
      "peers' TLS": ['FAIL', /is Org1MSP's TLS CA, but Org3MSP's TLS CA signed/],
    });
  });

  it('finds what is wrong on the channel', async () => {
    for (const mspId of ['Org1MSP', 'Org2MSP']) stage.environment.skewClock(mspId, 20_000);
    stage.environment.guardStamps('Org3MSP', false);
    const found = await look('agent', (config) => {
      config.profile = {
        name: 'narrow',
        fabric: { commitSec: 1, maxPastSec: 3, maxFutureSec: 1, gapSec: 5 },
        ethereum: { inclusionSec: 3, finalitySec: 3, reorgSpanSec: 0 },
        party: { observeSec: 2, skewSec: 1, thrownOut: 1, resentByOthers: false },
      };
    });
    expectSeen(found, {
      'configuration on the ledger fits the profile': ['FAIL', /gapSec is 6, planned with 5/],
      "endorsers' clocks": ['FAIL', /this machine is off/],
      'stamps are looked at': ['FAIL', /Org3MSP endorse a stamp/],
    });
  });

  it.each([
    ['channel', { channel: 'other' }, /does not serve channel other/],
    ['chaincode', { chaincode: 'other' }, /does not run chaincode other/],
  ])('says that a peer does not serve a %s', async (_what, fabric, words) => {
    const found = await look('agent', (config) => (config.fabric = fabric));
    expectSeen(found, {
      'each organisation: channel, chaincode': ['FAIL', words],
      'Fabric channel and chaincode': ['FAIL', /./],
    });
  });

  it('names the organisation whose peer is away', async () => {
    const away = organizations({ Org3MSP: { gateway: '127.0.0.1:9' } });
    const found = await look('agent', (config) => (config.fabric = { organizations: away }));
    expectSeen(found, {
      'each organisation: channel, chaincode': ['FAIL', /^Org3MSP: does not answer/],
      'peers: stamps, definition, veto': ['FAIL', /^Org3MSP: /],
    });
  });

  it('finds nodes that are away, late or do not finalise', async () => {
    stage.environment.proxy.fault = async (call) => {
      const late = lying((method, params, result) =>
        method === 'eth_getBlockByNumber' && params[0] === 'latest'
          ? { ...(result as object), timestamp: '0x10' }
          : result,
      );
      return call.params[0] === 'finalized' ? nullTags(call) : late(call);
    };
    const found = await look('agent', ({ ethereum, identity }) => {
      const { url } = stage.environment.networks.description.ethereum;
      Object.assign(ethereum, { endpoints: [url, 'http://127.0.0.1:9'], quorum: 2 });
      Object.assign(ethereum, { escrow: stage.environment.networks.token });
      identity.ethereum.key = { file: stage.ownKey() };
    });
    expectSeen(found, {
      'Ethereum nodes': ['FAIL', /1 of 2 answer.*away: 127\.0\.0\.1:9/],
      'block time': ['FAIL', /s old/],
      finality: ['FAIL', /no finalized block/],
      'escrow contract': ['FAIL', /another length/],
    });
    stage.environment.proxy.fault = tagsSetBackTo(1n);
    expectSeen(await look('agent', nothing), { finality: ['warn', /did not move/] });
  });

  it('looks at the account', async () => {
    const { url, escrow } = stage.valuableChain;
    const valuable = { endpoints: [url], chainId: 5, escrow };
    const known = await look('agent', ({ ethereum }) => Object.assign(ethereum, valuable));
    expectSeen(known, { 'Ethereum key': ['FAIL', /everybody knows/] });
    const poor = await look('agent', ({ ethereum, identity }) => {
      Object.assign(ethereum, valuable);
      identity.ethereum.key = { file: stage.ownKey() };
    });
    expectSeen(poor, { 'ETH for fees': ['warn', /holds nothing/] });
    expect(poor.checks.find(({ name }) => name === 'escrow contract')?.status).toBe('ok');
  });

  it('judges what only a slow disk or a real peer would show', () => {
    expect(judgeDisk(5, '/slow').status).toBe('warn');
    const peer = (more: object, filtersStamps = true) => ({
      mspId: 'Org1MSP',
      peer: {
        filtersStamps,
        definition: { version: '1', sequence: 2, indispensable: [], fewest: 2, ...more },
      },
    });
    const judge = (seen: Parameters<typeof judgeDefinitions>[0], sequence = 2) =>
      judgeDefinitions(seen, { endorsements: 2, sequence });
    expect(judge([peer({})]).status).toBe('ok');
    expect(judge([peer({}, false)])).toMatchObject({ status: 'warn' });
    expect(judge([peer({})], 3).seen).toContain('instead of sequence 3');
    expect(judge([peer({}), peer({ sequence: 3 })]).status).toBe('FAIL');
    expect(judge([peer({ indispensable: ['Org2MSP'] })]).seen).toContain('Org2MSP must endorse');
    expect(judge([peer({ fewest: 1 })]).seen).toContain('met by 1 organisations');
  });

  it('has broken every check once', () => {
    expect(CHECK_NAMES.filter((name) => !broken.has(name))).toEqual([]);
  });
});
