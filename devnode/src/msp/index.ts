export { MspError, type MspErrorCode } from './msp-error.ts';
export type {
  Identity,
  KeyPair,
  MspDefinition,
  OrganizationMaterial,
  PeerMaterial,
  PolicyRule,
  Principal,
  Role,
  SignaturePolicy,
  UserMaterial,
} from './types.ts';
export {
  createOrganization,
  issueUser,
  type CreateOrganizationOptions,
  type IssueUserOptions,
} from './create-organization.ts';
export {
  locateMaterial,
  writeMaterial,
  writeUser,
  type NodePaths,
  type OrganizationNames,
  type OrganizationPaths,
  type UserPaths,
} from './write-material.ts';
export { createMspRegistry, type MspRegistry, type MspRegistryOptions } from './registry.ts';
export { serializeIdentity } from './serialize-identity.ts';
export { signMessage } from './sign-message.ts';
export { verifySignature } from './verify-signature.ts';
export { parsePolicy } from './parse-policy.ts';
export { policyText } from './policy-text.ts';
export { policyFromBytes, policyToBytes } from './policy-codec.ts';
export {
  evaluatePolicy,
  layoutsSatisfying,
  layoutsSatisfyingAll,
  majorityEndorsement,
  type EndorsementLayout,
} from './evaluate-policy.ts';
