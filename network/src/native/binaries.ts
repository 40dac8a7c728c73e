import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { NetworkError } from '../network-error.ts';

const NEEDED = ['peer', 'orderer', 'configtxgen'] as const;
const HOW_TO_GET =
  "Get Hyperledger's official binaries with its own script: " +
  'curl -sSLO https://raw.githubusercontent.com/hyperledger/fabric/main/scripts/install-fabric.sh && ' +
  'bash install-fabric.sh binary, then set FABRIC_BIN to the bin folder';

/** Official Fabric binaries on this machine. */
export interface FabricBinaries {
  readonly dir: string;
  /** e.g. `3.1.5`. */
  readonly version: string;
  readonly major: number;
  /** Path of a binary. */
  path(name: (typeof NEEDED)[number]): string;
}

export interface FindBinariesOptions {
  /** Takes precedence over everything else, FABRIC_BIN too. */
  readonly binDir?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where `./fabric-samples/bin` is looked for. */
  readonly cwd?: string;
}

/**
 * Finds Fabric's binaries: `binDir`, FABRIC_BIN, PATH, ./fabric-samples/bin, ~/fabric-samples/bin, the first folder
 * that has `peer`. Nothing is ever fetched or built.
 * @throws {NetworkError} TOOL_MISSING when there are none or one lacks, TOOL_VERSION unless all are one 2.5 or 3.x.
 */
export async function findFabricBinaries(
  options: FindBinariesOptions = {},
): Promise<FabricBinaries> {
  const { env = process.env, cwd = process.cwd() } = options;
  const dir = candidates(options.binDir, env, cwd).find((folder) => isProgram(folder, 'peer'));
  if (dir === undefined) {
    throw new NetworkError('TOOL_MISSING', `No Fabric binaries found. ${HOW_TO_GET}.`, {
      searched: 'FABRIC_BIN, PATH, ./fabric-samples/bin, ~/fabric-samples/bin',
    });
  }
  const missing = NEEDED.find((name) => !isProgram(dir, name));
  if (missing !== undefined) {
    throw new NetworkError('TOOL_MISSING', `${missing} lacks beside peer. ${HOW_TO_GET}.`, { dir });
  }
  const versions = await Promise.all(NEEDED.map((name) => versionOf(join(dir, name))));
  const [version = 'unknown'] = versions;
  if (!versions.every((other) => other === version)) {
    throw new NetworkError('TOOL_VERSION', 'The binaries are of different versions.', {
      dir,
      versions: NEEDED.map((name, index) => `${name} ${versions[index] ?? ''}`).join(', '),
    });
  }
  if (!/^(2\.5|3\.\d+)\./.test(version)) {
    throw new NetworkError('TOOL_VERSION', `Fabric 2.5 or 3.x is needed. ${HOW_TO_GET}.`, {
      dir,
      version,
    });
  }
  return {
    dir,
    version,
    major: Number(version.split('.')[0]),
    path: (name) => join(dir, name),
  };
}

function candidates(
  binDir: string | undefined,
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
): string[] {
  // A folder that was named must be the one that is used: silently taking another would mislead.
  const named = binDir ?? env['FABRIC_BIN'];
  if (named !== undefined && named !== '') return [named];
  const home = env['HOME'];
  return [
    ...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
    join(cwd, 'fabric-samples', 'bin'),
    ...(home === undefined ? [] : [join(home, 'fabric-samples', 'bin')]),
  ];
}

function isProgram(dir: string, name: string): boolean {
  try {
    accessSync(join(dir, name), constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function versionOf(file: string): Promise<string> {
  const argument = file.endsWith('configtxgen') ? '-version' : 'version';
  try {
    const { stdout, stderr } = await promisify(execFile)(file, [argument], {
      timeout: 10_000,
      env: { FABRIC_CFG_PATH: '/nonexistent' },
    });
    return /Version: v?([\w.-]+)/.exec(stdout + stderr)?.[1] ?? 'unknown';
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 200) : String(error);
    throw new NetworkError('TOOL_VERSION', 'A binary does not tell its version.', { file, reason });
  }
}
