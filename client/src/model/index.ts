export {
  createEthereumModel,
  decodeCall,
  encodeCall,
  type EthereumBlock,
  type EthereumCall,
  type EthereumFlaw,
  type EthereumModel,
  type EthereumModelOptions,
  type ModelConsent,
  type ModelLock,
} from './ethereum-model.ts';
export {
  ModelRefusal,
  createFabricModel,
  type FabricBlock,
  type FabricFlaw,
  type FabricModel,
  type FabricLimits,
  type FabricModelOptions,
  type FabricProposal,
  type FabricTransaction,
  type ModelOrganization,
} from './fabric-model.ts';
export { followModel, type ModelChain } from './follow.ts';
export { memoSwapId } from './memo.ts';
export { createManualClock, type ManualClock } from './manual-clock.ts';
export { createBell, type Bell } from './bell.ts';
export { createEthereumPort } from './ethereum-port.ts';
export { createFabricPort, type FabricPortOptions } from './fabric-port.ts';
