import { execFile } from 'node:child_process';
import { accessSync, constants, mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { NetworkError } from '../network-error.ts';

/** The version that a Go toolchain installs; another one is taken where an operator has it. */
const GETH_VERSION = 'v1.16.9';
const GETH_MODULE = `github.com/ethereum/go-ethereum/cmd/geth@${GETH_VERSION}`;
const OLDEST_MINOR = 14;
const INSTALL_TIMEOUT_MS = 900_000;

/** A geth on this machine. */
export interface GethBinary {
  readonly file: string;
  /** e.g. `1.16.9-stable`. */
  readonly version: string;
}

export interface FindGethOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Told before a Go toolchain builds geth, which takes minutes. */
  readonly onInstall?: (module: string) => void;
}

/**
 * Finds geth: GETH_BIN, else PATH, else built once by the Go toolchain from its pinned module into the user's cache.
 * @throws {NetworkError} TOOL_MISSING when there is neither geth nor Go or the build fails, TOOL_VERSION below 1.14.
 */
export async function findGeth(options: FindGethOptions = {}): Promise<GethBinary> {
  const { env = process.env } = options;
  const named = env['GETH_BIN'];
  // A binary that was named must be the one that is used: silently taking another would mislead.
  const file =
    named !== undefined && named !== ''
      ? named
      : (inPath('geth', env) ?? (await installed(env, options.onInstall)));
  const version = await versionOf(file);
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < 1 || (major === 1 && minor < OLDEST_MINOR))
    throw new NetworkError('TOOL_VERSION', 'geth 1.14 or newer is needed.', { file, version });
  return { file, version };
}

function inPath(
  name: string,
  env: Readonly<Record<string, string | undefined>>,
): string | undefined {
  return (env['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => folder !== '')
    .map((folder) => join(folder, name))
    .find(isProgram);
}

async function installed(
  env: Readonly<Record<string, string | undefined>>,
  onInstall: FindGethOptions['onInstall'],
): Promise<string> {
  const cache = env['XDG_CACHE_HOME'] ?? join(env['HOME'] ?? homedir(), '.cache');
  const folder = join(cache, 'midlock', `geth-${GETH_VERSION}`);
  const file = join(folder, 'geth');
  if (isProgram(file)) return file;
  const go = inPath('go', env);
  if (go === undefined)
    throw new NetworkError(
      'TOOL_MISSING',
      `No geth found. Install it and set GETH_BIN, or install Go: "go install ${GETH_MODULE}" is then run for you.`,
      { searched: 'GETH_BIN, PATH, go in PATH' },
    );
  onInstall?.(GETH_MODULE);
  mkdirSync(folder, { recursive: true });
  try {
    await promisify(execFile)(go, ['install', GETH_MODULE], {
      env: { ...env, GOBIN: folder, GOFLAGS: '' },
      timeout: INSTALL_TIMEOUT_MS,
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 300) : String(error);
    throw new NetworkError('TOOL_MISSING', `Go could not install ${GETH_MODULE}.`, { reason });
  }
  return file;
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function versionOf(file: string): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(file, ['version'], { timeout: 10_000 });
    const version = /^Version: (\S+)/m.exec(stdout)?.[1];
    if (version !== undefined) return version;
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw new NetworkError('TOOL_MISSING', 'geth could not be started.', { file, reason });
  }
  throw new NetworkError('TOOL_VERSION', 'The binary does not tell its version as geth does.', {
    file,
  });
}
