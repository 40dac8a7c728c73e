import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import {
  ContractFactory,
  JsonRpcProvider,
  NonceManager,
  Wallet,
  type BaseContract,
  type InterfaceAbi,
} from 'ethers';
import { startAnvilProcess } from '../../evm/test/support/anvil-process.ts';

const require = createRequire(import.meta.url);
const CONTRACTS = new URL('../../evm/contracts/', import.meta.url);
/** anvil's first development account: public, worth nothing. */
const DEVELOPER = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80';

export interface Artifact {
  readonly abi: InterfaceAbi;
  readonly bytecode: string;
  readonly runtimeBytes: number;
}

interface SolcOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Record<
    string,
    Record<
      string,
      {
        readonly abi: InterfaceAbi;
        readonly evm: {
          readonly bytecode: { readonly object: string };
          readonly deployedBytecode: { readonly object: string };
        };
      }
    >
  >;
}

/**
 * Compiles a Solidity text against evm/contracts (imports by `contracts/...`) with solc 0.8.37, osaka, viaIR.
 * `withoutCheck` deletes the lines that end in `// check: <id>` from every file, to show what the check is for.
 */
export function compile(source: string, contract: string, withoutCheck?: string): Artifact {
  const solc = require('solc') as {
    compile(
      input: string,
      callbacks: { import(path: string): { contents: string } | { error: string } },
    ): string;
  };
  let removed = 0;
  const edit = (text: string): string =>
    text
      .split('\n')
      .filter((line) => {
        const gone =
          withoutCheck !== undefined && line.trimEnd().endsWith(`// check: ${withoutCheck}`);
        if (gone) removed += 1;
        return !gone;
      })
      .join('\n');
  const input = {
    language: 'Solidity',
    sources: { 'test.sol': { content: source } },
    settings: {
      evmVersion: 'osaka',
      viaIR: true,
      optimizer: { enabled: true, runs: 1_000_000 },
      outputSelection: {
        'test.sol': { [contract]: ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object'] },
      },
    },
  };
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), {
      import: (path) => {
        try {
          return {
            contents: edit(
              readFileSync(new URL(path.replace(/^contracts\//, ''), CONTRACTS), 'utf8'),
            ),
          };
        } catch {
          return { error: `no ${path}` };
        }
      },
    }),
  ) as SolcOutput;
  const failures = (output.errors ?? []).filter(({ severity }) => severity === 'error');
  if (failures.length > 0)
    throw new Error(failures.map(({ formattedMessage }) => formattedMessage).join('\n'));
  if (withoutCheck !== undefined && removed === 0)
    throw new Error(`no line carries the check ${withoutCheck}`);
  const made = output.contracts['test.sol']![contract]!;
  return {
    abi: made.abi,
    bytecode: `0x${made.evm.bytecode.object}`,
    runtimeBytes: made.evm.deployedBytecode.object.length / 2,
  };
}

export interface Chain {
  readonly provider: JsonRpcProvider;
  readonly signer: NonceManager;
  deploy(artifact: Artifact, ...args: readonly unknown[]): Promise<BaseContract>;
  stop(): Promise<void>;
}

/** Starts anvil under Osaka rules on a free port. */
export async function startChain(): Promise<Chain> {
  const node = await startAnvilProcess();
  const provider = new JsonRpcProvider(node.url, 31337, {
    staticNetwork: true,
    cacheTimeout: -1,
    pollingInterval: 20,
  });
  const signer = new NonceManager(new Wallet(DEVELOPER, provider));
  return {
    provider,
    signer,
    deploy: async ({ abi, bytecode }, ...args) => {
      const contract = await new ContractFactory(abi, bytecode, signer).deploy(...args);
      return contract.waitForDeployment();
    },
    stop: async () => {
      provider.destroy();
      await node.stop();
    },
  };
}
