import { common, peer } from '@hyperledger/fabric-protos';
import type { CollectionDefinition } from '@midlock/devnode';
import {
  layoutsSatisfying,
  parsePolicy,
  policyFromBytes,
  policyText as signaturePolicyText,
  policyToBytes,
} from '@midlock/devnode/msp';
import { NetworkError } from '../network-error.ts';

/** The version of a chaincode that is deployed for the first time. */
export const FIRST_VERSION = '1.0';

/** What organisations agree on about a chaincode. */
export interface ChaincodeDefinition {
  readonly name: string;
  readonly version: string;
  /** 1 for a new chaincode, one more for each change. */
  readonly sequence: number;
  /** Default: the channel's MAJORITY Endorsement. */
  readonly endorsementPolicy?: string;
  readonly collections?: readonly CollectionDefinition[];
}

/** The same as peers keep it and compare it: octets. */
export interface EncodedDefinition {
  readonly name: string;
  readonly version: string;
  readonly sequence: number;
  /** An `ApplicationPolicy`. */
  readonly policy: Uint8Array;
  /** A `CollectionConfigPackage`; empty for none. */
  readonly collections: Uint8Array;
}

/** Octets equal to those that `peer lifecycle chaincode` makes of the same definition. @throws {NetworkError} DESCRIPTION_INVALID for a policy. */
export function encodeDefinition(definition: ChaincodeDefinition): EncodedDefinition {
  const { name, version, sequence, endorsementPolicy, collections = [] } = definition;
  return {
    name,
    version,
    sequence,
    policy: encodePolicy(endorsementPolicy ?? '/Channel/Application/Endorsement'),
    collections: encodeCollections(collections),
  };
}

/** An `ApplicationPolicy`: a signature policy, or one of the channel's by its name, `/Channel/...`. @throws {NetworkError} DESCRIPTION_INVALID. */
export function encodePolicy(dsl: string): Uint8Array {
  return applicationPolicy(dsl).serializeBinary();
}

/** A `CollectionConfigPackage`; empty for none. @throws {NetworkError} DESCRIPTION_INVALID for a policy. */
export function encodeCollections(collections: readonly CollectionDefinition[]): Uint8Array {
  if (collections.length === 0) return new Uint8Array();
  const configs = new peer.CollectionConfigPackage();
  configs.setConfigList(collections.map(collectionConfig));
  return configs.serializeBinary();
}

/**
 * The policy for n organisations of which f may be hostile or down, n >= 2f + 1: any f + 1 of them endorse. Of two
 * organisations both do: either can hinder, none can rob. The same text for the same set, in whatever order it comes.
 */
export function defaultPolicy(mspIds: readonly string[]): string {
  const needed = mspIds.length === 2 ? 2 : Math.floor((mspIds.length - 1) / 2) + 1;
  const principals = [...mspIds].sort().map((mspId) => `'${mspId}.peer'`);
  return `OutOf(${needed}, ${principals.join(', ')})`;
}

/** An `ApplicationPolicy` for people: Fabric's language, or the name of the channel's policy. */
export function policyText(bytes: Uint8Array): string {
  const policy = peer.ApplicationPolicy.deserializeBinary(bytes);
  const signatures = policy.getSignaturePolicy();
  if (signatures === undefined) return policy.getChannelConfigPolicyReference();
  try {
    return signaturePolicyText(policyFromBytes(signatures.serializeBinary()));
  } catch {
    return '(a policy whose principals are not organisations)';
  }
}

/** How few organisations meet the policy; undefined for a policy of the channel's. */
export function policyEndorsements(bytes: Uint8Array): number | undefined {
  const sets = setsMeeting(bytes) ?? [];
  return sets.length === 0 ? undefined : Math.min(...sets.map(({ length }) => length));
}

/**
 * Refuses a policy that these organisations together cannot meet: peers would put it in force, and no lock could be
 * claimed or refunded any more.
 * @throws {NetworkError} DESCRIPTION_INVALID.
 */
export function requireMeetable(bytes: Uint8Array, mspIds: readonly string[]): void {
  const sets = setsMeeting(bytes);
  if (sets?.some((set) => set.every((mspId) => mspIds.includes(mspId))) === false)
    throw new NetworkError(
      'DESCRIPTION_INVALID',
      "The channel's organisations cannot meet the policy.",
      {
        policy: policyText(bytes),
        organizations: mspIds.join(', '),
      },
    );
}

/** The smallest sets of organisations whose peers meet a signature policy; undefined for a policy of the channel's. */
function setsMeeting(bytes: Uint8Array): readonly (readonly string[])[] | undefined {
  const signatures = peer.ApplicationPolicy.deserializeBinary(bytes).getSignaturePolicy();
  if (signatures === undefined) return undefined;
  try {
    const layouts = layoutsSatisfying(policyFromBytes(signatures.serializeBinary()));
    return layouts.map((layout) => [...layout.keys()]);
  } catch {
    return undefined;
  }
}

function applicationPolicy(dsl: string): peer.ApplicationPolicy {
  const policy = new peer.ApplicationPolicy();
  if (dsl.startsWith('/')) policy.setChannelConfigPolicyReference(dsl);
  else policy.setSignaturePolicy(signaturePolicy(dsl));
  return policy;
}

function signaturePolicy(dsl: string): common.SignaturePolicyEnvelope {
  try {
    return common.SignaturePolicyEnvelope.deserializeBinary(policyToBytes(parsePolicy(dsl)));
  } catch (error) {
    throw new NetworkError('DESCRIPTION_INVALID', 'The endorsement policy cannot be read.', {
      policy: dsl,
      expected: "e.g. OutOf(2, 'Org1MSP.peer', 'Org2MSP.peer', 'Org3MSP.peer')",
      reason: error instanceof Error ? error.message : String(error),
    });
  }
}

function collectionConfig(definition: CollectionDefinition): peer.CollectionConfig {
  const members = new peer.CollectionPolicyConfig();
  members.setSignaturePolicy(signaturePolicy(definition.policy));
  const config = new peer.StaticCollectionConfig();
  config.setName(definition.name);
  config.setMemberOrgsPolicy(members);
  config.setRequiredPeerCount(definition.requiredPeerCount ?? 0);
  config.setMaximumPeerCount(definition.maxPeerCount ?? 1);
  config.setBlockToLive(definition.blockToLive ?? 0);
  config.setMemberOnlyRead(definition.memberOnlyRead ?? false);
  config.setMemberOnlyWrite(definition.memberOnlyWrite ?? false);
  if (definition.endorsementPolicy !== undefined) {
    config.setEndorsementPolicy(applicationPolicy(definition.endorsementPolicy));
  }
  const wrapper = new peer.CollectionConfig();
  wrapper.setStaticCollectionConfig(config);
  return wrapper;
}
