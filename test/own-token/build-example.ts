import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChaincodeCommand } from '@midlock/network';

const PROJECT = fileURLToPath(new URL('../../examples/own-token/', import.meta.url));

/** Compiles the example as its operator would, into a folder beside its sources, and says how its process is started. */
export function buildExample(): { readonly command: ChaincodeCommand; readonly outDir: string } {
  const tsc = fileURLToPath(new URL('../../node_modules/typescript/bin/tsc', import.meta.url));
  // Below the project, so that Node finds its packages; of its own, so that two suites never share it.
  const outDir = mkdtempSync(join(PROJECT, 'dist-'));
  execFileSync(process.execPath, [
    tsc,
    '-p',
    join(PROJECT, 'tsconfig.build.json'),
    '--outDir',
    outDir,
  ]);
  return {
    outDir,
    command: {
      file: process.execPath,
      args: [
        '--conditions=source',
        '--disable-warning=ExperimentalWarning',
        join(outDir, 'index.js'),
      ],
    },
  };
}
