import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { termsFileToJson } from '@midlock/client';
import { createToken } from '@midlock/relayer';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startRig, type ProcessRig } from '../../../relayer/test/rig.ts';
import { installSchemathesis } from './install.ts';

const UNLIMITED = 1_000_000_000;
const installed = installSchemathesis();
if (!installed.ok) console.log(`skipped: schemathesis is not to be had (${installed.reason})`);

describe.skipIf(!installed.ok)('schemathesis against a relayer process', () => {
  const workDir = mkdtempSync(join(tmpdir(), 'midlock-schemathesis-'));
  const { token, record } = createToken(
    'fuzzer',
    ['read', 'write', 'operate'],
    new Date(Date.now() + 86_400_000),
  );
  let rig: ProcessRig | undefined;

  beforeAll(async () => {
    rig = await startRig(workDir, {
      relayer: {
        api: { port: 0, tokens: [record] },
        limits: {
          readsPerMinute: UNLIMITED,
          writesPerMinute: UNLIMITED,
          tokenReadsPerMinute: UNLIMITED,
          tokenWritesPerMinute: UNLIMITED,
          authFailuresPerMinute: UNLIMITED,
        },
      },
    });
    const { apiUrl } = await rig.startRelayer();
    const file = await rig.agree('fabric-first', undefined, []);
    const taken = await fetch(`${apiUrl}/api/v1/swaps`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(termsFileToJson(file)),
    });
    expect(taken.status).toBe(201);
  }, 120_000);

  afterAll(async () => {
    await rig?.close();
    rmSync(workDir, { recursive: true, force: true });
  }, 60_000);

  it('finds nothing', async () => {
    if (!installed.ok || rig === undefined) throw new Error('networks did not start');
    const { code, output } = await run(installed.program, rig.apiUrl(), token, workDir);
    console.log(output.split('\n').slice(-25).join('\n'));
    expect(code, output).toBe(0);
  }, 600_000);
});

/** Checks every operation but two: the stream has no end and draining ends the process; fuzz.test.ts has both. */
function run(
  program: string,
  apiUrl: string,
  token: string,
  workDir: string,
): Promise<{ readonly code: number | null; readonly output: string }> {
  const child = spawn(
    program,
    [
      ...['--config-file', join(import.meta.dirname, 'schemathesis.toml'), 'run', `${apiUrl}/api`],
      ...['--url', apiUrl, '--header', `Authorization: Bearer ${token}`],
      ...['--exclude-operation-id', 'streamEvents', '--exclude-operation-id', 'drain'],
      ...['--checks', 'all', '--max-examples', '40', '--seed', '7', '--no-color'],
      ...['--suppress-health-check', 'all'],
    ],
    { cwd: workDir, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  return new Promise((resolve, reject) => {
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => {
        output += bytes.toString('utf8');
      });
    child.once('error', reject);
    child.once('close', (code) => {
      resolve({ code, output });
    });
  });
}
