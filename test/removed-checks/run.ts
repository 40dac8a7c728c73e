import { spawn } from 'node:child_process';
import { CHECKED_PACKAGES } from './registry.ts';

const ROOT = new URL('../../', import.meta.url).pathname;
const LIMIT_MS = 300_000;

/** True when every test of the package passes; with `id`, without that check. The whole process group ends with it. */
export async function testsPass(name: string, id = ''): Promise<boolean> {
  const args = [`${ROOT}node_modules/vitest/vitest.mjs`, 'run', '--root', ROOT, '--bail', '1'];
  const config = ['--config', `${ROOT}test/removed-checks/config.ts`];
  const child = spawn(
    process.execPath,
    [...args, ...config, ...(CHECKED_PACKAGES[name]?.tests ?? [])],
    {
      cwd: ROOT,
      env: { ...process.env, MIDLOCK_SUITE: 'default', MIDLOCK_REMOVED_CHECK: `${name}/${id}` },
      stdio: 'ignore',
      detached: true,
    },
  );
  const endGroup = (): void => {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  };
  const timer = setTimeout(endGroup, LIMIT_MS);
  const stop = (): void => {
    endGroup();
    process.exit(143);
  };
  process.once('SIGTERM', stop);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  clearTimeout(timer);
  process.off('SIGTERM', stop);
  return code === 0;
}

/** Takes the checks away one by one; answers with those that no test missed. */
export async function removeInTurn(
  name: string,
  ids: readonly string[],
  say: (line: string) => void,
): Promise<readonly string[]> {
  const unnoticed: string[] = [];
  for (const id of ids) {
    const noticed = !(await testsPass(name, id));
    say(`${noticed ? 'noticed' : 'MISSED '} ${name}/${id}`);
    if (!noticed) unnoticed.push(id);
  }
  return unnoticed;
}
