import { spawn, type ChildProcess } from 'node:child_process';
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
  const binary = require
    .resolve('@foundry-rs/anvil-linux-amd64/package.json')
    .replace(/package\.json$/, 'bin/anvil');
  const child = spawn(binary, ['--port', '0', '--hardfork', 'osaka', '--chain-id', '31337'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const url = await listening(child);
  const provider = new JsonRpcProvider(url, 31337, {
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
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

async function listening(child: ChildProcess): Promise<string> {
  let text = '';
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`anvil does not listen: ${text}`));
    }, 20_000);
    child.once('exit', () => {
      clearTimeout(timer);
      reject(new Error(`anvil ended: ${text}`));
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      const port = /Listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(`http://127.0.0.1:${port}`);
    });
  });
}
