import { common, ledger, peer } from '@hyperledger/fabric-protos';
import { LIFECYCLE } from '../lifecycle/definition-state.ts';
import {
  evaluatePolicy,
  policyFromBytes,
  type Identity,
  type MspRegistry,
  type SignaturePolicy,
} from '../msp/index.ts';
import { transactionId, type DecodedNamespace, type DecodedTransaction } from './decode.ts';
import { hashedNamespace, type Definitions } from './definition.ts';
import { setResults } from './range-reads.ts';
import { sameVersion, VALIDATION_PARAMETER } from './simulator.ts';
import type { StateDb, Version } from './state-db.ts';

const Code = peer.TxValidationCode;

/** What checks look into. */
export interface ValidationContext {
  readonly channel: string;
  readonly state: StateDb;
  readonly registry: MspRegistry;
  readonly definitions: Definitions;
  readonly isKnown: (txId: string) => boolean;
}

/** An envelope whose headers could be read. */
export interface ReadEnvelope {
  readonly envelope: common.Envelope;
  readonly channelHeader: common.ChannelHeader;
  readonly signatureHeader: common.SignatureHeader;
}

/** What the transactions before it in its block mean to a transaction. */
export interface EarlierInBlock {
  readonly txIds: ReadonlySet<string>;
  /** Keys whose policies were changed by transactions with endorsements enough, also by such that lost a conflict; see {@link policyChanges}. */
  readonly policies: ReadonlySet<string>;
}

/** A transaction with what decides its endorsement. */
export interface ReadTransaction {
  readonly transaction: DecodedTransaction;
  readonly earlier: EarlierInBlock;
  /** Whose endorsements hold, each once. */
  readonly endorsers: readonly Identity[];
}

/** One namespace of a transaction's read-write set. */
export interface ReadNamespace extends ReadTransaction {
  readonly namespace: DecodedNamespace;
}

/** One endorsement and who is said to have given it. */
export interface ReadEndorsement {
  readonly endorsement: peer.Endorsement;
  readonly identity: Identity;
  readonly responsePayload: Uint8Array;
}

/** A condition that a transaction must fulfil, and the TxValidationCode of one that does not. */
export interface ValidationCheck<Subject> {
  readonly id: string;
  readonly code: number;
  readonly holds: (subject: Subject, context: ValidationContext) => boolean;
}

/**
 * Every condition of a valid transaction, in the order in which a peer looks: the first that fails decides. The
 * namespaces' checks run namespace by namespace. `endorsement` decides which endorsements count at all.
 */
export interface ValidationChecks {
  readonly envelope: readonly ValidationCheck<ReadEnvelope>[];
  readonly endorsement: readonly ValidationCheck<ReadEndorsement>[];
  readonly transaction: readonly ValidationCheck<ReadTransaction>[];
  readonly namespace: readonly ValidationCheck<ReadNamespace>[];
  readonly conflict: readonly ValidationCheck<ReadNamespace>[];
}

