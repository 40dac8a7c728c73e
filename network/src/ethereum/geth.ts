import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { NetworkError } from '../network-error.ts';
import type { ProcessGroup } from '../processes.ts';
import { DEVELOPMENT_ACCOUNTS } from './development-accounts.ts';
import { findGeth } from './geth-binary.ts';
import type { RunningEthereum } from './running-ethereum.ts';

export interface GethOptions {
  readonly processes: ProcessGroup;
  /** Chain, keys and log go here. A folder that has a chain is started again as it is. */
  readonly workDir: string;
  /** Default: see {@link findGeth}. */
  readonly binary?: string;
  /** 0 (default) for any free port. */
  readonly port?: number;
  readonly chainId?: number;
  readonly blockTimeSec?: number;
}

const BALANCE_WEI = 10_000n * 10n ** 18n;
const GAS_LIMIT = 30_000_000;

/**
 * Starts `geth --dev`: one sealer, the newest rules, the development accounts funded in the genesis block. Its `safe` is
 * the head and its `finalized` the last multiple of 32 below it. The API `debug` is on, so that tests can set the head back.
 * @throws {NetworkError} TOOL_MISSING, TOOL_VERSION, PORT_IN_USE, START_TIMED_OUT, PROCESS_FAILED.
 */
export async function startGeth(options: GethOptions): Promise<RunningEthereum> {
  const { processes, workDir, port = 0, chainId = 1337, blockTimeSec = 1 } = options;
  const { file, version } = await findGeth(
    options.binary === undefined ? {} : { env: { GETH_BIN: options.binary } },
  );
  const dataDir = join(workDir, 'geth');
  if (!existsSync(join(dataDir, 'geth/chaindata'))) await writeGenesis(file, dataDir, chainId);
  const logFile = join(workDir, 'geth.log');
  const process = processes.start({
    name: 'geth',
    file,
    args: [
      ...['--datadir', dataDir, '--dev', '--dev.period', String(blockTimeSec)],
      ...['--http', '--http.addr', '127.0.0.1', '--http.port', String(port)],
      ...['--http.api', 'eth,net,web3,txpool,debug', '--authrpc.port', '0'],
      ...['--ipcdisable', '--nodiscover', '--maxpeers', '0', '--port', '0', '--verbosity', '3'],
    ],
    logFile,
    readyLine: (line) =>
      /HTTP server started\s+endpoint=(127\.0\.0\.1:\d+) auth=false/.exec(line)?.[1],
    readyTimeoutMs: 20_000,
  });
  const address = await process.ready.catch((error: unknown) => {
    throw port === 0
      ? error
      : new NetworkError('PORT_IN_USE', 'geth could not listen.', { port, log: logFile });
  });
  return {
    kind: 'geth',
    version,
    url: `http://${String(address)}`,
    chainId,
    pid: process.pid,
    stop: () => process.stop(10_000),
  };
}

/** geth's own development genesis with our chain id and the development accounts funded. */
async function writeGenesis(file: string, dataDir: string, chainId: number): Promise<void> {
  mkdirSync(dataDir, { recursive: true });
  const run = async (...args: string[]): Promise<string> =>
    (await promisify(execFile)(file, args, { encoding: 'utf8', maxBuffer: 1 << 24 })).stdout;
  try {
    const genesis = JSON.parse(await run('--dev', 'dumpgenesis')) as {
      config: Record<string, unknown>;
      alloc: Record<string, unknown>;
    };
    const balance = `0x${BALANCE_WEI.toString(16)}`;
    const funded = DEVELOPMENT_ACCOUNTS.map((account) => [account.slice(2), { balance }] as const);
    const path = join(dataDir, 'genesis.json');
    writeFileSync(
      path,
      JSON.stringify({
        ...genesis,
        config: { ...genesis.config, chainId },
        gasLimit: `0x${GAS_LIMIT.toString(16)}`,
        alloc: { ...genesis.alloc, ...Object.fromEntries<unknown>(funded) },
      }),
    );
    await run('init', '--datadir', dataDir, path);
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 300) : String(error);
    throw new NetworkError('PROCESS_FAILED', 'geth could not write its first block.', { reason });
  }
}
