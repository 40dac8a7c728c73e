import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProcessGroup, freePorts, startGeth, type ProcessGroup } from '@midlock/network';
import { rpc } from '../scenarios/rpc.ts';
import { startAnvil as startMinedAnvil, type Anvil } from '../../ledgers/test/anvil.ts';

export type NodeKind = 'anvil' | 'hardhat' | 'geth';

/** A development node of chain 31337 whose well-known accounts hold Ether. */
export interface TestNode extends Pick<Anvil, 'url' | 'rpc' | 'stop'> {
  readonly kind: NodeKind;
  /** Makes so many blocks, or waits for them where the node makes its own; what waits in the pool gets in. */
  mine(blocks?: number): Promise<void>;
  /** Remembers the head; calling the result throws away every later block with its transactions. */
  mark(): Promise<() => Promise<void>>;
  /** Ends the process and starts it again on its chain and port; absent where the chain would be lost. */
  readonly restart?: () => Promise<void>;
}

const CHAIN_ID = 31_337;

/** Starts a node. Throws NetworkError where its program lacks. */
export function startNode(kind: NodeKind): Promise<TestNode> {
  return { anvil: startAnvilNode, hardhat: startHardhatNode, geth: startGethNode }[kind]();
}

async function startAnvilNode(): Promise<TestNode> {
  const anvil = await startMinedAnvil('--no-mining');
  return {
    ...anvil,
    kind: 'anvil',
    mark: async () => {
      const height = await heightOf(anvil.url);
      return async () => {
        await anvil.rpc('anvil_reorg', Number((await heightOf(anvil.url)) - height), []);
      };
    },
  };
}

async function startHardhatNode(): Promise<TestNode> {
  const shop = workshop();
  const { processes, workDir } = shop;
  const [port = 0] = await freePorts(1);
  const evm = fileURLToPath(new URL('../../evm', import.meta.url));
  await processes.start({
    name: 'hardhat',
    file: process.execPath,
    args: [
      ...[join(dirname(fileURLToPath(import.meta.resolve('hardhat'))), 'cli.js'), 'node'],
      ...['--config', join(evm, 'hardhat.config.ts'), '--network', 'local'],
      ...['--hostname', '127.0.0.1', '--port', String(port)],
    ],
    cwd: evm,
    logFile: join(workDir, 'hardhat.log'),
    readyLine: (line) => (line.includes('Started HTTP') ? line : undefined),
  }).ready;
  const url = `http://127.0.0.1:${String(port)}`;
  const call = caller(url);
  await call('evm_setAutomine', false);
  let branches = 0xbeef;
  return {
    kind: 'hardhat',
    url,
    rpc: call,
    stop: () => shop.stop(),
    mine: async (blocks = 1) => {
      await call('hardhat_mine', `0x${blocks.toString(16)}`);
    },
    mark: async () => {
      const snapshot = await call('evm_snapshot');
      return async () => {
        await call('evm_revert', snapshot);
        await call('evm_setAutomine', false);
        // Without another sealer the same blocks would come again, hash for hash.
        branches += 1;
        await call('hardhat_setCoinbase', `0x${branches.toString(16).padStart(40, '0')}`);
      };
    },
  };
}

async function startGethNode(): Promise<TestNode> {
  const shop = workshop();
  const { processes, workDir } = shop;
  const start = (port = 0) => startGeth({ processes, workDir, chainId: CHAIN_ID, port });
  let geth = await start().catch(async (error: unknown) => {
    await shop.stop();
    throw error;
  });
  const { url } = geth;
  const call = caller(url);
  return {
    kind: 'geth',
    url,
    rpc: call,
    stop: () => shop.stop(),
    mine: async (blocks = 1) => {
      const until = (await heightOf(url)) + BigInt(blocks);
      for (;;) {
        const { pending } = (await call('txpool_status')) as { pending: string };
        if ((await heightOf(url)) >= until && BigInt(pending) === 0n) return;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    mark: async () => {
      const height = await heightOf(url);
      return async () => {
        await call('debug_setHead', `0x${height.toString(16)}`);
      };
    },
    restart: async () => {
      await geth.stop();
      geth = await start(Number(new URL(url).port));
    },
  };
}

function workshop(): {
  readonly processes: ProcessGroup;
  readonly workDir: string;
  stop(): Promise<void>;
} {
  const workDir = mkdtempSync(join(tmpdir(), 'midlock-endpoint-'));
  const processes = createProcessGroup();
  return {
    processes,
    workDir,
    async stop() {
      await processes.stopAll();
      rmSync(workDir, { recursive: true, force: true });
    },
  };
}

function caller(url: string): Anvil['rpc'] {
  return (method, ...params) => rpc(url, method, params);
}

/** The number of a node's newest block. */
export async function heightOf(url: string): Promise<bigint> {
  return BigInt(String(await rpc(url, 'eth_blockNumber', [])));
}
