import { common } from '@hyperledger/fabric-protos';
import { parsePolicy, policyToBytes } from '../msp/index.ts';

/** Who may change an entry: by configtxgen's convention always the `Admins` of the group that holds it. */
const ADMINS = 'Admins';

/** Octets of a protobuf message. */
export interface Serializable {
  serializeBinary(): Uint8Array;
}

/** What a group of a channel's configuration holds; the octets of a policy with its type. */
export interface GroupContent {
  readonly values: Readonly<Record<string, Serializable>>;
  readonly policies: Readonly<Record<string, common.Policy>>;
  readonly groups?: Readonly<Record<string, common.ConfigGroup>>;
}

/** A group of a channel's configuration at version 0. */
export function configGroup({ values, policies, groups = {} }: GroupContent): common.ConfigGroup {
  const group = new common.ConfigGroup();
  group.setModPolicy(ADMINS);
  for (const [name, message] of Object.entries(values)) {
    const value = new common.ConfigValue();
    value.setValue(message.serializeBinary());
    value.setModPolicy(ADMINS);
    group.getValuesMap().set(name, value);
  }
  for (const [name, content] of Object.entries(policies)) {
    const policy = new common.ConfigPolicy();
    policy.setPolicy(content);
    policy.setModPolicy(ADMINS);
    group.getPoliciesMap().set(name, policy);
  }
  for (const [name, child] of Object.entries(groups)) group.getGroupsMap().set(name, child);
  return group;
}

/** `ANY Readers`, `MAJORITY Admins`: over the policies of one name in the groups below. */
export function implicitPolicy(rule: 'ANY' | 'ALL' | 'MAJORITY', subPolicy: string): common.Policy {
  const meta = new common.ImplicitMetaPolicy();
  meta.setRule(common.ImplicitMetaPolicy.Rule[rule]);
  meta.setSubPolicy(subPolicy);
  return policyOf(common.Policy.PolicyType.IMPLICIT_META, meta.serializeBinary());
}

/** One signature by any of the roles of an organisation. */
export function rolePolicy(mspId: string, roles: readonly string[]): common.Policy {
  const text = `OR(${roles.map((role) => `'${mspId}.${role}'`).join(', ')})`;
  return signaturePolicy(policyToBytes(parsePolicy(text)));
}

/** A policy in the octets of a SignaturePolicyEnvelope. */
export function signaturePolicy(envelope: Uint8Array): common.Policy {
  return policyOf(common.Policy.PolicyType.SIGNATURE, envelope);
}

function policyOf(
  type: common.Policy.PolicyTypeMap[keyof common.Policy.PolicyTypeMap],
  value: Uint8Array,
): common.Policy {
  const policy = new common.Policy();
  policy.setType(type);
  policy.setValue(value);
  return policy;
}
