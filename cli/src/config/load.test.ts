import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMidlockError, type MidlockError } from '@midlock/protocol';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadPartyConfig, parsePartyConfig, partyConfigJsonSchema } from './load.ts';

const dir = mkdtempSync(join(tmpdir(), 'midlock-config-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

const minimal = {
  version: 1,
  network: './network.json',
  fabric: { mspId: 'Org1MSP' },
  ethereum: { key: { keyFile: './keys/ethereum.key' } },
};

function write(name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

function refusal(work: () => unknown): MidlockError {
  try {
    work();
  } catch (error) {
    if (isMidlockError(error)) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('loadPartyConfig', () => {
  test('fills defaults and makes paths absolute', () => {
    const config = loadPartyConfig(write('minimal.yaml', stringify(minimal)), {});
    expect(config.network).toBe(join(dir, 'network.json'));
    expect(config.ethereum.key).toEqual({ keyFile: join(dir, 'keys/ethereum.key') });
    expect(config.ethereum.finality).toEqual({ mode: 'tag', tag: 'finalized' });
    expect(config.profile).toBe('development');
  });

  test('the environment overrides the file', () => {
    const file = write('env.yaml', stringify(minimal));
    const config = loadPartyConfig(file, {
      MIDLOCK_ETHEREUM__POLLMS: '200',
      MIDLOCK_FABRIC__MSPID: 'Org2MSP',
    });
    expect([config.ethereum.pollMs, config.fabric.mspId]).toEqual([200, 'Org2MSP']);
  });

  test('names file, key and expectation of what does not fit', () => {
    expect(refusal(() => loadPartyConfig(join(dir, 'missing.yaml'), {})).data['file']).toContain(
      'missing.yaml',
    );
    const unknown = write('unknown.yaml', stringify({ ...minimal, privateKey: '0x00' }));
    expect(refusal(() => loadPartyConfig(unknown, {}))).toMatchObject({ code: 'CONFIG_INVALID' });
    const wrong = write(
      'wrong.yaml',
      stringify({ ...minimal, ethereum: { ...minimal.ethereum, pollMs: 'soon' } }),
    );
    expect(refusal(() => loadPartyConfig(wrong, {})).data['key']).toBe('ethereum.pollMs');
    expect(
      refusal(() => loadPartyConfig(write('broken.yaml', 'version: [1'), {})).data['line'],
    ).toBe(1);
  });

  test('a truncated file is always a clear refusal, never another error', () => {
    const text = stringify({
      ...minimal,
      ethereum: { ...minimal.ethereum, pollMs: 500 },
      profile: 'testnet',
    });
    for (let length = 0; length < text.length - 10; length += 1) {
      const file = write('truncated.yaml', text.slice(0, length));
      try {
        loadPartyConfig(file, {});
      } catch (error) {
        expect(isMidlockError(error, 'CONFIG_INVALID')).toBe(true);
      }
    }
  });
});

test('parsePartyConfig survives any JSON value', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(
        isMidlockError(
          refusal(() => parsePartyConfig(value)),
          'CONFIG_INVALID',
        ),
      ).toBe(true);
    }),
    { numRuns: 300, seed: 7 },
  );
});

test('the JSON schema describes every key', () => {
  const schema = partyConfigJsonSchema() as {
    properties: Record<string, unknown>;
    required: string[];
  };
  expect(Object.keys(schema.properties)).toEqual(
    expect.arrayContaining(['network', 'profile', 'fabric', 'ethereum', 'seedFile']),
  );
  expect(schema.required).toEqual(['version', 'network', 'fabric', 'ethereum']);
});
