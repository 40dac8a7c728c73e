import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The part of the compiler's standard JSON that Midlock reads. */
export interface SolcContract {
  readonly abi: readonly AbiEntry[];
  readonly evm: {
    readonly bytecode: { readonly object: string };
    readonly deployedBytecode: {
      readonly object: string;
      /** Where each immutable stands, by the name of its variable; bytes. */
      readonly immutableReferences: Readonly<Record<string, readonly CodePart[]>>;
    };
    readonly methodIdentifiers: Readonly<Record<string, string>>;
  };
  readonly storageLayout: {
    readonly storage: readonly {
      readonly label: string;
      readonly slot: string;
      readonly offset: number;
      readonly type: string;
    }[];
  };
}

/** A part of deployed code, in bytes. */
export interface CodePart {
  readonly start: number;
  readonly length: number;
}

/** One function, event or error of an ABI. */
export interface AbiEntry {
  readonly type: string;
  readonly name?: string;
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Readonly<Record<string, Readonly<Record<string, SolcContract>>>>;
  readonly sources: Readonly<Record<string, { readonly ast: unknown }>>;
}

interface Solc {
  compile(
    input: string,
    callbacks: { import(path: string): { contents: string } | { error: string } },
  ): string;
  version(): string;
}

const require = createRequire(import.meta.url);
const root = fileURLToPath(new URL('..', import.meta.url));

/** The settings of every deployed contract; foundry.toml and hardhat.config.ts say the same (a test compares them). */
export const SETTINGS = {
  evmVersion: 'osaka',
  viaIR: true,
  optimizer: { enabled: true, runs: 1_000_000 },
} as const;

/**
 * Compiles Solidity files with the compiler of the npm package `solc`; nothing is downloaded.
 * @param files Paths relative to evm/, for instance `contracts/MidlockEscrow.sol`.
 * @param overlay Sources that replace files of the same path: mutated copies in tests.
 * @returns Contracts by `path:Name`. Throws with the compiler's text on any error or warning. Takes 2 to 6 s.
 */
export function compile(
  files: readonly string[],
  overlay: Readonly<Record<string, string>> = {},
): Readonly<Record<string, SolcContract>> {
  const solc = require('solc') as Solc;
  const input = {
    language: 'Solidity',
    sources: Object.fromEntries(
      files.map((path) => [path, { content: overlay[path] ?? readFileSync(root + path, 'utf8') }]),
    ),
    settings: {
      ...SETTINGS,
      outputSelection: {
        '*': {
          '*': [
            'abi',
            'evm.bytecode.object',
            'evm.deployedBytecode.object',
            'evm.deployedBytecode.immutableReferences',
            'evm.methodIdentifiers',
            'storageLayout',
          ],
          '': ['ast'],
        },
      },
    },
  };
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), { import: (path) => load(path, overlay) }),
  ) as SolcOutput;
  const problems = (output.errors ?? []).filter(({ severity }) => severity !== 'info');
  if (problems.length > 0)
    throw new Error(problems.map(({ formattedMessage }) => formattedMessage).join('\n'));
  const names = new Map(Object.values(output.sources).flatMap(({ ast }) => variablesIn(ast)));
  return Object.fromEntries(
    Object.entries(output.contracts).flatMap(([path, contracts]) =>
      Object.entries(contracts).map(([name, contract]) => [
        `${path}:${name}`,
        withNames(contract, names),
      ]),
    ),
  );
}

/** The compiler knows immutables by the number of their declaration. */
function withNames(contract: SolcContract, names: ReadonlyMap<string, string>): SolcContract {
  const { evm } = contract;
  const { immutableReferences, ...code } = evm.deployedBytecode;
  const named = Object.entries(immutableReferences)
    .map(([id, parts]) => [names.get(id) ?? id, parts] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  const deployedBytecode = { ...code, immutableReferences: Object.fromEntries(named) };
  return { ...contract, evm: { ...evm, deployedBytecode } };
}

/** Every variable that a syntax tree declares: its number and its name. */
function variablesIn(node: unknown): readonly (readonly [string, string])[] {
  if (typeof node !== 'object' || node === null) return [];
  const { nodeType, id, name } = node as Readonly<Record<string, unknown>>;
  const here: readonly (readonly [string, string])[] =
    nodeType === 'VariableDeclaration' ? [[String(id), String(name)]] : [];
  return [...here, ...Object.values(node).flatMap(variablesIn)];
}

function load(
  path: string,
  overlay: Readonly<Record<string, string>>,
): { contents: string } | { error: string } {
  const own = overlay[path];
  if (own !== undefined) return { contents: own };
  try {
    return {
      contents: readFileSync(path.startsWith('@') ? require.resolve(path) : root + path, 'utf8'),
    };
  } catch (error) {
    return { error: String(error) };
  }
}