export const VALIDATION_CHECKS: ValidationChecks = {
  envelope: [
    {
      id: 'header.type',
      code: Code.UNKNOWN_TX_TYPE,
      holds: ({ channelHeader }) =>
        channelHeader.getType() === common.HeaderType.ENDORSER_TRANSACTION,
    },
    {
      id: 'header.channel',
      code: Code.TARGET_CHAIN_NOT_FOUND,
      holds: ({ channelHeader }, { channel }) => channelHeader.getChannelId() === channel,
    },
    {
      id: 'header.epoch',
      code: Code.BAD_COMMON_HEADER,
      holds: ({ channelHeader }) => channelHeader.getEpoch() === 0,
    },
    {
      id: 'header.nonce',
      code: Code.BAD_COMMON_HEADER,
      holds: ({ signatureHeader }) => signatureHeader.getNonce_asU8().length > 0,
    },
    {
      id: 'creator.signature',
      code: Code.BAD_CREATOR_SIGNATURE,
      holds: ({ envelope, signatureHeader }, { registry }) => {
        const creator = tryIdentify(registry, signatureHeader.getCreator_asU8());
        return (
          creator !== undefined &&
          registry.verifySignature(
            creator,
            envelope.getPayload_asU8(),
            envelope.getSignature_asU8(),
          )
        );
      },
    },
    {
      id: 'header.txid',
      code: Code.BAD_PROPOSAL_TXID,
      holds: ({ channelHeader, signatureHeader }) =>
        channelHeader.getTxId() === transactionId(signatureHeader),
    },
  ],
  endorsement: [
    {
      id: 'endorsement.signature',
      code: Code.ENDORSEMENT_POLICY_FAILURE,
      holds: ({ endorsement, identity, responsePayload }, { registry }) =>
        registry.verifySignature(
          identity,
          Buffer.concat([responsePayload, endorsement.getEndorser_asU8()]),
          endorsement.getSignature_asU8(),
        ),
    },
  ],
  transaction: [
    {
      id: 'proposal.hash',
      code: Code.INVALID_ENDORSER_TRANSACTION,
      holds: ({ transaction }) => transaction.proposalHashOk,
    },
    {
      id: 'txid.once-in-block',
      code: Code.DUPLICATE_TXID,
      holds: ({ transaction, earlier }) => !earlier.txIds.has(transaction.txId),
    },
    {
      id: 'txid.once-on-ledger',
      code: Code.DUPLICATE_TXID,
      holds: ({ transaction }, { isKnown }) => !isKnown(transaction.txId),
    },
    {
      id: 'chaincode.defined',
      code: Code.INVALID_CHAINCODE,
      holds: ({ transaction }, { definitions }) => definitions.has(transaction.chaincode),
    },
    {
      // Whether it is the one in force shows in the sequence that the transaction read: a new one outdates it.
      id: 'chaincode.version',
      code: Code.INVALID_CHAINCODE,
      holds: ({ transaction }) => transaction.version !== '',
    },
    {
      id: 'namespace.once',
      code: Code.ILLEGAL_WRITESET,
      holds: ({ transaction: { namespaces } }) =>
        new Set(namespaces.map(({ name }) => name)).size === namespaces.length,
    },
    {
      id: 'policy.invoked',
      code: Code.ENDORSEMENT_POLICY_FAILURE,
      holds: ({ transaction, endorsers }, { definitions }) => {
        const definition = definitions.get(transaction.chaincode);
        // Where the chaincode itself reads or writes, the namespaces' checks look at its policies.
        const touched = transaction.namespaces.some(({ name }) => name === transaction.chaincode);
        return touched || definition === undefined || evaluatePolicy(definition.policy, endorsers);
      },
    },
  ],
  namespace: [
    {
      id: 'namespace.system',
      code: Code.ILLEGAL_WRITESET,
      holds: ({ namespace, transaction }) =>
        !writes(namespace) ||
        !SYSTEM_NAMESPACES.has(namespace.name) ||
        (namespace.name === LIFECYCLE && transaction.chaincode === LIFECYCLE),
    },
    {
      id: 'namespace.defined',
      code: Code.INVALID_CHAINCODE,
      holds: ({ namespace }, { definitions }) =>
        !writes(namespace) ||
        SYSTEM_NAMESPACES.has(namespace.name) ||
        definitions.has(namespace.name),
    },
    {
      id: 'policy.settled',
      code: Code.ENDORSEMENT_POLICY_FAILURE,
      holds: ({ namespace, earlier }) =>
        earlier.policies.size === 0 ||
        !writtenKeys(namespace).some(([space, key]) =>
          earlier.policies.has(policyPlace(space, key)),
        ),
    },
    {
      id: 'policy.namespace',
      code: Code.ENDORSEMENT_POLICY_FAILURE,
      holds: ({ namespace, transaction, endorsers }, context) =>
        (namespace.name !== transaction.chaincode && !writes(namespace)) ||
        !context.definitions.has(namespace.name) ||
        requiredPolicies(namespace, context).every(
          (policy) => policy !== undefined && evaluatePolicy(policy, endorsers),
        ),
    },
  ],
  conflict: [
    {
      id: 'read.version',
      code: Code.MVCC_READ_CONFLICT,
      holds: ({ namespace: { name, set } }, { state }) =>
        set
          .getReadsList()
          .every((read) => isUnchanged(state, name, read.getKey(), read.getVersion())),
    },
    {
      id: 'range.result',
      code: Code.PHANTOM_READ_CONFLICT,
      holds: ({ namespace: { name, set } }, { state }) =>
        set.getRangeQueriesInfoList().every((range) => isSameRange(state, name, range)),
    },
    {
      id: 'private-read.version',
      code: Code.MVCC_READ_CONFLICT,
      holds: ({ namespace: { name, collections } }, { state }) =>
        collections.every((collection) =>
          collection.set
            .getHashedReadsList()
            .every((read) =>
              isUnchanged(
                state,
                hashedNamespace(name, collection.name),
                latin(read.getKeyHash_asU8()),
                read.getVersion(),
              ),
            ),
        ),
    },
  ],
};

const SYSTEM_NAMESPACES = new Set([LIFECYCLE, 'lscc', 'qscc', 'cscc']);

/** The validated identity, whose end of validity does not matter here; undefined when it is none. */
export function tryIdentify(registry: MspRegistry, serialized: Uint8Array): Identity | undefined {
  try {
    return registry.identifyIgnoringExpiry(serialized);
  } catch {
    return undefined;
  }
}

