import {
  cpSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFabricBinaries } from '@midlock/network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runMarked, type Ended } from './marked-run.ts';

const MIDLOCK = fileURLToPath(new URL('../../cli/src/main.ts', import.meta.url));
const LEDGER = 'n/nodes/Org3MSP/data/ledgersData/chains/chains/midlock/blockfile_000000';

const cwd = mkdtempSync(join(tmpdir(), 'midlock-kept-'));
const binaries = await findFabricBinaries().catch(() => undefined);
if (binaries === undefined)
  process.stdout.write('kept native network: not run, no Fabric binaries\n');
afterAll(async () => {
  // A test that failed in the middle may have left it running.
  await midlock('network', 'down', '--dir', 'n');
  rmSync(cwd, { recursive: true, force: true });
});

const midlock = (...args: readonly string[]): Promise<Ended> => runMarked(MIDLOCK, args, { cwd });
const up = (graceMs?: number): Promise<Ended> =>
  runMarked(MIDLOCK, ['network', 'up', '--fabric', 'native', '--dir', 'n'], {
    cwd,
    ...(graceMs === undefined ? {} : { graceMs }),
  });

describe.skipIf(binaries === undefined)('a native network that was kept', () => {
  beforeAll(async () => {
    expect((await up(0)).status).toBe(0);
    expect((await midlock('network', 'down', '--dir', 'n', '--keep')).status).toBe(0);
    cpSync(join(cwd, 'n'), join(cwd, 'kept'), { recursive: true });
  }, 120_000);

  /** Starts the damaged network; it must say why it does not and leave nobody behind. */
  async function expectRefusal(status: number, code: string, words: RegExp): Promise<void> {
    const ended = await up();
    expect(ended.stderr).toContain(`error: ${code}`);
    expect(ended.stderr).toMatch(words);
    expect(ended.stderr).toMatch(/^next: {2}\S/m);
    expect([ended.status, ended.left]).toEqual([status, []]);
    rmSync(join(cwd, 'n'), { recursive: true });
    cpSync(join(cwd, 'kept'), join(cwd, 'n'), { recursive: true });
  }

  function cut(path: string): void {
    truncateSync(join(cwd, path), Math.floor(statSync(join(cwd, path)).size / 2));
  }

  it('does not start when a port of it is taken', async () => {
    const layout = readFileSync(join(cwd, 'n/layout.json'), 'utf8');
    const port = Number(/:\s*(\d{5})\b/.exec(layout)?.[1]);
    const server = createServer().listen(port, '127.0.0.1');
    await once(server, 'listening');
    await expectRefusal(4, 'PORT_IN_USE', new RegExp(`port=${String(port)}`));
    server.close();
  }, 60_000);

  it('does not start with half a layout', async () => {
    cut('n/layout.json');
    await expectRefusal(3, 'DESCRIPTION_INVALID', /layout\.json/);
  }, 60_000);

  it("does not start with half a ledger file, and names the peer's log", async () => {
    const bytes = readFileSync(join(cwd, LEDGER));
    bytes.fill(0xff, 200, 260);
    writeFileSync(join(cwd, LEDGER), bytes);
    cut(LEDGER);
    await expectRefusal(4, 'PROCESS_FAILED', /Org3MSP ended.*\n.*log=.*Org3MSP\.log/);
  }, 60_000);

  it('starts again as it was', async () => {
    expect((await up(0)).status).toBe(0);
    const down = await midlock('network', 'down', '--dir', 'n');
    expect([down.status, down.left]).toEqual([0, []]);
  }, 120_000);
});
