import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { NetworkError } from '../network-error.ts';
import type { ProcessGroup, RunningProcess } from '../processes.ts';

/** How an organisation's chaincode server is started; the rest comes by Fabric's own environment variables. */
export interface ChaincodeCommand {
  readonly file: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface ChaincodeProcessOptions {
  readonly processes: ProcessGroup;
  readonly command: ChaincodeCommand;
  readonly mspId: string;
  readonly packageId: string;
  readonly port: number;
  readonly logFile: string;
}

/** One organisation's chaincode server; started again whenever it dies, until it is stopped. */
export interface ChaincodeProcess {
  readonly mspId: string;
  readonly address: string;
  /** SIGKILL; the supervisor starts the next one. For crash tests. */
  kill(): void;
  stop(): Promise<void>;
}

const RESTART_DELAY_MS = 200;
const START_TIMEOUT_MS = 20_000;

/**
 * Starts a chaincode server and keeps it running; resolves when it accepts connections.
 * @throws {NetworkError} PROCESS_FAILED when the first start ends early, START_TIMED_OUT.
 */
export async function startChaincode({
  processes,
  command,
  mspId,
  packageId,
  port,
  logFile,
}: ChaincodeProcessOptions): Promise<ChaincodeProcess> {
  const address = `127.0.0.1:${port}`;
  let stopped = false;
  const start = (): RunningProcess =>
    processes.start({
      name: `chaincode ${mspId}`,
      file: command.file,
      args: command.args,
      env: {
        ...command.env,
        CHAINCODE_SERVER_ADDRESS: address,
        CHAINCODE_ID: packageId,
        CORE_CHAINCODE_ID_NAME: packageId,
        CORE_PEER_LOCALMSPID: mspId,
      },
      logFile,
    });
  let current = start();
  const supervise = (process: RunningProcess) => {
    void process.exited.then(async () => {
      await sleep(RESTART_DELAY_MS);
      if (stopped || processes.closed) return;
      current = start();
      supervise(current);
    });
  };
  await untilListening(port, current, logFile);
  supervise(current);
  return {
    mspId,
    address,
    kill: () => {
      current.kill();
    },
    async stop() {
      stopped = true;
      await current.stop();
    },
  };
}

/** Where the log of an organisation's chaincode lies. */
export function chaincodeLog(workDir: string, mspId: string): string {
  return join(workDir, `chaincode-${mspId}.log`);
}

async function untilListening(
  port: number,
  process: RunningProcess,
  logFile: string,
): Promise<void> {
  const state = { ended: false };
  void process.exited.then(() => (state.ended = true));
  const deadline = Date.now() + START_TIMEOUT_MS;
  while (!(await isListening(port))) {
    if (state.ended)
      throw new NetworkError('PROCESS_FAILED', `${process.name} ended before it was ready.`, {
        log: logFile,
      });
    if (Date.now() > deadline)
      throw new NetworkError('START_TIMED_OUT', `${process.name} did not become ready.`, {
        log: logFile,
      });
    await sleep(25);
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
