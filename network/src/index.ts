export {
  parseNetworkDescription,
  readNetworkDescription,
  type EthereumDescription,
  type FabricClient,
  type FabricDescription,
  type NetworkDescription,
  type OrdererDescription,
  type OrganizationDescription,
} from './description.ts';
export {
  startChaincode,
  type ChaincodeCommand,
  type ChaincodeProcess,
  type ChaincodeProcessOptions,
} from './embedded/chaincode-process.ts';
export {
  startEmbeddedFabric,
  type EmbeddedFabric,
  type EmbeddedFabricOptions,
} from './embedded/embedded-fabric.ts';
export { freePorts } from './embedded/free-port.ts';
export { findAnvil, startAnvil, type AnvilOptions } from './ethereum/anvil.ts';
export { DEVELOPMENT_ACCOUNTS, DEVELOPMENT_MNEMONIC } from './ethereum/development-accounts.ts';
export { findGeth, type FindGethOptions, type GethBinary } from './ethereum/geth-binary.ts';
export { startGeth, type GethOptions } from './ethereum/geth.ts';
export { type RunningEthereum } from './ethereum/running-ethereum.ts';
export type { CollectionDefinition } from '@midlock/devnode';
export { NetworkError, type NetworkErrorCode } from './network-error.ts';
export {
  createProcessGroup,
  stopReleased,
  type ProcessGroup,
  type ProcessSpec,
  type RunningProcess,
} from './processes.ts';
export { settleAll } from './settle-all.ts';
export { packageChaincode, type ChaincodeTls } from './lifecycle/chaincode-package.ts';
export { probeChaincode, type ChaincodeProbe } from './lifecycle/probe-chaincode.ts';
export {
  defaultPolicy,
  policyEndorsements,
  policyText,
  type ChaincodeDefinition,
} from './lifecycle/definition.ts';
export { deployDescribed, type DeployDescribedOptions } from './lifecycle/deploy-described.ts';
export { type LifecycleReport } from './lifecycle/deploy-chaincode.ts';
export { majorityOf, type DefinitionChange, type LifecycleStep } from './lifecycle/plan.ts';
export {
  findFabricBinaries,
  type FabricBinaries,
  type FindBinariesOptions,
} from './native/binaries.ts';
export { inspectPeer, type PeerInspection } from './lifecycle/inspect-peer.ts';
export { type FabricNode } from './native/fabric-node.ts';
export { type Consensus } from './native/layout.ts';
export { type NativeOrganization } from './native/network-folder.ts';
export {
  startNativeFabric,
  type NativeChaincode,
  type NativeFabric,
  type NativeFabricOptions,
} from './native/start-native-fabric.ts';
