import { common, peer } from '@hyperledger/fabric-protos';
import type { Collection, Definition } from '../ledger/definition.ts';
import type { StateDb } from '../ledger/state-db.ts';
import { policyFromBytes, policyToBytes, type SignaturePolicy } from '../msp/index.ts';

const { StateData, StateMetadata, ChaincodeEndorsementInfo, ChaincodeValidationInfo } =
  peer.lifecycle;

/** The namespace in which a channel keeps its chaincode definitions. */
export const LIFECYCLE = '_lifecycle';
/** Version under which peers endorse for their system chaincodes. */
export const SYSTEM_VERSION = 'syscc';

const FIELDS = ['Sequence', 'EndorsementInfo', 'ValidationInfo', 'Collections'] as const;
type Field = (typeof FIELDS)[number];
const SEQUENCE_KEY = /^namespaces\/fields\/(.+)\/Sequence$/;

/** What a definition writes to the channel's state: the keys and octets that a peer writes. */
export function definitionEntries(
  definition: Definition,
): readonly (readonly [key: string, value: Uint8Array])[] {
  const { name, version, sequence, policy, collections } = definition;
  const metadata = new StateMetadata();
  metadata.setDatatype('ChaincodeDefinition');
  metadata.setFieldsList([...FIELDS]);
  const endorsement = new ChaincodeEndorsementInfo();
  endorsement.setVersion(version);
  endorsement.setEndorsementPlugin('escc');
  const validation = new ChaincodeValidationInfo();
  validation.setValidationPlugin('vscc');
  validation.setValidationParameter(applicationPolicy(policy).serializeBinary());
  const number = new StateData();
  number.setInt64(sequence);
  const values: Readonly<Record<Field, Uint8Array>> = {
    Sequence: number.serializeBinary(),
    EndorsementInfo: octets(endorsement.serializeBinary()),
    ValidationInfo: octets(validation.serializeBinary()),
    Collections: octets(collectionPackage([...collections.values()]).serializeBinary()),
  };
  return [
    [`namespaces/metadata/${name}`, metadata.serializeBinary()],
    ...FIELDS.map((field) => [fieldKey(name, field), values[field]] as const),
  ];
}

/** The key that every transaction of a chaincode reads, so that a new definition outdates what was endorsed before. */
export function sequenceKey(name: string): string {
  return fieldKey(name, 'Sequence');
}

/** The chaincode whose definition a written key completes, or undefined. */
export function definedBy(key: string): string | undefined {
  return SEQUENCE_KEY.exec(key)?.[1];
}

/** A definition as {@link definitionEntries} wrote it. Throws on anything else. */
export function readDefinition(state: StateDb, name: string): Definition {
  const field = (of: Field) =>
    StateData.deserializeBinary(
      state.get(LIFECYCLE, fieldKey(name, of))?.value ?? new Uint8Array(),
    );
  const validation = ChaincodeValidationInfo.deserializeBinary(
    field('ValidationInfo').getBytes_asU8(),
  );
  const collections = peer.CollectionConfigPackage.deserializeBinary(
    field('Collections').getBytes_asU8(),
  );
  return {
    name,
    version: ChaincodeEndorsementInfo.deserializeBinary(
      field('EndorsementInfo').getBytes_asU8(),
    ).getVersion(),
    sequence: field('Sequence').getInt64(),
    policy: readPolicy(
      peer.ApplicationPolicy.deserializeBinary(validation.getValidationParameter_asU8()),
    ),
    collections: new Map(
      collections.getConfigList().map((config) => {
        const collection = readCollection(config);
        return [collection.name, collection];
      }),
    ),
  };
}

function fieldKey(name: string, field: Field): string {
  return `namespaces/fields/${name}/${field}`;
}

function octets(bytes: Uint8Array): Uint8Array {
  const data = new StateData();
  data.setBytes(bytes);
  return data.serializeBinary();
}

function applicationPolicy(policy: SignaturePolicy): peer.ApplicationPolicy {
  const application = new peer.ApplicationPolicy();
  application.setSignaturePolicy(
    common.SignaturePolicyEnvelope.deserializeBinary(policyToBytes(policy)),
  );
  return application;
}

function readPolicy(policy: peer.ApplicationPolicy | undefined): SignaturePolicy {
  return policyFromBytes(policy?.getSignaturePolicy()?.serializeBinary() ?? new Uint8Array());
}

function collectionPackage(collections: readonly Collection[]): peer.CollectionConfigPackage {
  const configs = collections.map((collection) => {
    const members = new peer.CollectionPolicyConfig();
    const anyOf = [...collection.memberOrgs].map((mspId) => ({ mspId, role: 'member' as const }));
    members.setSignaturePolicy(
      applicationPolicy({
        rule: {
          kind: 'out-of',
          n: 1,
          rules: anyOf.map((_, principal) => ({ kind: 'signed-by', principal })),
        },
        principals: anyOf,
      }).getSignaturePolicy(),
    );
    const config = new peer.StaticCollectionConfig();
    config.setName(collection.name);
    config.setMemberOrgsPolicy(members);
    config.setBlockToLive(collection.blockToLive);
    config.setMemberOnlyRead(collection.memberOnlyRead);
    config.setMemberOnlyWrite(collection.memberOnlyWrite);
    if (collection.endorsementPolicy !== undefined)
      config.setEndorsementPolicy(applicationPolicy(collection.endorsementPolicy));
    const wrapper = new peer.CollectionConfig();
    wrapper.setStaticCollectionConfig(config);
    return wrapper;
  });
  const all = new peer.CollectionConfigPackage();
  all.setConfigList(configs);
  return all;
}

function readCollection(wrapper: peer.CollectionConfig): Collection {
  const config = wrapper.getStaticCollectionConfig() ?? new peer.StaticCollectionConfig();
  const members = policyFromBytes(
    config.getMemberOrgsPolicy()?.getSignaturePolicy()?.serializeBinary() ?? new Uint8Array(),
  );
  const endorsementPolicy = config.getEndorsementPolicy();
  return {
    name: config.getName(),
    memberOrgs: new Set(members.principals.map(({ mspId }) => mspId)),
    endorsementPolicy: endorsementPolicy === undefined ? undefined : readPolicy(endorsementPolicy),
    blockToLive: config.getBlockToLive(),
    memberOnlyRead: config.getMemberOnlyRead(),
    memberOnlyWrite: config.getMemberOnlyWrite(),
  };
}
