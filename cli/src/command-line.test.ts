import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PROFILES } from '@midlock/protocol';
import { afterAll, describe, expect, test } from 'vitest';

const MAIN = fileURLToPath(new URL('main.ts', import.meta.url));
const dir = mkdtempSync(join(tmpdir(), 'midlock-cli-'));
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

function midlock(...args: string[]) {
  return midlockWith({}, ...args);
}

function midlockWith(env: Readonly<Record<string, string>>, ...args: string[]) {
  const run = spawnSync(
    process.execPath,
    ['--conditions=source', '--disable-warning=ExperimentalWarning', MAIN, ...args],
    {
      cwd: dir,
      encoding: 'utf8',
      env: { ...process.env, ...env },
    },
  );
  return { status: run.status, stdout: run.stdout, stderr: run.stderr };
}

function write(name: string, text: string): string {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
}

/** A profile as a file has it: seconds as decimal strings. */
function figures(): object {
  return JSON.parse(
    JSON.stringify({ ...PROFILES[0], name: 'mine' }, (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    ),
  ) as object;
}

describe('midlock', () => {
  test('help lists the commands and the exit codes', () => {
    const { status, stdout } = midlock('--help');
    expect(status).toBe(0);
    for (const word of [
      'demo',
      'network',
      'deploy',
      'keys',
      'swap',
      'relayer',
      'config',
      'doctor',
      'Exit codes',
    ]) {
      expect(stdout).toContain(word);
    }
  });

  test('a plan as JSON keeps every obligation', () => {
    const { status, stdout } = midlock(
      '--json',
      'swap',
      'plan',
      '--direction',
      'ethereum-first',
      '--now',
      '1000',
    );
    expect(status).toBe(0);
    const plan = JSON.parse(stdout) as {
      obligations: { left: string; relation: string; right: string }[];
    };
    expect(plan.obligations.length).toBeGreaterThan(3);
    for (const { left, relation, right } of plan.obligations) {
      expect(relation === '>' ? BigInt(left) > BigInt(right) : BigInt(left) >= BigInt(right)).toBe(
        true,
      );
    }
  });

  test.each([
    ['an unknown command', ['swop'], 2, ''],
    ['a wrong direction', ['swap', 'plan', '--direction', 'sideways'], 2, 'ARGUMENT_INVALID'],
    [
      'a slack that is no number',
      ['swap', 'plan', '--direction', 'fabric-first', '--slack', 'soon'],
      2,
      'ARGUMENT_INVALID',
    ],
    [
      'an unknown profile',
      ['swap', 'plan', '--direction', 'fabric-first', '--profile', 'moon'],
      3,
      'PROFILE_INVALID',
    ],
    ['no configuration', ['keys', 'show'], 3, 'CONFIG_INVALID'],
    ['no kept network', ['network', 'status'], 3, 'CONFIG_INVALID'],
    ['no terms file', ['swap', 'explain', 'nowhere.json'], 3, 'CONFIG_INVALID'],
    ['orders that are not there', ['demo', '--orders', 'nowhere.csv'], 3, 'CONFIG_INVALID'],
    ['an unknown Fabric', ['demo', '--fabric', 'mainframe'], 2, 'ARGUMENT_INVALID'],
  ])('%s is refused with its code', (_what, args, status, code) => {
    const run = midlock(...args);
    expect(run.status).toBe(status);
    expect(run.stderr).toContain(code);
    if (code !== '') expect(run.stderr).toMatch(/^next: {2}\S/m);
  });

  test.each([
    ['null', 'null'],
    ['a figure that is missing', '{"name":"mine","fabric":{},"ethereum":{},"party":{}}'],
    ['a figure that is no number', JSON.stringify({ ...figures(), fabric: 'soon' })],
  ])('a profile file with %s is refused', (_what, text) => {
    const file = write('profile.json', text);
    const run = midlock('swap', 'plan', '--direction', 'fabric-first', '--profile', file);
    expect(run.status).toBe(3);
    expect(run.stderr).toContain('PROFILE_INVALID');
  });

  test('a profile file plans as its figures say', () => {
    const file = write('profile.json', JSON.stringify(figures()));
    const run = midlock('swap', 'plan', '--direction', 'fabric-first', '--profile', file);
    expect(run.stderr).toBe('');
    expect(run.status).toBe(0);
  });

  test.each([
    ['network up', 'native', 'geth', /install-fabric\.sh binary/],
    ['demo', 'devnode', 'geth', /set GETH_BIN, or install Go/],
  ])(
    '%s on %s and %s says how to get what this machine lacks',
    (command, fabric, ethereum, how) => {
      const nothing = { PATH: '/nonexistent', HOME: dir, FABRIC_BIN: '', GETH_BIN: '' };
      const { status, stderr } = midlockWith(
        nothing,
        ...command.split(' '),
        '--fabric',
        fabric,
        '--ethereum',
        ethereum,
      );
      expect(status).toBe(3);
      expect(stderr).toContain('TOOL_MISSING');
      expect(stderr).toMatch(how);
    },
  );

  test('a failure in JSON mode is one JSON object with code and exit code', () => {
    const { stderr } = midlock('--json', 'keys', 'show');
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'CONFIG_INVALID', exitCode: 3 } });
  });

  test('a malformed orders row is named by row and column before anything starts', () => {
    const header =
      'direction,fabric_kind,fabric_asset,fabric_amount,ethereum_token,ethereum_amount,counterparty';
    const orders = write('orders.csv', `${header}\nfabric-first,fungible,gold,1.5,ETH,1,bob\n`);
    const { status, stderr } = midlock('demo', '--orders', orders);
    expect(status).toBe(2);
    expect(stderr).toContain('ORDERS_ROW_INVALID');
    expect(stderr).toContain('row=2');
    expect(stderr).toContain('column=fabric_amount');
  });

  test('a truncated configuration is a clear refusal', () => {
    const file = write('truncated.yaml', 'name: alice\nprofile: devel');
    const { status, stderr } = midlock('config', 'validate', '--config', file);
    expect(status).toBe(3);
    expect(stderr).toContain('CONFIG_INVALID');
  });
});
