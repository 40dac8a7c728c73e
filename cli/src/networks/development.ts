import { createRequire } from 'node:module';
import {
  startAnvil,
  startEmbeddedFabric,
  type ChaincodeProcess,
  type NetworkDescription,
  type ProcessGroup,
} from '@midlock/network';
import { DEVELOPMENT, type Address, type Hex32, type SwapProfile } from '@midlock/protocol';
import { deployFabric } from './deploy-fabric.ts';
import { deployDevelopment } from './deploy-ethereum.ts';

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
}

export interface DevelopmentOptions {
  readonly processes: ProcessGroup;
  readonly workDir: string;
  readonly profile?: SwapProfile;
  /** Ethereum accounts that get a million tokens each. */
  readonly tokenHolders: readonly Address[];
  /** Called when a step begins. */
  readonly onStep?: (step: string) => void;
}

const TOKENS_EACH = 1_000_000n * 10n ** 18n;

/** Starts an embedded Fabric and anvil, initialises the chaincode and deploys the contracts; some four seconds. */
export async function startDevelopmentNetworks(
  options: DevelopmentOptions,
): Promise<DevelopmentNetworks> {
  const {
    processes,
    workDir,
    profile = DEVELOPMENT,
    tokenHolders,
    onStep = () => undefined,
  } = options;
  onStep('Fabric: three organisations and their chaincode; Ethereum: anvil');
  const [fabric, ethereum] = await Promise.all([
    startEmbeddedFabric({
      processes,
      workDir,
      channel: 'midlock',
      organizations: DEVELOPMENT_ORGANIZATIONS,
      chaincode: {
        name: 'midlock',
        version: '1',
        endorsementPolicy: DEVELOPMENT_POLICY,
        command: chaincodeCommand(),
      },
    }),
    startAnvil({ processes, workDir }),
  ]);
  onStep('chaincode configuration and contracts');
  const [networkId, contracts] = await Promise.all([
    deployFabric(fabric.description, profile),
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
  };
}

function chaincodeCommand() {
  const server = createRequire(import.meta.url).resolve('@midlock/chaincode/server');
  return {
    file: process.execPath,
    args: ['--conditions=source', '--disable-warning=ExperimentalWarning', server],
  };
}
