export {
  parseNetworkDescription,
  type EthereumDescription,
  type FabricDescription,
  type NetworkDescription,
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
export {
  DEVELOPMENT_MNEMONIC,
  startAnvil,
  type AnvilOptions,
  type RunningEthereum,
} from './ethereum/anvil.ts';
export { NetworkError, type NetworkErrorCode } from './network-error.ts';
export {
  createProcessGroup,
  stopReleased,
  type ProcessGroup,
  type ProcessSpec,
  type RunningProcess,
} from './processes.ts';
export {
  findFabricBinaries,
  type FabricBinaries,
  type FindBinariesOptions,
} from './native/binaries.ts';
export { type FabricNode } from './native/fabric-node.ts';
export { type Consensus } from './native/layout.ts';
export { type ChaincodeDefinition, type CollectionDefinition } from './native/lifecycle.ts';
export { type NativeOrganization } from './native/network-folder.ts';
export {
  startNativeFabric,
  type NativeChaincode,
  type NativeFabric,
  type NativeFabricOptions,
} from './native/start-native-fabric.ts';
