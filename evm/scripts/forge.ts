import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  readFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs forge in a project folder, with this Node first on PATH for the compiler's wrapper. */
export function forge(
  args: readonly string[],
  folder = root,
  env: Readonly<Record<string, string>> = {},
): SpawnSyncReturns<string> {
  return spawnSync(require.resolve('@foundry-rs/forge-linux-amd64/bin/forge'), args, {
    cwd: folder,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: {
      ...process.env,
      ...env,
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      NO_COLOR: '1',
    },
  });
}

/** A throw-away copy of the project. */
export interface Copy {
  readonly folder: string;
  readonly close: () => void;
}

/** Calls `use` with a throw-away copy: see {@link openCopy}. */
export function withCopy<T>(use: (folder: string) => T, oneProfile = false): T {
  const copy = openCopy(oneProfile);
  try {
    return use(copy.folder);
  } finally {
    copy.close();
  }
}

/**
 * Makes a throw-away copy of the project that holds its packages too: forge's coverage reads no source above its root, and mutants
 * must not touch the real sources. With `oneProfile` everything is compiled alike.
 */
export function openCopy(oneProfile = false): Copy {
  const folder = mkdtempSync(join(tmpdir(), 'midlock-forge-'));
  const close = (): void => {
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    fillCopy(folder, oneProfile);
  } catch (error) {
    close();
    throw error;
  }
  return { folder, close };
}

function fillCopy(folder: string, oneProfile: boolean): void {
  for (const name of ['contracts', 'test/forge', 'bin']) {
    cpSync(join(root, name), join(folder, name), {
      recursive: true,
      filter: (path) => !path.includes('contracts/verify'),
    });
  }
  const packages = dirname(dirname(require.resolve('@openzeppelin/contracts/package.json')));
  mkdirSync(join(folder, 'node_modules'));
  cpSync(packages, join(folder, 'node_modules/@openzeppelin'), {
    recursive: true,
    dereference: true,
  });
  symlinkSync(dirname(require.resolve('solc')), join(folder, 'node_modules/solc'));
  const config = readFileSync(join(root, 'foundry.toml'), 'utf8').replaceAll(
    '../node_modules',
    'node_modules',
  );
  // Coverage loses the sources of one of two compiler profiles.
  const single = config.replace(/^additional_compiler_profiles[^]*?^\]\n/m, '');
  writeFileSync(join(folder, 'foundry.toml'), oneProfile ? single : config);
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }\n');
}
