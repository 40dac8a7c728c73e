export { createDevnode, type ChaincodeDefinition, type ChaincodeEndpoint, type Devnode, type DevnodeOptions, type DevnodeOrganization } from './devnode.ts';
export { DevnodeError, type DevnodeErrorCode } from './devnode-error.ts';
