import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { FabricDescription } from '../description.ts';
import { NetworkError } from '../network-error.ts';
import type { ProcessGroup } from '../processes.ts';
import { settleAll } from '../settle-all.ts';
import {
  chaincodeLog,
  startChaincode,
  type ChaincodeCommand,
  type ChaincodeProcess,
} from './chaincode-process.ts';
import { freePorts } from './free-port.ts';

export interface EmbeddedFabricOptions {
  readonly processes: ProcessGroup;
  /** Material, ledger, logs and configuration go here. */
  readonly workDir: string;
  readonly channel: string;
  readonly organizations: readonly {
    readonly mspId: string;
    readonly domain: string;
    readonly users: readonly string[];
  }[];
  readonly chaincode: {
    readonly name: string;
    readonly version: string;
    readonly endorsementPolicy: string;
    readonly command: ChaincodeCommand;
  };
  readonly batchTimeoutMs?: number;
}

/** A Fabric network in one process, with one chaincode process per organisation. */
export interface EmbeddedFabric {
  readonly description: FabricDescription;
  readonly chaincodes: Readonly<Record<string, ChaincodeProcess>>;
  stop(): Promise<void>;
}

/**
 * Starts devnode as a process of its own and each organisation's chaincode beside it.
 * @throws {NetworkError} PROCESS_FAILED, START_TIMED_OUT.
 */
export async function startEmbeddedFabric(options: EmbeddedFabricOptions): Promise<EmbeddedFabric> {
  const { processes, workDir, channel, organizations, chaincode } = options;
  const packageId = `${chaincode.name}_${chaincode.version}:embedded`;
  const ports = await freePorts(organizations.length);
  const starting = organizations.map(({ mspId }, index) =>
    startChaincode({
      processes,
      command: chaincode.command,
      mspId,
      packageId,
      port: ports[index] ?? 0,
      logFile: chaincodeLog(workDir, mspId),
    }),
  );
  const [description, ...started] = await settleAll([
    startDevnode(options, packageId, ports),
    ...starting,
  ]);
  const chaincodes = Object.fromEntries(started.map((process) => [process.mspId, process]));
  return {
    description: { ...description.fabric, kind: 'devnode', channel, chaincode: chaincode.name },
    chaincodes,
    async stop() {
      await Promise.all(started.map((process) => process.stop()));
      await description.stop();
    },
  };
}

interface ReadyLine {
  readonly ready: true;
  readonly version: string;
  readonly channel: string;
  readonly organizations: FabricDescription['organizations'];
  readonly admin: string;
}

async function startDevnode(
  {
    processes,
    workDir,
    channel,
    organizations,
    chaincode,
    batchTimeoutMs = 100,
  }: EmbeddedFabricOptions,
  packageId: string,
  ports: readonly number[],
) {
  const configFile = join(workDir, 'devnode.json');
  const endpoints = Object.fromEntries(
    organizations.map(({ mspId }, index) => [
      mspId,
      { address: `127.0.0.1:${String(ports[index])}`, packageId },
    ]),
  );
  const { name, version, endorsementPolicy } = chaincode;
  writeFileSync(
    configFile,
    JSON.stringify(
      {
        channel,
        organizations,
        chaincodes: [{ name, version, sequence: 1, endpoints, endorsementPolicy }],
        batch: { timeoutMs: batchTimeoutMs },
        materialDir: join(workDir, 'organizations'),
      },
      null,
      2,
    ),
  );
  const process = processes.start({
    name: 'devnode',
    ...devnodeCommand(configFile),
    logFile: join(workDir, 'devnode.log'),
    readyLine,
  });
  const {
    version: kindVersion,
    organizations: described,
    admin,
  } = (await process.ready) as ReadyLine;
  return {
    fabric: { version: kindVersion, organizations: described, admin },
    stop: () => process.stop(),
  };
}

function readyLine(line: string): ReadyLine | undefined {
  if (!line.startsWith('{"ready":true')) return undefined;
  return JSON.parse(line) as ReadyLine;
}

function devnodeCommand(configFile: string): {
  readonly file: string;
  readonly args: readonly string[];
} {
  try {
    const entry = createRequire(import.meta.url).resolve('@midlock/devnode/cli');
    const flags = entry.endsWith('.ts')
      ? ['--conditions=source', '--disable-warning=ExperimentalWarning']
      : [];
    return {
      file: globalThis.process.execPath,
      args: [...flags, entry, 'start', '--config', configFile],
    };
  } catch (cause) {
    throw new NetworkError('TOOL_MISSING', 'The package @midlock/devnode is not installed.', {
      cause: String(cause),
    });
  }
}
