export {
  parseNetworkDescription,
  type EthereumDescription,
  type FabricDescription,
  type NetworkDescription,
  type OrganizationDescription,
} from './description.ts';
export { type ChaincodeCommand, type ChaincodeProcess } from './embedded/chaincode-process.ts';
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
  type ProcessGroup,
  type ProcessSpec,
  type RunningProcess,
} from './processes.ts';
