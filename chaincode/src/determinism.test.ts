import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FABRIC_TX } from '@midlock/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { samples } from './testing/samples.ts';
import { initializedWorld } from './testing/swap.ts';
import { type TransactionName, type World } from './testing/world.ts';
import type { ReplayReport } from './testing/replay.ts';

const root = join(__dirname, '..');
const outDir = join(root, 'dist/determinism');
let workDir = '';

/** All transactions but the time query, which answers with the endorser's clock and is never submitted. */
async function everything(): Promise<World> {
  const world = await initializedWorld();
  for (const name of Object.values(FABRIC_TX) as TransactionName[]) {
    if (name === 'mid-account:time') continue;
    const sample = await samples[name](world, name.replace(':', '-'));
    world.nowMs += sample.waitMs ?? 0n;
    // A refusal must be the same everywhere, too: initialising twice is one.
    const sent = await world.endorse(sample.by, name, sample.args).catch(() => undefined);
    if (sent !== undefined) world.commit(sent);
  }
  return world;
}

function replayWith(
  file: string,
  skewMs: string,
  env: Readonly<Record<string, string>>,
): ReplayReport {
  const output = execFileSync(
    process.execPath,
    [
      '--conditions=source',
      '--disable-warning=ExperimentalWarning',
      join(outDir, 'testing/replay.js'),
      file,
      skewMs,
    ],
    { env: { PATH: process.env['PATH'] ?? '', ...env }, encoding: 'utf8', timeout: 50_000 },
  );
  return JSON.parse(output) as ReplayReport;
}

beforeAll(() => {
  workDir = mkdtempSync(join(tmpdir(), 'midlock-determinism-'));
  const tsc = require.resolve('typescript/bin/tsc');
  execFileSync(process.execPath, [
    tsc,
    '-p',
    join(root, 'tsconfig.replay.json'),
    '--outDir',
    outDir,
  ]);
});
afterAll(() => {
  rmSync(workDir, { recursive: true, force: true });
  rmSync(outDir, { recursive: true, force: true });
});

describe('two endorsers', () => {
  it('sign the same for every transaction, with other clocks, time zones and locales', async () => {
    const { history } = await everything();
    const file = join(workDir, 'history.json');
    writeFileSync(file, JSON.stringify(history));
    const first = replayWith(file, '0', { TZ: 'UTC', LC_ALL: 'C' });
    const second = replayWith(file, '900', { TZ: 'Pacific/Kiritimati', LC_ALL: 'tr_TR.UTF-8' });
    const third = replayWith(file, '-900', { TZ: 'America/St_Johns', LC_ALL: 'ar_EG.UTF-8' });
    expect([first, second, third].map(({ timeZone }) => timeZone)).toEqual([
      'UTC',
      'Pacific/Kiritimati',
      'America/St_Johns',
    ]);
    expect(new Set([first, second, third].map(({ locale }) => locale)).size).toBe(3);
    expect(first.digests).toHaveLength(history.filter(({ kind }) => kind === 'endorse').length);
    expect(second.digests).toEqual(first.digests);
    expect(third.digests).toEqual(first.digests);
  });

  it('would be caught if the clock entered a result: the time query differs', async () => {
    const world = await initializedWorld();
    await world.evaluate(FABRIC_TX.time);
    const file = join(workDir, 'time.json');
    writeFileSync(file, JSON.stringify(world.history));
    const [first, second] = [replayWith(file, '0', {}), replayWith(file, '900', {})];
    expect(second.digests.slice(0, -1)).toEqual(first.digests.slice(0, -1));
    expect(second.digests.at(-1)).not.toBe(first.digests.at(-1));
  });
});
