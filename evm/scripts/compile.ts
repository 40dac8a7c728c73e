// Compiles the deployable contracts and writes what is committed: compiled/*.json (Hardhat's artifact shape) and src/abi/*.ts (typed
// ABIs). snapshots/layout.json (storage, selectors, topics) is frozen: it is written only with `--layout`. `--check` writes nothing and
// fails when a file would change.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LAYOUT, generatedFiles } from './generated-files.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const check = process.argv.includes('--check');
const layout = process.argv.includes('--layout');
const stale: string[] = [];

for (const [path, text] of Object.entries(await generatedFiles())) {
  if (read(root + path) === text || (path === LAYOUT && !layout && !check)) continue;
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
