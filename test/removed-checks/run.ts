import { spawn } from 'node:child_process';
import { ROOT, type CheckedPackage } from './package.ts';

const LIMIT_MS = 300_000;

/** True when the package's tests pass; with `id`, without that check. */
export async function testsPass(
  name: string,
  checked: CheckedPackage,
  id?: string,
): Promise<boolean> {
  if (checked.testsPass !== undefined) return checked.testsPass(id);
  for (const stage of checked.tests(id))
    if (!(await vitestPasses(stage, `${name}/${id ?? ''}`))) return false;
  return true;
}

/** Runs vitest with this folder's configuration; the whole process group ends with it, after five minutes at the latest. */
export async function vitestPasses(
  stage: readonly string[],
  removed: string,
  config = 'test/removed-checks/config.ts',
): Promise<boolean> {
  const args = [`${ROOT}node_modules/vitest/vitest.mjs`, 'run', '--root', ROOT, '--bail', '1'];
  const child = spawn(process.execPath, [...args, '--config', ROOT + config, ...stage], {
    cwd: ROOT,
    env: { ...process.env, MIDLOCK_SUITE: 'all', MIDLOCK_REMOVED_CHECK: removed },
    stdio: 'ignore',
    detached: true,
  });
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
  checked: CheckedPackage,
  ids: readonly string[],
  say: (line: string) => void,
): Promise<readonly string[]> {
  const unnoticed: string[] = [];
  for (const id of ids) {
    const noticed = !(await testsPass(name, checked, id));
    say(`${noticed ? 'noticed' : 'MISSED '} ${name}/${id}`);
    if (!noticed) unnoticed.push(id);
  }
  return unnoticed;
}
