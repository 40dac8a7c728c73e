import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NetworkError } from '../network-error.ts';
import type { ProcessGroup, RunningProcess } from '../processes.ts';

/** An orderer or a peer that runs as a process of its own. */
export interface FabricNode {
  readonly name: string;
  readonly pid: number;
  /** Rejects with PROCESS_FAILED when the process ends without having been told to; never resolves. */
  readonly failure: Promise<never>;
  /** Ends the process: SIGTERM, later SIGKILL. Its ledger stays. */
  stop(): Promise<void>;
  /** SIGKILL: for crash tests. Resolves when the process is gone. */
  kill(): Promise<void>;
  /** Starts it again after `stop` or `kill`. It needs a moment until it answers. */
  start(): void;
}

export interface FabricNodeOptions {
  readonly processes: ProcessGroup;
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly configDir: string;
  readonly configFile: 'core.yaml' | 'orderer.yaml';
  readonly configuration: object;
  readonly logFile: string;
  readonly logLevel: string;
}

/** Writes the node's configuration and starts it. Does not wait until it answers. */
export async function startFabricNode(options: FabricNodeOptions): Promise<FabricNode> {
  await mkdir(options.configDir, { recursive: true });
  const text = JSON.stringify(options.configuration, undefined, 1);
  await writeFile(join(options.configDir, options.configFile), text);
  let expected = false;
  let current: RunningProcess;
  let fail: (error: NetworkError) => void;
  const failure = new Promise<never>((_, reject) => (fail = reject));
  failure.catch(() => undefined);
  const start = (): RunningProcess => {
    expected = false;
    const process = options.processes.start({
      name: options.name,
      // A clean environment: CORE_ and ORDERER_ variables of the operator's shell would change the node.
      file: 'env',
      args: ['-i', ...environment(options), options.file, ...options.args],
      logFile: options.logFile,
    });
    void process.exited.then(({ code, signal }) => {
      if (expected || current !== process) return;
      fail(
        new NetworkError('PROCESS_FAILED', `${options.name} ended: ${lastWords(options.logFile)}`, {
          status: code ?? signal ?? 'unknown',
          log: options.logFile,
        }),
      );
    });
    return process;
  };
  current = start();
  return {
    name: options.name,
    get pid() {
      return current.pid;
    },
    failure,
    async stop() {
      expected = true;
      await current.stop();
    },
    async kill() {
      expected = true;
      current.kill();
      await current.exited;
    },
    start() {
      current = start();
    },
  };
}

function environment({ configDir, logLevel }: FabricNodeOptions): string[] {
  const path = process.env['PATH'] ?? '/usr/bin:/bin';
  return [`PATH=${path}`, `FABRIC_CFG_PATH=${configDir}`, `FABRIC_LOGGING_SPEC=${logLevel}`];
}

/** The last line of a log that looks like a reason. */
function lastWords(logFile: string): string {
  const lines = tryRead(logFile).trim().split('\n');
  const reason = lines.findLast((line) => /panic|fatal|error|fail/i.test(line)) ?? lines.at(-1);
  // Fabric colours its log.
  return (reason ?? '').replace(/\u001b\[[0-9;]*m/g, '').slice(-300);
}

function tryRead(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