/** The keys whose policies a transaction changes, as {@link EarlierInBlock} has them. */
export function policyChanges({ namespaces }: DecodedTransaction): readonly string[] {
  return namespaces.flatMap(({ name, set, collections }) => [
    ...set.getMetadataWritesList().map((write) => policyPlace(name, write.getKey())),
    ...collections.flatMap((collection) =>
      collection.set
        .getMetadataWritesList()
        .map((write) =>
          policyPlace(hashedNamespace(name, collection.name), latin(write.getKeyHash_asU8())),
        ),
    ),
  ]);
}

function policyPlace(namespace: string, key: string): string {
  return `${namespace}\u0000${key}`;
}

/** Every key that a namespace's values or policies are written to, those of collections by their hashes. */
function writtenKeys({ name, set, collections }: DecodedNamespace): (readonly [string, string])[] {
  return [
    ...[...set.getWritesList(), ...set.getMetadataWritesList()].map(
      (write) => [name, write.getKey()] as const,
    ),
    ...collections.flatMap((collection) =>
      [...collection.set.getHashedWritesList(), ...collection.set.getMetadataWritesList()].map(
        (write) =>
          [hashedNamespace(name, collection.name), latin(write.getKeyHash_asU8())] as const,
      ),
    ),
  ];
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

function writes({ set, collections }: DecodedNamespace): boolean {
  return (
    set.getWritesList().length + set.getMetadataWritesList().length > 0 ||
    collections.some(
      (collection) =>
        collection.set.getHashedWritesList().length +
          collection.set.getMetadataWritesList().length >
        0,
    )
  );
}

/**
 * The policies that a namespace's writes need: the key's where it has one, else the collection's, else the chaincode's.
 * undefined stands for one that cannot be read, which nobody satisfies.
 */
function requiredPolicies(
  { name, set, collections }: DecodedNamespace,
  { state, definitions }: ValidationContext,
): readonly (SignaturePolicy | undefined)[] {
  const definition = definitions.get(name);
  const policies = new Map<string, SignaturePolicy | undefined>();
  const add = (
    namespace: string,
    key: string,
    otherwise: SignaturePolicy | undefined,
    otherwiseId: string,
  ) => {
    const bytes = state.get(namespace, key)?.metadata?.get(VALIDATION_PARAMETER);
    if (bytes === undefined) policies.set(otherwiseId, otherwise);
    else policies.set(latin(bytes), tryPolicy(bytes));
  };
  for (const write of [...set.getWritesList(), ...set.getMetadataWritesList()])
    add(name, write.getKey(), definition?.policy, 'chaincode');
  for (const collection of collections) {
    const known = definition?.collections.get(collection.name);
    const own = known?.endorsementPolicy ?? definition?.policy;
    for (const write of [
      ...collection.set.getHashedWritesList(),
      ...collection.set.getMetadataWritesList(),
    ]) {
      add(
        hashedNamespace(name, collection.name),
        latin(write.getKeyHash_asU8()),
        known === undefined ? undefined : own,
        `collection ${collection.name}`,
      );
    }
  }
  return policies.size === 0 ? [definition?.policy] : [...policies.values()];
}

function tryPolicy(bytes: Uint8Array): SignaturePolicy | undefined {
  try {
    return policyFromBytes(bytes);
  } catch {
    return undefined;
  }
}

function isUnchanged(
  state: StateDb,
  namespace: string,
  key: string,
  version: InstanceType<typeof ledger.rwset.kvrwset.Version> | undefined,
): boolean {
  return sameVersion(
    state.get(namespace, key)?.version,
    version === undefined ? undefined : versionOf(version),
  );
}

function versionOf(version: InstanceType<typeof ledger.rwset.kvrwset.Version>): Version {
  return { block: BigInt(version.getBlockNum()), tx: version.getTxNum() };
}

/** Runs the range again and compares what it finds; a range that was not drained includes its end key. */
function isSameRange(
  state: StateDb,
  namespace: string,
  range: InstanceType<typeof ledger.rwset.kvrwset.RangeQueryInfo>,
): boolean {
  const end = range.getItrExhausted() ? range.getEndKey() : `${range.getEndKey()}\u0000`;
  if (!range.getItrExhausted() && range.getEndKey() === '') return true;
  const again = new ledger.rwset.kvrwset.RangeQueryInfo();
  setResults(again, state.range(namespace, range.getStartKey(), end, Number.MAX_SAFE_INTEGER));
  const bytes = (info: typeof again) =>
    Buffer.from((info.getReadsMerkleHashes() ?? info.getRawReads())?.serializeBinary() ?? []);
  return bytes(again).equals(bytes(range));
}
