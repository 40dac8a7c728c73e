// Compiles the deployable contracts and writes what is committed: compiled/*.json (Hardhat's artifact shape), src/abi/*.ts
// (typed ABIs) and snapshots/layout.json. `--check` writes nothing and fails when a file would change.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from './generated-files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const stale: string[] = [];

for (const [path, text] of Object.entries(await generatedFiles())) {
  if (read(root + path) === text) continue;
  stale.push(path);
  if (check) continue;
  mkdirSync(dirname(root + path), { recursive: true });
  writeFileSync(root + path, text);
}
for (const path of stale) console.log(`${check ? 'stale' : 'wrote'} ${path}`);
if (check && stale.length > 0) {
  console.log(`run: node --conditions=source evm/scripts/${basename(import.meta.filename)}`);
  process.exitCode = 1;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
