import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { secretDomain, swapIdOf, toHex } from '@midlock/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { agentSchema } from '../config/agent-schema.ts';
import { parseConfig, readConfig } from '../config/read-config.ts';
import { stepParty } from '../core/party.ts';
import { openSession } from '../core/session.ts';
import { openSqliteStore } from '../store/sqlite-store.ts';
import { ALICE, BOB, createRig, type Party } from '../testing/rig.ts';
import { openSeedFile, secretsFrom } from './seed.ts';
import { createSwapService } from './service.ts';
import { systemRandom } from './system-clock.ts';
import { createLoggerFamily, parseLogSpec } from './winston-logger.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'midlock-secrecy-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

describe('the secret', () => {
  it('stands in no log line and in no journal line, of a whole swap at debug level', async () => {
    let lines = '';
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        lines += String(chunk);
        done();
      },
    });
    const logger = createLoggerFamily({ spec: 'debug', format: 'json', stream }).logger('agent');
    const rig = createRig();
    const terms = rig.terms('fabric-first', 1);
    const services = [ALICE, BOB].map((party: Party) => {
      const store = openSqliteStore(join(folder, `${party.name}.db`));
      const service = createSwapService(
        { reducer: stepParty, secrets: secretsFrom(party.seed), tickMs: 1000 },
        { store, clock: rig.clock, logger, ...rig.ports(party, store.nonces) },
      );
      return { store, service, role: party === ALICE ? 'initiator' : 'responder' } as const;
    });
    for (const { service, role } of services) {
      await service.start();
      await service.add(
        openSession({
          terms,
          role,
          profile: rig.profile,
          nowSec: rig.clock.nowMs() / 1000n,
          accepted: true,
        }),
        'taken',
      );
    }
    for (let second = 0; second < 20; second += 1) await rig.second();
    const canary = toHex(ALICE.seed.secret(secretDomain(terms), terms.nonce)).slice(2);
    expect(lines).toContain(swapIdOf(terms));
    expect(lines).toContain('"msg":"reveal"');
    expect(lines).not.toContain(canary);
    for (const { store, service } of services) {
      const journal = await store.journal({ afterSeq: 0, limit: 10_000 });
      expect(journal.some(({ kind }) => kind === 'done')).toBe(true);
      expect(
        JSON.stringify(journal, (_key, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        ),
      ).not.toContain(canary);
      expect(
        JSON.stringify((await store.load(swapIdOf(terms)))?.session, (_key, value: unknown) =>
          typeof value === 'bigint' ? String(value) : value,
        ),
      ).not.toContain(canary);
      await service.close();
      await store.close();
    }
  });

  it('passed to a log by mistake is redacted by the name of its member', () => {
    let lines = '';
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        lines += String(chunk);
        done();
      },
    });
    const logger = createLoggerFamily({ spec: 'info', format: 'json', stream }).logger('x');
    for (const key of [
      'secret',
      'swapSecret',
      'seed',
      'privateKey',
      'password',
      'authorization',
      'apiToken',
    ])
      logger.info('oops', { [key]: 'canary' });
    expect(lines.match(/redacted/g)?.length).toBe(7);
    expect(lines).not.toContain('canary');
  });
});

describe('log levels in the grammar of Fabric', () => {
  it.each([
    ['info', 'info', {}],
    ['debug:watcher=error', 'debug', { watcher: 'error' }],
    ['warning:a,b=debug:c=info', 'warn', { a: 'debug', b: 'debug', c: 'info' }],
  ])('%s', (spec, base, named) => {
    const parsed = parseLogSpec(spec);
    expect([parsed.base, Object.fromEntries(parsed.named)]).toEqual([base, named]);
  });

  it.each(['', 'loud', 'a=b=debug', 'info:a='])('%j is refused', (spec) => {
    expect(() => parseLogSpec(spec)).toThrow(RangeError);
  });
});

