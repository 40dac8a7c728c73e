import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFabricBinaries, findGeth } from '@midlock/network';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DemoResult } from './demo.ts';

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));
const PART = 'demo on native Fabric with geth';
const RUN_MS = 240_000;

const available = await Promise.all([findFabricBinaries(), findGeth()]).then(
  ([fabric, geth]) => {
    writeSync(2, `${PART}: runs on Fabric ${fabric.version}, geth ${geth.version}\n`);
    return true;
  },
  (error: unknown) => {
    writeSync(2, `${PART}: not run: ${String(error)}\n`);
    return false;
  },
);

describe.skipIf(!available)(PART, () => {
  let dir: string;
  beforeAll(() => {
    dir = mkdtempSync(join(tmpdir(), 'midlock-demo-test-'));
  });
  afterAll(() => {
    rmSync(dir, { recursive: true, force: true });
  });

  /** Runs the demo as a user does; everything it makes lies below `dir`. */
  function demo(...args: readonly string[]) {
    const child = spawn(
      process.execPath,
      [
        ...['--conditions=source', '--disable-warning=ExperimentalWarning', MAIN],
        ...['demo', '--headless', '--fabric', 'native', '--ethereum', 'geth', ...args],
      ],
      { cwd: dir, env: { ...process.env, TMPDIR: dir } },
    );
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    const ended = new Promise<{ readonly status: number | null; readonly stdout: string }>(
      (resolve) => child.once('close', (status) => resolve({ status, stdout })),
    );
    const said = async (text: string): Promise<void> => {
      while (!stderr.includes(text)) {
        if (child.exitCode !== null) throw new Error(`the demo ended early: ${stderr}`);
        await new Promise((next) => setTimeout(next, 50));
      }
    };
    return { child, ended, said };
  }

  /** Processes that name the folder, and what lies in it. */
  function remains(): { readonly processes: readonly string[]; readonly files: readonly string[] } {
    const all = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' }).split('\n');
    return { processes: all.filter((line) => line.includes(dir)), files: readdirSync(dir) };
  }

  it(
    'settles every swap, refunds the abandoned one and conserves both ledgers',
    async () => {
      const { status, stdout } = await demo('--json').ended;
      const lines = stdout.trim().split('\n');
      const result = JSON.parse(lines.at(-1) ?? '') as DemoResult;
      expect(status).toBe(0);
      expect(result).toMatchObject({
        ok: true,
        networks: { fabric: { kind: 'native-raft' }, ethereum: { kind: 'geth' } },
        conservation: { fabric: true, ethereum: true },
      });
      const outcomes = result.swaps.map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'refunded')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome !== 'settled')).toHaveLength(1);
      expect(remains()).toEqual({ processes: [], files: [] });
    },
    RUN_MS,
  );

  it.each(['Ethereum: geth', 'two agents and a relayer start'])(
    'Ctrl-C after "%s" leaves neither process nor file',
    async (moment) => {
      const { child, ended, said } = demo();
      await said(moment);
      child.kill('SIGINT');
      expect((await ended).status).toBe(130);
      expect(remains()).toEqual({ processes: [], files: [] });
    },
    RUN_MS,
  );
});
