import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly written: readonly Buffer[];
}

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'midlock-fuzz-test-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

let serial = 0;

/** `npm run fuzz`, as a user runs it: V8's flags and its coverage belong to a process of their own. */
function fuzz(...args: readonly string[]): Promise<Run> {
  serial += 1;
  const out = join(folder, String(serial));
  const child = spawn(
    process.execPath,
    [
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      fileURLToPath(new URL('main.ts', import.meta.url)),
      ...args,
      ...(args.includes('list') ? [] : ['--out', out]),
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  let stdout = '';
  child.stdout.on('data', (data) => (stdout += String(data)));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const written =
        code === 1 ? readdirSync(out).map((name) => readFileSync(join(out, name))) : [];
      resolve({ code, stdout: stdout.replaceAll(out, 'OUT'), written });
    });
  });
}

const planted = (name: string, runs: number, ...more: readonly string[]): Promise<Run> =>
  fuzz('--target', `planted/${name}`, '--runs', String(runs), ...more);

describe('coverage as feedback', () => {
  it.each([
    ['prefix', 20_000, '1', Buffer.from([0xb5, 0x62, 0x9c])],
    ['nested-length', 40_000, '2', Buffer.from([0x6a])],
  ])('finds the bug behind %s that blind mutation misses', async (name, runs, seed, begins) => {
    const guided = await planted(name, runs, '--seed', seed);
    expect(guided.stdout).toContain('TypeError: planted');
    expect(guided.code).toBe(1);
    expect(guided.written[0]?.subarray(0, begins.length)).toEqual(begins);
    const blind = await planted(name, runs, '--seed', seed, '--blind');
    expect([blind.code, blind.written]).toEqual([0, []]);
  });

  it('gives the same output for the same seed', async () => {
    const [first, second] = [await planted('prefix', 2_000), await planted('prefix', 2_000)];
    expect(first.stdout).toMatch(/2000 inputs, [2-9] of \d+ branches/);
    expect(second).toEqual(first);
  });
});

describe('the judgement', () => {
  it.each([
    ['hang', 'A', 'hang'],
    ['memory', 'A', 'memory'],
    ['buffers', 'A', 'memory'],
    ['rejection', 'A', 'unhandled rejection'],
    ['pollution', '__proto__', 'prototype pollution'],
    ['round-trip', 'longer than twelve', 'round trip'],
  ])('sees a planted %s when it replays the input', async (name, input, kind) => {
    const file = join(folder, name);
    writeFileSync(file, input);
    const { code, stdout } = await fuzz('--target', `planted/${name}`, '--replay', file);
    expect([code, stdout]).toEqual([1, expect.stringContaining(`: ${kind}`)]);
    writeFileSync(file, 'good');
    const good = await fuzz('--target', `planted/${name}`, '--replay', file);
    expect([good.code, good.stdout]).toEqual([0, expect.stringContaining('1 inputs')]);
  });
});

describe('the command line', () => {
  it('refuses what it does not know', async () => {
    for (const args of [
      ['--nonsense'],
      ['--runs', 'x'],
      ['--target', 'no/such'],
      ['--replay', 'f'],
    ])
      expect((await fuzz(...args)).code).toBe(2);
  });
});
