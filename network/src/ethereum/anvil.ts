import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { NetworkError } from '../network-error.ts';
import type { ProcessGroup } from '../processes.ts';
import { DEVELOPMENT_MNEMONIC } from './development-accounts.ts';
import { rpcCall, type RunningEthereum } from './running-ethereum.ts';

export interface AnvilOptions {
  readonly processes: ProcessGroup;
  readonly workDir: string;
  /** 0 (default) for any free port. */
  readonly port?: number;
  readonly chainId?: number;
  readonly blockTimeSec?: number;
  /** Blocks per "epoch": `safe` lags by one epoch, `finalized` by two. */
  readonly slotsInAnEpoch?: number;
}

/**
 * Starts anvil with one-second blocks and moving `safe` and `finalized` tags.
 * @throws {NetworkError} TOOL_MISSING, PORT_IN_USE, START_TIMED_OUT, PROCESS_FAILED.
 */
export async function startAnvil({
  processes,
  workDir,
  port = 0,
  chainId = 31_337,
  blockTimeSec = 1,
  slotsInAnEpoch = 1,
}: AnvilOptions): Promise<RunningEthereum> {
  const logFile = join(workDir, 'anvil.log');
  const process = processes.start({
    name: 'anvil',
    file: anvilBinary(),
    args: [
      ...['--host', '127.0.0.1', '--port', String(port), '--chain-id', String(chainId)],
      ...['--block-time', String(blockTimeSec), '--slots-in-an-epoch', String(slotsInAnEpoch)],
      ...[
        '--hardfork',
        'osaka',
        '--enable-tx-gas-limit',
        '--accounts',
        '20',
        '--mnemonic',
        DEVELOPMENT_MNEMONIC,
      ],
    ],
    logFile,
    readyLine: (line) => /Listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1],
    readyTimeoutMs: 15_000,
  });
  const address = await process.ready.catch((error: unknown) => {
    throw port === 0
      ? error
      : new NetworkError('PORT_IN_USE', 'anvil could not listen.', { port, log: logFile });
  });
  const url = `http://${String(address)}`;
  const version = String(await rpcCall(url, 'web3_clientVersion')).replace(/^anvil\//, '');
  return { kind: 'anvil', version, url, chainId, pid: process.pid, stop: () => process.stop() };
}

/**
 * Runs anvil for its version. Returns `<version> (<path>)`.
 * @throws {NetworkError} TOOL_MISSING when there is none or it does not run.
 */
export async function findAnvil(): Promise<string> {
  const file = anvilBinary();
  try {
    const { stdout } = await promisify(execFile)(file, ['--version'], { timeout: 10_000 });
    return `${/Version: (\S+)/.exec(stdout)?.[1] ?? stdout.trim().slice(0, 40)} (${file})`;
  } catch (error) {
    const reason = error instanceof Error ? error.message.slice(0, 120) : String(error);
    throw new NetworkError('TOOL_MISSING', 'anvil does not run.', { file, reason });
  }
}

/** Anvil from its npm leaf package, else from PATH (ANVIL_BIN overrides both). */
function anvilBinary(): string {
  const override = process.env['ANVIL_BIN'];
  if (override !== undefined) return override;
  try {
    const leaf = join(
      dirname(createRequire(import.meta.url).resolve('@foundry-rs/anvil-linux-amd64/package.json')),
      'bin/anvil',
    );
    if (existsSync(leaf)) return leaf;
  } catch {
    // Another platform: npm leaves the package out.
  }
  return 'anvil';
}
