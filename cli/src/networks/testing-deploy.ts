import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import {
  freePorts,
  startChaincode,
  type ChaincodeCommand,
  type ChaincodeProcess,
  type FabricDescription,
  type ProcessGroup,
} from '@midlock/network';
import { DEVELOPMENT, type Hex32 } from '@midlock/protocol';
import { deployChaincode, type DeployFabricOptions } from '../commands/deploy-fabric.ts';

export const MSP_IDS = ['Org1MSP', 'Org2MSP', 'Org3MSP'] as const;

/** What `midlock deploy fabric --json` prints. */
export interface Deployed {
  readonly version: string;
  readonly sequence: number;
  readonly policy: string;
  readonly changes: readonly string[];
  readonly committed: boolean;
  readonly approvals: Readonly<Record<string, boolean>>;
  readonly packageIds: Readonly<Record<string, string>>;
  readonly done?: readonly { readonly kind: string }[];
  readonly wouldDo?: readonly { readonly kind: string }[];
  readonly waitingFor: readonly string[];
  readonly networkId?: Hex32;
}

/** For tests: chaincode servers of three organisations under a clock that can be moved, and the command's own function. */
export interface DeployBench {
  /** How a server is started; it takes its clock from the file. */
  readonly command: ChaincodeCommand;
  readonly moveClocks: (offsetMs: number) => void;
  /** Starts one server per organisation under the ids that a dry run said, on three of the ports. */
  readonly startServers: (
    packageIds: Readonly<Record<string, string>>,
    from: number,
  ) => Promise<readonly ChaincodeProcess[]>;
  /** `--address` for three of the ports. */
  readonly at: (from: number) => readonly string[];
  /** Runs the command on a network; `lines` gets its progress. */
  deploy(
    fabric: FabricDescription,
    options: Omit<DeployFabricOptions, 'network'>,
  ): Promise<Deployed>;
  readonly lines: string[];
}

export async function createDeployBench(
  processes: ProcessGroup,
  dir: string,
  portCount: number,
): Promise<DeployBench> {
  const clockFile = join(dir, 'clock');
  const moveClocks = (offsetMs: number): void => {
    writeFileSync(clockFile, String(offsetMs));
  };
  moveClocks(0);
  const server = createRequire(import.meta.url).resolve('@midlock/chaincode/test-server');
  const command = {
    file: process.execPath,
    args: ['--conditions=source', '--disable-warning=ExperimentalWarning', server],
    env: { MIDLOCK_CLOCK_FILE: clockFile },
  };
  const ports = await freePorts(portCount);
  const lines: string[] = [];
  return {
    command,
    moveClocks,
    lines,
    at: (from) =>
      MSP_IDS.map((mspId, index) => `${mspId}=127.0.0.1:${String(ports[from + index])}`),
    startServers: (packageIds, from) =>
      Promise.all(
        MSP_IDS.map((mspId, index) => {
          const port = ports[from + index] ?? 0;
          const packageId = packageIds[mspId] ?? '';
          const logFile = join(dir, `${mspId}-${String(port)}.log`);
          return startChaincode({ processes, command, mspId, packageId, port, logFile });
        }),
      ),
    async deploy(fabric, options) {
      lines.length = 0;
      const output = {
        json: false,
        result: () => undefined,
        progress: (line: string) => {
          lines.push(line);
        },
      };
      const all = { network: 'network.json', ...options };
      const { result } = await deployChaincode(fabric, DEVELOPMENT, all, output);
      return result as unknown as Deployed;
    },
  };
}