describe('the seed file', () => {
  it('is made once, 32 bytes, for its owner alone, and read again', async () => {
    const path = join(folder, 'seed');
    const { terms } = { terms: createRig().terms('fabric-first', 1) };
    const first = await openSeedFile(path, systemRandom);
    const again = await openSeedFile(path, () => {
      throw new Error('must not draw');
    });
    expect(again.secret(secretDomain(terms), terms.nonce)).toEqual(
      first.secret(secretDomain(terms), terms.nonce),
    );
    expect([statSync(path).mode & 0o777, readFileSync(path).length]).toEqual([0o600, 32]);
  });

  it('is refused when others may read it or when it is cut short', async () => {
    const path = join(folder, 'seed');
    await openSeedFile(path, systemRandom);
    chmodSync(path, 0o644);
    await expect(openSeedFile(path, systemRandom)).rejects.toMatchObject({
      code: 'SECRET_FILE_EXPOSED',
    });
    writeFileSync(path, new Uint8Array(31));
    chmodSync(path, 0o600);
    await expect(openSeedFile(path, systemRandom)).rejects.toMatchObject({
      code: 'SECRET_INVALID',
    });
  });
});

describe('configuration', () => {
  const good = {
    profile: 'development',
    fabric: {
      channel: 'trade',
      chaincode: 'midlock',
      organizations: { Org1MSP: { gateway: 'localhost:7051' } },
    },
    ethereum: {
      endpoints: ['http://127.0.0.1:8545'],
      chainId: 31337,
      escrow: `0x${'e'.repeat(40)}`,
    },
    identity: {
      fabric: { mspId: 'Org1MSP', certPath: 'c', key: { file: 'k' } },
      ethereum: { key: { file: 'k' } },
    },
    seed: { file: 's' },
    store: { path: 'p' },
  };

  it('is read from YAML with the environment over it', () => {
    const path = join(folder, 'agent.yaml');
    writeFileSync(path, JSON.stringify(good));
    const config = readConfig(path, agentSchema, {
      MIDLOCK_STORE__PATH: '/data/x',
      MIDLOCK_FABRIC__NETWORK_ID: `0x${'7'.repeat(64)}`,
      MIDLOCK_TICK_MS: '1',
    });
    expect([config.store.path, config.fabric.networkId, config.tickMs, config.accept]).toEqual([
      '/data/x',
      `0x${'7'.repeat(64)}`,
      250,
      'manual',
    ]);
  });

  it.each([
    ['profile', { ...good, profile: 'fast' }],
    ['fabric.channel', { ...good, fabric: { ...good.fabric, channel: '' } }],
    ['ethereum.endpoints.0', { ...good, ethereum: { ...good.ethereum, endpoints: ['nonsense'] } }],
    [
      'identity.ethereum.key',
      { ...good, identity: { ...good.identity, ethereum: { key: `0x${'1'.repeat(64)}` } } },
    ],
    ['(document)', { ...good, colour: 'blue' }],
  ])('a wrong %s is named', (key, raw) => {
    expect(() => parseConfig(raw, agentSchema)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        data: expect.objectContaining({ key }) as unknown,
      }),
    );
  });

  it('a truncated file, a missing file and a list are refused', () => {
    const path = join(folder, 'agent.yaml');
    writeFileSync(path, JSON.stringify(good).slice(0, 100));
    expect(() => readConfig(path, agentSchema, {})).toThrow(/CONFIG_INVALID/);
    writeFileSync(path, '- a\n- b\n');
    expect(() => readConfig(path, agentSchema, {})).toThrow(/CONFIG_INVALID/);
    expect(() => readConfig(join(folder, 'none'), agentSchema, {})).toThrow(/CONFIG_INVALID/);
  });

  it('an inline key never enters the error', () => {
    const key = `0x${'1'.repeat(64)}`;
    try {
      parseConfig({ ...good, identity: { ...good.identity, ethereum: { key } } }, agentSchema);
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain(key);
    }
  });
});
