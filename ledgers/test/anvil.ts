import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { HDNodeWallet, Mnemonic, getBytes } from 'ethers';
import { createMemorySigner, type EthereumSigner } from '../src/index.ts';

export interface Anvil {
  readonly url: string;
  /** Raw JSON-RPC, for what only a test does: mining, reorgs, balances. */
  rpc(method: string, ...params: unknown[]): Promise<unknown>;
  mine(blocks?: number): Promise<void>;
  stop(): Promise<void>;
}

const MNEMONIC = 'test test test test test test test test test test test junk';

/** The development account of an index, with 10,000 ETH. */
export function devSigner(index: number): EthereumSigner {
  const path = `m/44'/60'/0'/0/${String(index)}`;
  const { privateKey } = HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(MNEMONIC), path);
  return createMemorySigner(getBytes(privateKey));
}

/** Starts anvil on any free port; `-b 1` for blocks by time, otherwise the test mines. */
export async function startAnvil(...args: string[]): Promise<Anvil> {
  const binary = join(
    dirname(createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/package.json')),
    'bin/anvil',
  );
  const child = spawn(
    binary,
    ['--port', '0', '--slots-in-an-epoch', '1', '--hardfork', 'osaka', ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const address = await new Promise<string>((resolve, reject) => {
    let seen = '';
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk.toString();
      const match = /Listening on (\S+)/.exec(seen);
      if (match?.[1] !== undefined) resolve(match[1]);
    });
    child.once('exit', () => reject(new Error(`anvil ended: ${seen}`)));
  });
  const url = `http://${address}`;
  const rpc = async (method: string, ...params: unknown[]): Promise<unknown> => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    });
    const answer = (await response.json()) as { result?: unknown; error?: { message: string } };
    if (answer.error !== undefined) throw new Error(`${method}: ${answer.error.message}`);
    return answer.result;
  };
  return {
    url,
    rpc,
    mine: async (blocks = 1) => {
      await rpc('anvil_mine', `0x${blocks.toString(16)}`);
    },
    stop: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

export { MNEMONIC };
