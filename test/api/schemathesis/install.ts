import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const VERSION = '4.32.5';
const INSTALL_MS = 300_000;

/** The program, or why it is not to be had. */
export type Installed =
  { readonly ok: true; readonly program: string } | { readonly ok: false; readonly reason: string };

/** Schemathesis from PyPI in a virtual environment of its own, kept in the user's cache. */
export function installSchemathesis(): Installed {
  const cache = process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache');
  const folder = join(cache, 'midlock', `schemathesis-${VERSION}`);
  const program = join(folder, 'bin', 'st');
  if (existsSync(program)) return { ok: true, program };
  mkdirSync(folder, { recursive: true });
  const steps = [
    ['python3', '-m', 'venv', folder],
    [join(folder, 'bin', 'pip'), 'install', '--quiet', `schemathesis==${VERSION}`],
  ] as const;
  for (const [command, ...args] of steps) {
    const { status, error, stderr } = spawnSync(command, args, {
      encoding: 'utf8',
      timeout: INSTALL_MS,
    });
    if (status === 0) continue;
    rmSync(folder, { recursive: true, force: true });
    const said = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
    return { ok: false, reason: `${command} ${args[0]}: ${said}` };
  }
  return { ok: true, program };
}
