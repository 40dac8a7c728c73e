import { JsonRpcProvider, Network, type Signer } from 'ethers';
import { startAnvilProcess } from './anvil-process.ts';

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

/** When the chain of {@link startAnvil} begins, and from when on it goes with the host's clock. */
export const START_SEC = 1_800_000_000n;

/** Starts anvil on a free port; rejects when it does not listen within 20 s. Block times start at `startSec` so that calldata is the same in every run. */
export async function startAnvil(startSec = START_SEC): Promise<Chain> {
  const node = await startAnvilProcess(['--enable-tx-gas-limit', '--timestamp', String(startSec)]);
  const provider = new JsonRpcProvider(node.url, Network.from(31337), {
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
      await node.stop();
    },
  };
}
