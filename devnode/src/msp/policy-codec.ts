import { common, msp } from '@hyperledger/fabric-protos';
import { MspError } from './msp-error.ts';
import type { PolicyRule, Principal, SignaturePolicy } from './types.ts';
import { boundProtobufReads } from '../protobuf-bounds.ts';

boundProtobufReads();

const { MSPPrincipal, MSPRole } = msp;
type RoleNumber = Parameters<InstanceType<typeof MSPRole>['setRole']>[0];

/** MSPRole.MSPRoleType by number. */
const ROLES: readonly Principal['role'][] = ['member', 'admin', 'client', 'peer', 'orderer'];
const MAX_DEPTH = 64;

/** Encodes a policy as the octets of a `common.SignaturePolicyEnvelope`. */
export function policyToBytes(policy: SignaturePolicy): Uint8Array {
  const envelope = new common.SignaturePolicyEnvelope();
  envelope.setRule(encodeRule(policy.rule));
  envelope.setIdentitiesList(policy.principals.map(encodePrincipal));
  return envelope.serializeBinary();
}

/**
 * Decodes a `common.SignaturePolicyEnvelope` of version 0 whose principals are roles. Throws MspError
 * MALFORMED_POLICY for octets that are none, UNSUPPORTED_POLICY for principals other than roles.
 */
export function policyFromBytes(bytes: Uint8Array): SignaturePolicy {
  const envelope = decode('SignaturePolicyEnvelope', () =>
    common.SignaturePolicyEnvelope.deserializeBinary(bytes),
  );
  const version = envelope.getVersion();
  if (version !== 0) {
    throw new MspError(
      'MALFORMED_POLICY',
      `This evaluator only understands messages of version 0, but version was ${version}`,
    );
  }
  const principals = envelope.getIdentitiesList().map(decodePrincipal);
  return { rule: decodeRule(envelope.getRule(), principals.length, 0), principals };
}

function encodeRule(rule: PolicyRule): common.SignaturePolicy {
  const message = new common.SignaturePolicy();
  if (rule.kind === 'signed-by') {
    message.setSignedBy(rule.principal);
  } else {
    const gate = new common.SignaturePolicy.NOutOf();
    gate.setN(rule.n);
    gate.setRulesList(rule.rules.map(encodeRule));
    message.setNOutOf(gate);
  }
  return message;
}

function encodePrincipal(principal: Principal): msp.MSPPrincipal {
  const role = new MSPRole();
  role.setMspIdentifier(principal.mspId);
  role.setRole(ROLES.indexOf(principal.role) as RoleNumber);
  const message = new MSPPrincipal();
  message.setPrincipalClassification(MSPPrincipal.Classification.ROLE);
  message.setPrincipal(role.serializeBinary());
  return message;
}

function decodeRule(
  message: common.SignaturePolicy | undefined,
  principals: number,
  depth: number,
): PolicyRule {
  if (depth > MAX_DEPTH) throw new MspError('MALFORMED_POLICY', 'policy is nested too deep');
  const { TypeCase } = common.SignaturePolicy;
  const type = message?.getTypeCase();
  if (message !== undefined && type === TypeCase.SIGNED_BY) {
    const principal = message.getSignedBy();
    if (principal >= 0 && principal < principals) return { kind: 'signed-by', principal };
    throw new MspError(
      'MALFORMED_POLICY',
      `identity index out of range, requested ${principal}, but identities length is ${principals}`,
    );
  }
  const gate = type === TypeCase.N_OUT_OF ? message?.getNOutOf() : undefined;
  if (gate === undefined) throw new MspError('MALFORMED_POLICY', 'Empty policy element');
  const rules = gate.getRulesList().map((rule) => decodeRule(rule, principals, depth + 1));
  return { kind: 'out-of', n: gate.getN(), rules };
}

function decodePrincipal(message: msp.MSPPrincipal): Principal {
  const classification = message.getPrincipalClassification();
  if (classification !== MSPPrincipal.Classification.ROLE) {
    throw new MspError(
      'UNSUPPORTED_POLICY',
      `devnode: not supported: principal classification ${classification}`,
    );
  }
  const role = decode('MSPRole', () => MSPRole.deserializeBinary(message.getPrincipal_asU8()));
  const name = ROLES[role.getRole()];
  if (name === undefined) {
    throw new MspError('MALFORMED_POLICY', `invalid MSP role type ${role.getRole()}`);
  }
  return { mspId: role.getMspIdentifier(), role: name };
}

function decode<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new MspError('MALFORMED_POLICY', `Error unmarshalling to ${what}`, { cause });
  }
}
