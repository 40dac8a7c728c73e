import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { startAnvil } from './ethereum/anvil.ts';
import { NetworkError } from './network-error.ts';
import { createProcessGroup, stopReleased } from './processes.ts';

const workDir = mkdtempSync(join(tmpdir(), 'midlock-processes-'));
const groups: ReturnType<typeof createProcessGroup>[] = [];
const group = () => {
  const created = createProcessGroup();
  groups.push(created);
  return created;
};
const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
const until = async (condition: () => boolean) => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 50));
};

afterEach(async () => {
  for (const created of groups.splice(0)) await created.stopAll();
});

describe('createProcessGroup', () => {
  test('a process is ready by its line, logs to its file and ends by stop', async () => {
    const child = group().start({
      name: 'greeter',
      file: 'sh',
      args: ['-c', 'echo hello; echo ready 42; sleep 100'],
      logFile: join(workDir, 'greeter.log'),
      readyLine: (line) => /ready (\d+)/.exec(line)?.[1],
    });
    expect(await child.ready).toBe('42');
    await child.stop();
    expect(isAlive(child.pid)).toBe(false);
    await until(() => readFileSync(join(workDir, 'greeter.log'), 'utf8').includes('hello'));
  });

  test('a process that ignores SIGTERM is killed after its grace', async () => {
    const child = group().start({
      name: 'stubborn',
      file: 'sh',
      args: ['-c', "trap '' TERM; echo up; while true; do sleep 0.1; done"],
      logFile: join(workDir, 'stubborn.log'),
      readyLine: (line) => (line === 'up' ? true : undefined),
    });
    await child.ready;
    await child.stop(200);
    expect((await child.exited).signal).toBe('SIGKILL');
  });

  test('a program that is not there is TOOL_MISSING, one that ends early PROCESS_FAILED', async () => {
    const missing = group().start({
      name: 'none',
      file: '/nonexistent/program',
      args: [],
      logFile: join(workDir, 'none.log'),
      readyLine: () => undefined,
    });
    await expect(missing.ready).rejects.toMatchObject({ code: 'TOOL_MISSING' });
    const early = group().start({
      name: 'early',
      file: 'sh',
      args: ['-c', 'exit 3'],
      logFile: join(workDir, 'early.log'),
      readyLine: () => undefined,
    });
    await expect(early.ready).rejects.toBeInstanceOf(NetworkError);
    await expect(early.ready).rejects.toMatchObject({
      code: 'PROCESS_FAILED',
      data: { status: 3 },
    });
  });

  test('no child outlives a parent that was killed with SIGKILL', async () => {
    const parent = spawn(
      process.execPath,
      [
        '--input-type=module',
        '-e',
        `import { createProcessGroup } from ${JSON.stringify(new URL('./processes.ts', import.meta.url).href)};
         const child = createProcessGroup().start({ name: 'orphan', file: 'sleep', args: ['1000'], logFile: ${JSON.stringify(join(workDir, 'orphan.log'))} });
         console.log(child.pid); setInterval(() => undefined, 1000);`,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (data: Buffer) => resolve(Number(data.toString()))),
    );
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await until(() => !isAlive(pid));
  });
});

test('released processes outlive their parent and can be stopped by their ids', async () => {
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { createProcessGroup } from ${JSON.stringify(new URL('./processes.ts', import.meta.url).href)};
       const group = createProcessGroup();
       group.start({ name: 'kept', file: 'sh', args: ['-c', 'while true; do echo alive; sleep 0.1; done'], logFile: ${JSON.stringify(join(workDir, 'kept.log'))} });
       console.log(group.release()[0]);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const pid = await new Promise<number>((resolve) =>
    parent.stdout.once('data', (data: Buffer) => resolve(Number(data.toString()))),
  );
  expect(await new Promise((resolve) => parent.once('exit', resolve))).toBe(0);
  const before = readFileSync(join(workDir, 'kept.log'), 'utf8').length;
  await until(() => readFileSync(join(workDir, 'kept.log'), 'utf8').length > before + 20);
  expect(isAlive(pid)).toBe(true);
  await stopReleased([pid]);
  const after = readFileSync(join(workDir, 'kept.log'), 'utf8').length;
  // Nobody but init collects it, in its own time.
  await until(() => !isAlive(pid));
  expect(readFileSync(join(workDir, 'kept.log'), 'utf8').length).toBe(after);
});

test('anvil answers with moving finalized blocks on a port of its own', async () => {
  const processes = group();
  const ethereum = await startAnvil({ processes, workDir });
  const rpc = async (method: string, params: unknown[]) => {
    const response = await fetch(ethereum.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    return ((await response.json()) as { result: { number: string } }).result;
  };
  const deadline = Date.now() + 20_000;
  let finalized = 0n;
  while (finalized === 0n && Date.now() < deadline) {
    finalized = BigInt((await rpc('eth_getBlockByNumber', ['finalized', false])).number);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(finalized).toBeGreaterThan(0n);
  await ethereum.stop();
  expect(isAlive(ethereum.pid)).toBe(false);
});

test('a taken port is a clear error', async () => {
  const processes = group();
  const first = await startAnvil({ processes, workDir });
  const port = Number(new URL(first.url).port);
  await expect(startAnvil({ processes, workDir, port })).rejects.toMatchObject({
    code: 'PORT_IN_USE',
    data: { port },
  });
});

process.on('exit', () => {
  rmSync(workDir, { recursive: true, force: true });
});
