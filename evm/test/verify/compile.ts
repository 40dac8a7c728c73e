import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Record<string, Record<string, { readonly abi: unknown[]; readonly evm: { readonly bytecode: { readonly object: string } } }>>;
}

/** What a test needs of a compiled contract. */
export interface Compiled {
  readonly abi: unknown[];
  readonly bytecode: string;
}

const require = createRequire(import.meta.url);
const contracts = fileURLToPath(new URL('../../contracts/verify/', import.meta.url));

/** Compiles contracts/verify with the npm compiler, Osaka rules, through the IR. Takes some two seconds. */
export function compileVerifiers(): Record<string, Compiled> {
  const solc = require('solc') as { compile(input: string): string };
  const names = readdirSync(contracts, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.sol'));
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(names.map((name) => [name, { content: readFileSync(contracts + name, 'utf8') }])),
    settings: {
      evmVersion: 'osaka',
      viaIR: true,
      optimizer: { enabled: true, runs: 1_000_000 },
      outputSelection: { '*': { '*': ['abi', 'evm.bytecode.object'] } },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as SolcOutput;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === 'error' || severity === 'warning');
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  const compiled = Object.values(output.contracts).flatMap((file) => Object.entries(file));
  return Object.fromEntries(compiled.map(([name, { abi, evm }]) => [name, { abi, bytecode: `0x${evm.bytecode.object}` }]));
}
