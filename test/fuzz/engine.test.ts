import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fuzz } from './run-command.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'midlock-fuzz-inputs-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const search = (name: string, runs: number, ...more: readonly string[]) =>
  fuzz('--target', `planted/${name}`, '--runs', String(runs), ...more);

describe('coverage as feedback', () => {
  it('finds the bug behind a prefix that blind mutation misses', async () => {
    const guided = await search('prefix', 20_000);
    expect([guided.code, guided.stdout]).toEqual([
      1,
      expect.stringContaining('TypeError: planted'),
    ]);
    expect(guided.written.map((input) => input.toString('hex'))).toEqual(['b5629c']);
    const blind = await search('prefix', 20_000, '--blind');
    expect([blind.code, blind.written]).toEqual([0, []]);
  });

  it('gives the same output for the same seed', async () => {
    const [first, second] = [await search('prefix', 2_000), await search('prefix', 2_000)];
    expect(first.stdout).toMatch(/2000 inputs, [2-9] of \d+ branches/);
    expect(second).toEqual(first);
  });
});

describe('the judgement', () => {
  it.each([
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
    expect((await fuzz('--nonsense')).code).toBe(2);
    expect((await fuzz('--target', 'no/such')).code).toBe(2);
  });
});
