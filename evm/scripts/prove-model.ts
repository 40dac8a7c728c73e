// Has solc's model checker (CHC engine) prove proofs/EscrowModel.sol: every assertion, and that no sum wraps. solc's npm build has no
// solver of its own and hands each question to z3 (Z3_BIN, else from PATH; `pip install z3-solver`). See proofs/README.md.
//   node --conditions=source scripts/prove-model.ts [seconds a question, default 300]
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

interface Diagnostic {
  readonly severity: string;
  readonly message: string;
  readonly sourceLocation?: { readonly start: number };
}

interface Solc {
  compile(input: string, callbacks: { smtSolver(query: string): { contents: string } }): string;
}

const solc = createRequire(import.meta.url)('solc') as Solc;
const z3 = process.env['Z3_BIN'] ?? 'z3';
const limitSec = Number(process.argv[2] ?? '300');
const content = readFileSync(new URL('../proofs/EscrowModel.sol', import.meta.url), 'utf8');

const input = {
  language: 'Solidity',
  sources: { 'EscrowModel.sol': { content } },
  settings: {
    modelChecker: {
      engine: 'chc',
      solvers: ['smtlib2'],
      targets: ['assert', 'overflow', 'underflow'],
      showProvedSafe: true,
      showUnproved: true,
    },
    outputSelection: { '*': { '*': ['abi'] } },
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input), { smtSolver: solve })) as {
  readonly errors?: readonly Diagnostic[];
};
const verdicts = (output.errors ?? []).filter(({ message }) => message.startsWith('CHC: '));
for (const { message, sourceLocation } of verdicts) {
  const line = content.slice(0, sourceLocation?.start ?? 0).split('\n').length;
  console.log(`line ${String(line)}: ${message.split('\n')[0] ?? ''}`);
}
const proved = verdicts.filter(({ message }) => message.includes('check is safe'));
const open = verdicts.filter(({ severity }) => severity !== 'info');
console.log(`${String(proved.length)} proved, ${String(open.length)} not`);
process.exitCode = open.length === 0 && proved.length > 0 ? 0 : 1;

function solve(query: string): { contents: string } {
  const startedAt = Date.now();
  const run = spawnSync(z3, ['-in', `-T:${String(limitSec)}`], { input: query, encoding: 'utf8' });
  if (run.error !== undefined) throw new Error(`z3 does not run: ${run.error.message}`);
  const [answer = ''] = run.stdout.split('\n');
  console.error(`${answer} after ${String(Math.round((Date.now() - startedAt) / 1000))} s`);
  return { contents: run.stdout };
}
