// Entry of every npm script: installs what is missing, then runs the command on Node 24.
// Runs itself on any Node from 20.19 and uses nothing but Node's own modules.
import { spawnSync } from 'node:child_process';
import { dirname, delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureInstalled, runtimeNode } from './install.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const COMMANDS = {
  demo: ['cli/src/main.ts', 'demo'],
  midlock: ['cli/src/main.ts'],
  test: ['scripts/test.mjs'],
  // Suites beside the default: real networks, long runs (CI runs both).
  'test:real': ['scripts/test.mjs', '--suite', 'real'],
  'test:long': ['scripts/test.mjs', '--suite', 'long'],
  simulate: ['test/simulation/main.ts'],
  search: ['test/search/main.ts'],
  fuzz: ['test/fuzz/main.ts'],
  'crash-points': ['test/crash-points/main.ts'],
  soak: ['test/soak/main.ts'],
  bench: ['bench/run.ts'],
  check: ['scripts/check.mjs'],
  // Long suites: mutation runs over the cryptography and the contracts (see crypto/README.md).
  mutants: ['crypto/scripts/mutants.ts'],
  'removed-checks': ['test/removed-checks/main.ts'],
  // Compares devnode with the recording; `--target native` records anew from an operator's Fabric and shows the difference.
  conformance: process.argv.includes('native')
    ? ['network/conformance/record.ts']
    : ['devnode/conformance/compare.ts'],
};

const [name = '', ...given] = process.argv.slice(2);
const rest =
  name === 'conformance' ? given.filter((arg) => arg !== '--target' && arg !== 'native') : given;
const command = COMMANDS[name];
if (command === undefined) {
  console.error(
    `scripts/run.mjs: unknown command "${name}"; one of ${Object.keys(COMMANDS).join(', ')}`,
  );
  process.exit(2);
}

const node = await ensureInstalled(root).then(
  () => runtimeNode(root),
  (error) => {
    console.error(`midlock: ${error.message}`);
    process.exit(1);
  },
);
const flags = [
  '--conditions=source',
  '--disable-warning=ExperimentalWarning',
  '--disable-warning=DEP0123',
];
const child = spawnSync(node, [...flags, join(root, command[0]), ...command.slice(1), ...rest], {
  stdio: 'inherit',
  cwd: name === 'midlock' || name === 'demo' ? (process.env.INIT_CWD ?? process.cwd()) : root,
  env: { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` },
});
if (child.signal) process.kill(process.pid, child.signal);
process.exit(child.status ?? 1);
