export {
  createDevnode,
  type Devnode,
  type DevnodeOrganization,
  type DevnodePeer,
} from './devnode.ts';
export type {
  ChaincodeDefinition,
  ChaincodeEndpoint,
  CollectionDefinition,
  DevnodeOptions,
  OrganizationOptions,
} from './options.ts';
export type { ChaincodeInForce, DeployedChaincode } from './lifecycle/deploy.ts';
export type { Controls, PeerState } from './admin/methods.ts';
export { DevnodeError, type DevnodeErrorCode } from './devnode-error.ts';
