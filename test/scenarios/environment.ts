import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createProcessGroup, type ChaincodeCommand, type ProcessGroup } from '@midlock/network';
import type { Hex32 } from '@midlock/protocol';
import {
  DEVELOPMENT_ORGANIZATIONS,
  DEVELOPMENT_POLICY,
  startDevelopmentNetworks,
  type DevelopmentNetworks,
} from '../../cli/src/networks/development.ts';
import type { EthereumKind, FabricKind } from '../../cli/src/networks/kinds.ts';
import { startFaultProxy, type FaultProxy } from '../proxy/fault-proxy.ts';
import { createFabricFaults, type FabricFaults } from './fabric-faults.ts';
import { rpc } from './rpc.ts';

/** A kind of Fabric times a kind of Ethereum, on which every scenario runs. */
export interface EnvironmentKind {
  readonly fabric: FabricKind;
  readonly ethereum: EthereumKind;
  /** `any-two` of three organisations, or two organisations that `both` must endorse and so can veto. Default `any-two`. */
  readonly endorsement?: 'any-two' | 'both';
  /** False: peers of a native Fabric without the Gateway service, reached by the legacy client. Default true. */
  readonly gateway?: boolean;
  /** Default: Midlock's chaincode, whose clock and will the stories bend. */
  readonly chaincode?: ChaincodeCommand;
}

/** Running networks and every way to break them. */
export interface Environment {
  readonly kind: EnvironmentKind;
  /** e.g. `devnode 3.x with anvil 1.7.1`. */
  readonly title: string;
  readonly processes: ProcessGroup;
  readonly workDir: string;
  /** Its Ethereum URL is the proxy's. */
  readonly networks: DevelopmentNetworks;
  /** Between everybody and the Ethereum node. */
  readonly proxy: FaultProxy;
  readonly fabric: FabricFaults;
  /** Throws the last blocks away; another branch grows at their place without their transactions. */
  reorg(depth: number): Promise<void>;
  /** The chaincode of an organisation lives so many milliseconds in the future. */
  skewClock(mspId: string, ms: number): void;
  /** From now on an organisation refuses to endorse a call about a swap. */
  refuse(mspId: string, transaction: string, swapId: Hex32): void;
  /** Whether an organisation's chaincode looks at stamps; it does until told otherwise. */
  guardStamps(mspId: string, guarded: boolean): void;
  /** Calls that an organisation refused and still saw: the function and its arguments. */
  refused(mspId: string): readonly (readonly string[])[];
  stop(): Promise<void>;
}

const require = createRequire(import.meta.url);

/** Starts networks of a kind behind the fault proxy. Throws NetworkError when a tool lacks. */
export async function startEnvironment(
  kind: EnvironmentKind,
  workDir: string,
): Promise<Environment> {
  const processes = createProcessGroup();
  const controls = join(workDir, 'controls');
  mkdirSync(controls, { recursive: true });
  const two = kind.endorsement === 'both';
  try {
    const networks = await startDevelopmentNetworks({
      processes,
      workDir: join(workDir, 'networks'),
      ...kind,
      organizations: two ? DEVELOPMENT_ORGANIZATIONS.slice(0, 2) : DEVELOPMENT_ORGANIZATIONS,
      endorsementPolicy: two ? "AND('Org1MSP.peer', 'Org2MSP.peer')" : DEVELOPMENT_POLICY,
      endorsements: 2,
      chaincode: kind.chaincode ?? unrulyChaincode(controls),
    });
    return await assemble(kind, workDir, controls, processes, networks);
  } catch (error) {
    await processes.stopAll();
    throw error;
  }
}

async function assemble(
  kind: EnvironmentKind,
  workDir: string,
  controls: string,
  processes: ProcessGroup,
  networks: DevelopmentNetworks,
): Promise<Environment> {
  const { fabric, ethereum } = networks.description;
  const nodeUrl = ethereum.url;
  const proxy = await startFaultProxy(nodeUrl);
  const refusalsOf = (mspId: string): string => join(controls, `refusals-${mspId}`);
  return {
    kind,
    title: `${fabric.kind} ${fabric.version} with ${ethereum.kind} ${ethereum.version}`,
    processes,
    workDir,
    networks: {
      ...networks,
      description: { ...networks.description, ethereum: { ...ethereum, url: proxy.url } },
    },
    proxy,
    fabric: createFabricFaults(networks),
    async reorg(depth) {
      if (ethereum.kind === 'anvil') {
        await rpc(nodeUrl, 'anvil_reorg', [depth, []]);
        return;
      }
      const head = BigInt(String(await rpc(nodeUrl, 'eth_blockNumber', [])));
      await rpc(nodeUrl, 'debug_setHead', [`0x${(head - BigInt(depth)).toString(16)}`]);
    },
    skewClock: (mspId, ms) => {
      writeFileSync(join(controls, `clock-${mspId}`), String(ms));
    },
    refuse: (mspId, transaction, swapId) => {
      writeFileSync(refusalsOf(mspId), `${transaction} ${swapId}\n`, { flag: 'a' });
    },
    guardStamps: (mspId, guarded) => {
      const mark = `${refusalsOf(mspId)}.unguarded`;
      if (guarded) rmSync(mark, { force: true });
      else writeFileSync(mark, '');
    },
    refused: (mspId) => linesOf(`${refusalsOf(mspId)}.seen`),
    async stop() {
      await proxy.stop();
      await processes.stopAll();
    },
  };
}

function linesOf(file: string): readonly (readonly string[])[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as readonly string[]);
}

/** Midlock's chaincode with a clock and a will that tests can bend; each organisation has files of its own. */
function unrulyChaincode(controls: string): ChaincodeCommand {
  const script =
    'MIDLOCK_CLOCK_FILE="$1/clock-$CORE_PEER_LOCALMSPID" ' +
    'MIDLOCK_REFUSALS_FILE="$1/refusals-$CORE_PEER_LOCALMSPID" exec "$2" --conditions=source --disable-warning=ExperimentalWarning --require "$3" "$4"';
  return {
    file: 'sh',
    args: [
      ...['-c', script, 'sh', controls, process.execPath],
      fileURLToPath(new URL('unruly-organization.cjs', import.meta.url)),
      require.resolve('@midlock/chaincode/test-server'),
    ],
  };
}
