import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Record<
    string,
    Record<
      string,
      { readonly abi: unknown[]; readonly evm: { readonly bytecode: { readonly object: string } } }
    >
  >;
}

/** What a test needs of a compiled contract. */
export interface Compiled {
  readonly abi: unknown[];
  readonly bytecode: string;
}

const require = createRequire(import.meta.url);
const contracts = fileURLToPath(new URL('../../contracts/verify/', import.meta.url));

/**
 * Compiles contracts/verify with the npm compiler, Osaka rules, through the IR. Takes some two seconds.
 * With `removed`, deletes the lines that end in `// check: <id>`, to show what the check is for, and compiles that contract alone.
 */
export function compileVerifiers(removed?: {
  readonly check: string;
  readonly contract: string;
}): Record<string, Compiled> {
  const solc = require('solc') as { compile(input: string): string };
  const names = readdirSync(contracts, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.sol'),
  );
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(
      names.map((name) => [name, { content: sourceOf(name, removed?.check) }]),
    ),
    settings: {
      evmVersion: 'osaka',
      viaIR: true,
      optimizer: { enabled: true, runs: 1_000_000 },
      outputSelection: {
        [removed === undefined ? '*' : `${removed.contract}.sol`]: {
          '*': ['abi', 'evm.bytecode.object'],
        },
      },
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as SolcOutput;
  const errors = (output.errors ?? []).filter(
    ({ severity }) => severity === 'error' || (severity === 'warning' && removed === undefined),
  );
  if (errors.length > 0)
    throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join('\n'));
  const compiled = Object.values(output.contracts).flatMap((file) => Object.entries(file));
  return Object.fromEntries(
    compiled.map(([name, { abi, evm }]) => [name, { abi, bytecode: `0x${evm.bytecode.object}` }]),
  );
}

/** Checks behind which a second refusal stands: no call passes without them that does not pass with them. */
export const SECOND_LINE: Readonly<Record<string, string>> = {
  'quorum-place':
    'A place outside the roster reads the memory behind it, where the digest stands: to use it, one would need a key whose address is part of a digest.',
  'quorum-data':
    'The roster’s contract is not made only where the gas ends, and then the deployment ends too.',
  'frost-key-range': 'ecrecover refuses such an r, and frost-key-point reads its answer.',
  'bls-hash': 'The precompiles fail only where the gas ends; the pairing then fails as well.',
  'register-previous': 'Before the first rotation the deadline of the previous key is 0.',
  'merkle-proof-end':
    'What is read behind the proof makes it too short, and merkle-proof-length refuses that.',
};

/** Ids of all checks in the verifiers and the register. */
export function checkIds(): string[] {
  const names = readdirSync(contracts).filter((name) => name.endsWith('.sol'));
  return names.flatMap((name) =>
    [...readFileSync(contracts + name, 'utf8').matchAll(/\/\/ check: ([a-z-]+)$/gm)].map(
      (match) => match[1] ?? '',
    ),
  );
}

function sourceOf(name: string, withoutCheck: string | undefined): string {
  const lines = readFileSync(contracts + name, 'utf8').split('\n');
  return lines
    .filter(
      (line) => withoutCheck === undefined || !line.trimEnd().endsWith(`// check: ${withoutCheck}`),
    )
    .join('\n');
}

/** The contract in whose file a check stands. */
export function contractOf(check: string): string {
  const name = readdirSync(contracts).find(
    (file) =>
      file.endsWith('.sol') &&
      readFileSync(contracts + file, 'utf8').includes(`// check: ${check}\n`),
  );
  if (name === undefined) throw new Error(`no contract with check ${check}`);
  return name.replace('.sol', '');
}
