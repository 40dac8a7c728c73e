export {
  createEthereumModel,
  decodeCall,
  encodeCall,
  type EthereumBlock,
  type EthereumCall,
  type EthereumModel,
  type EthereumModelOptions,
} from './ethereum-model.ts';
export {
  ModelRefusal,
  createFabricModel,
  type FabricModel,
  type FabricModelOptions,
  type FabricProposal,
  type ModelOrganization,
} from './fabric-model.ts';
export { followModel, type ModelChain } from './follow.ts';
export { createManualClock, type ManualClock } from './manual-clock.ts';
export {
  createBell,
  createEthereumPort,
  createFabricPort,
  type Bell,
  type FabricPortOptions,
} from './ports.ts';
