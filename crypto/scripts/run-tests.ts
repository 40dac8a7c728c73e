import { spawn } from 'node:child_process';

const ROOT = new URL('../../', import.meta.url).pathname;

/**
 * Runs vitest on `paths` with a configuration of this folder; true when every test passed. After `timeoutMs` the whole process
 * group is ended, since a changed program may loop for ever in a worker.
 */
export async function testsPass(
  config: string,
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<boolean> {
  const vitest = `${ROOT}node_modules/vitest/vitest.mjs`;
  const args = [vitest, 'run', '--root', ROOT, '--config', `${ROOT}crypto/scripts/${config}`];
  const child = spawn(process.execPath, [...args, '--bail', '1', ...paths], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: 'ignore',
    detached: true,
  });
  const endGroup = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(endGroup, timeoutMs);
  process.once('SIGTERM', endGroup);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  clearTimeout(timer);
  process.off('SIGTERM', endGroup);
  return code === 0;
}
