// Arrows between packages point one way only (docs/architecture.md), and a pure core imports nothing impure.
import { readFileSync, readdirSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** For each package, the packages of this repository that its production code may import. */
const MAY_IMPORT = {
  protocol: [],
  crypto: ['protocol'],
  chaincode: ['protocol', 'crypto'],
  evm: ['protocol'],
  devnode: [],
  network: ['devnode'],
  ledgers: ['protocol', 'evm'],
  client: ['protocol', 'crypto', 'ledgers'],
  relayer: ['protocol', 'crypto', 'ledgers', 'client'],
  cli: [
    'protocol',
    'crypto',
    'chaincode',
    'evm',
    'devnode',
    'network',
    'ledgers',
    'client',
    'relayer',
  ],
};

/** Folders whose files decide and never act: no `node:` import, no clock, no randomness, no logger. */
const PURE = [
  'protocol/src',
  'crypto/src',
  'client/src/core',
  'relayer/src/core',
  'devnode/src/ledger',
];
// devnode's ledger hashes with Node's crypto: a pure function, and the hot path of every block.
const IMPURE_ALLOWED = ['crypto/src/node/', 'crypto/src/testing/', 'devnode/src/ledger/'];
const IMPURE = [
  /from 'node:/,
  /\bDate\.now\(/,
  /\bnew Date\(\)/,
  /\bMath\.random\(/,
  /\bprocess\./,
  /from 'winston'/,
];
const MAX_LINES = 500;

const problems = [];
for (const [name, allowed] of Object.entries(MAY_IMPORT)) {
  for (const file of sources(join(name, 'src'))) {
    const text = readFileSync(file, 'utf8');
    for (const [, specifier] of text.matchAll(
      /(?:from|import|require)\s*\(?\s*['"]([^'"]+)['"]/g,
    )) {
      const target = /^@midlock\/([a-z]+)/.exec(specifier)?.[1];
      if (target !== undefined && target !== name && !allowed.includes(target))
        problems.push(`${file}: ${name}/ may not import ${target}/`);
      if (specifier.startsWith('.') && relative(name, join(file, '..', specifier)).startsWith('..'))
        problems.push(`${file}: leaves its package by ${specifier}`);
    }
    if (
      text.split('\n').length > MAX_LINES &&
      !/generated/i.test(text.slice(0, 300)) &&
      !file.includes('/abi/')
    )
      problems.push(`${file}: longer than ${MAX_LINES} lines`);
  }
}
for (const folder of PURE) {
  for (const file of sources(folder)) {
    if (IMPURE_ALLOWED.some((prefix) => file.startsWith(prefix))) continue;
    const text = readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
    for (const pattern of IMPURE)
      if (pattern.test(text)) problems.push(`${file}: impure in a pure folder: ${pattern.source}`);
  }
}
for (const problem of problems) console.log(problem);
process.exit(problems.length === 0 ? 0 : 1);

function sources(folder) {
  if (!statSync(folder, { throwIfNoEntry: false })) return [];
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter(
      (path) =>
        path.endsWith('.ts') && !/\.(test|prop|bench)\.ts$/.test(path) && !path.includes('/test'),
    )
    .sort();
}
