import { spawn, type ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { JsonRpcProvider, Network, type Signer } from 'ethers';

/** A local node under Osaka rules with the clock in the test's hand. */
export interface Chain {
  readonly provider: JsonRpcProvider;
  readonly chainId: bigint;
  signer(index: number): Promise<Signer>;
  /** Sets the timestamp of the next block, seconds; it must not go back. */
  nextTimestamp(sec: bigint): Promise<void>;
  /** Timestamp of the latest block, seconds. */
  now(): Promise<bigint>;
  snapshot(): Promise<string>;
  revert(id: string): Promise<void>;
  close(): Promise<void>;
}

/** Starts anvil on a free port; rejects when it does not listen within 20 s. Block times start at `startSec` so that calldata is the same in every run. */
export async function startAnvil(startSec = 1_800_000_000n): Promise<Chain> {
  const require = createRequire(import.meta.url);
  const child = spawn(
    require.resolve('@foundry-rs/anvil-linux-amd64/bin/anvil'),
    [
      '--port',
      '0',
      '--host',
      '127.0.0.1',
      '--hardfork',
      'osaka',
      '--enable-tx-gas-limit',
      '--timestamp',
      String(startSec),
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const url = await listening(child);
  const provider = new JsonRpcProvider(url, Network.from(31337), {
    staticNetwork: true,
    batchMaxCount: 1,
    cacheTimeout: -1,
    polling: true,
    pollingInterval: 10,
  });
  return {
    provider,
    chainId: 31337n,
    signer: (index) => provider.getSigner(index),
    nextTimestamp: async (sec) => {
      await provider.send('evm_setNextBlockTimestamp', [Number(sec)]);
    },
    now: async () => BigInt((await provider.getBlock('latest'))?.timestamp ?? 0),
    snapshot: () => provider.send('evm_snapshot', []) as Promise<string>,
    revert: async (id) => {
      await provider.send('evm_revert', [id]);
    },
    close: async () => {
      provider.destroy();
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await ended;
    },
  };
}

function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new Error(`anvil does not listen: ${output}`));
    }, 20_000);
    const read = (data: Buffer): void => {
      output += data.toString();
      const match = /Listening on (127\.0\.0\.1:\d+)/.exec(output);
      if (match === null) return;
      clearTimeout(timer);
      resolve(`http://${match[1] ?? ''}`);
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`anvil ended with ${code ?? 'a signal'}: ${output}`));
    });
  });
}
