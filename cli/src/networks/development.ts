import { createRequire } from 'node:module';
import {
  settleAll,
  startAnvil,
  startEmbeddedFabric,
  startGeth,
  startNativeFabric,
  type ChaincodeCommand,
  type ChaincodeProcess,
  type FabricDescription,
  type FabricNode,
  type NetworkDescription,
  type ProcessGroup,
} from '@midlock/network';
import { DEVELOPMENT, type Address, type Hex32, type SwapProfile } from '@midlock/protocol';
import { deployFabric } from './deploy-fabric.ts';
import { deployDevelopment, developmentWallet } from './deploy-ethereum.ts';
import { requireTools, type EthereumKind, type FabricKind } from './kinds.ts';

/** Org1 and Org2 are the parties' organisations, Org3 is neutral; any two endorse. */
export const DEVELOPMENT_ORGANIZATIONS = ['Org1', 'Org2', 'Org3'].map((name) => ({
  mspId: `${name}MSP`,
  domain: `${name.toLowerCase()}.example.com`,
  users: ['User1'],
}));
export const DEVELOPMENT_POLICY = "OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')";
export const TOKEN_SYMBOL = 'DEUR';

export interface DevelopmentNetworks {
  readonly description: NetworkDescription;
  readonly networkId: Hex32;
  readonly escrow: Address;
  readonly token: Address;
  readonly chaincodes: Readonly<Record<string, ChaincodeProcess>>;
  /** Peers by MSP id and orderers (`orderer0`..) of a native Fabric; none of devnode, which is one process. */
  readonly nodes: Readonly<Record<string, FabricNode>>;
}

export interface DevelopmentOptions {
  readonly processes: ProcessGroup;
  readonly workDir: string;
  readonly profile?: SwapProfile;
  /** Default devnode. */
  readonly fabric?: FabricKind;
  /** Default anvil. */
  readonly ethereum?: EthereumKind;
  /** False for native peers without the Gateway service, which everybody then reaches by the legacy client. */
  readonly gateway?: boolean;
  /** Default {@link DEVELOPMENT_ORGANIZATIONS} and {@link DEVELOPMENT_POLICY}. */
  readonly organizations?: typeof DEVELOPMENT_ORGANIZATIONS;
  readonly endorsementPolicy?: string;
  /** How many endorsements that policy asks for; default f + 1 of 2f + 1 organisations. */
  readonly endorsements?: number;
  /** How each organisation's chaincode process is started; default Midlock's server. */
  readonly chaincode?: ChaincodeCommand;
  /** Ethereum accounts that get a million tokens each; default development accounts 1 and 2, two parties. */
  readonly tokenHolders?: readonly Address[];
  /** Called when a step begins. */
  readonly onStep?: (step: string) => void;
}

const TOKENS_EACH = 1_000_000n * 10n ** 18n;

/** Starts a Fabric and an Ethereum node, initialises the chaincode and deploys the contracts; some four seconds. */
export async function startDevelopmentNetworks(
  options: DevelopmentOptions,
): Promise<DevelopmentNetworks> {
  const { processes, workDir, tokenHolders = twoParties() } = options;
  const { profile = DEVELOPMENT, onStep = () => undefined } = options;
  const { ethereum: ethereumKind = 'anvil', fabric: fabricKind = 'devnode' } = options;
  await requireTools({ fabric: fabricKind, ethereum: ethereumKind }, onStep);
  onStep(`Fabric (${fabricKind}): organisations and their chaincode; Ethereum: ${ethereumKind}`);
  const startEthereum = ethereumKind === 'geth' ? startGeth : startAnvil;
  const [fabric, ethereum] = await settleAll([
    startFabric(options, fabricKind),
    startEthereum({ processes, workDir }),
  ]);
  onStep('chaincode configuration and contracts');
  const [networkId, contracts] = await Promise.all([
    deployFabric(
      fabric.description,
      profile,
      options.endorsements === undefined ? {} : { endorsements: options.endorsements },
    ),
    deployDevelopment(ethereum.url, TOKEN_SYMBOL, tokenHolders, TOKENS_EACH),
  ]);
  const { address: escrow } = contracts.escrow;
  const { address: token } = contracts.token;
  return {
    description: {
      version: 1,
      fabric: fabric.description,
      ethereum: {
        kind: ethereum.kind,
        version: ethereum.version,
        url: ethereum.url,
        chainId: ethereum.chainId,
        escrow,
        tokens: { [TOKEN_SYMBOL]: token },
      },
    },
    networkId,
    escrow,
    token,
    chaincodes: fabric.chaincodes,
    nodes: fabric.nodes,
  };
}

interface StartedFabric {
  readonly description: FabricDescription;
  readonly chaincodes: Readonly<Record<string, ChaincodeProcess>>;
  readonly nodes: Readonly<Record<string, FabricNode>>;
}

async function startFabric(options: DevelopmentOptions, kind: FabricKind): Promise<StartedFabric> {
  const { processes, workDir, organizations = DEVELOPMENT_ORGANIZATIONS } = options;
  const { endorsementPolicy = DEVELOPMENT_POLICY, chaincode = chaincodeCommand() } = options;
  const definition = { name: 'midlock', version: '1', endorsementPolicy, command: chaincode };
  const network = { processes, workDir, channel: 'midlock', organizations };
  if (kind === 'devnode') {
    const fabric = await startEmbeddedFabric({ ...network, chaincode: definition });
    return { ...fabric, nodes: {} };
  }
  const fabric = await startNativeFabric({
    ...network,
    consensus: kind === 'native-bft' ? 'bft' : 'raft',
    chaincodes: [definition],
    batchTimeoutMs: 100,
    gateway: options.gateway ?? true,
  });
  return { ...fabric, chaincodes: fabric.chaincodes[definition.name] ?? {} };
}

function chaincodeCommand(): ChaincodeCommand {
  const server = createRequire(import.meta.url).resolve('@midlock/chaincode/server');
  return {
    file: process.execPath,
    args: ['--conditions=source', '--disable-warning=ExperimentalWarning', server],
  };
}

function twoParties(): readonly Address[] {
  return [1, 2].map((index) => developmentWallet(index).address.toLowerCase() as Address);
}
