import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { findFabricBinaries } from './binaries.ts';

const root = mkdtempSync(join(tmpdir(), 'midlock-binaries-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A folder of programs that only tell a version. */
function fakeBinaries(name: string, versions: Readonly<Record<string, string>>): string {
  const dir = join(root, name);
  mkdirSync(dir, { recursive: true });
  for (const [program, version] of Object.entries(versions)) {
    writeFileSync(join(dir, program), `#!/bin/sh\necho "${program}:\n Version: ${version}"\n`, {
      mode: 0o755,
    });
  }
  return dir;
}

const all = (version: string) => ({ peer: version, orderer: version, configtxgen: version });
const good = fakeBinaries('good', all('v3.1.5'));
const lts = fakeBinaries('lts', all('v2.5.16'));

describe('findFabricBinaries', () => {
  test('takes FABRIC_BIN before PATH, and binDir before both', async () => {
    const env = { FABRIC_BIN: lts, PATH: good };
    expect((await findFabricBinaries({ env, cwd: root })).version).toBe('2.5.16');
    expect((await findFabricBinaries({ env, cwd: root, binDir: good })).version).toBe('3.1.5');
    const found = await findFabricBinaries({ env: { PATH: `/nonexistent:${good}` }, cwd: root });
    expect(found).toMatchObject({ dir: good, major: 3 });
    expect(found.path('peer')).toBe(join(good, 'peer'));
  });

  test('looks in fabric-samples of the working and the home folder, in this order', async () => {
    fakeBinaries('work/fabric-samples/bin', all('v3.0.0'));
    fakeBinaries('home/fabric-samples/bin', all('v2.5.9'));
    const env = { PATH: '/nonexistent', HOME: join(root, 'home') };
    expect((await findFabricBinaries({ env, cwd: join(root, 'work') })).version).toBe('3.0.0');
    expect((await findFabricBinaries({ env, cwd: root })).version).toBe('2.5.9');
  });

  test('says how to get them when there are none', async () => {
    const search = findFabricBinaries({ env: { PATH: '/nonexistent' }, cwd: '/nonexistent' });
    await expect(search).rejects.toMatchObject({ code: 'TOOL_MISSING' });
    await expect(search).rejects.toThrow('install-fabric.sh');
  });

  test('does not look elsewhere when a named folder has none', async () => {
    const search = findFabricBinaries({ env: { FABRIC_BIN: root, PATH: good }, cwd: root });
    await expect(search).rejects.toMatchObject({ code: 'TOOL_MISSING' });
  });

  test.each([
    ['one program lacks', { peer: 'v3.1.5', orderer: 'v3.1.5' }, 'TOOL_MISSING'],
    ['versions differ', { ...all('v3.1.5'), orderer: 'v3.1.4' }, 'TOOL_VERSION'],
    ['too old', all('v2.4.9'), 'TOOL_VERSION'],
    ['unknown major', all('v4.0.0'), 'TOOL_VERSION'],
    ['no version at all', all('latest'), 'TOOL_VERSION'],
  ])('refuses when %s', async (name, versions, code) => {
    const binDir = fakeBinaries(name.replaceAll(' ', '-'), versions);
    await expect(findFabricBinaries({ binDir })).rejects.toMatchObject({ code });
  });
});
