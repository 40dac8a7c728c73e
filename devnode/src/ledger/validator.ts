import { common, ledger, peer } from '@hyperledger/fabric-protos';
import {
  evaluatePolicy,
  policyFromBytes,
  type Identity,
  type MspRegistry,
  type SignaturePolicy,
} from '../msp/index.ts';
import {
  decodeHeaders,
  decodeTransaction,
  transactionId,
  type DecodedNamespace,
  type DecodedTransaction,
} from './decode.ts';
import { hashedNamespace, type Definitions } from './definition.ts';
import { setResults } from './range-reads.ts';
import { sameVersion, VALIDATION_PARAMETER } from './simulator.ts';
import type { StateDb, Version } from './state-db.ts';

const Code = peer.TxValidationCode;

export interface Verdict {
  /** A TxValidationCode. */
  readonly code: number;
  readonly txId: string;
  readonly transaction?: DecodedTransaction;
}

export interface ValidatorOptions {
  readonly channel: string;
  readonly state: StateDb;
  readonly registry: MspRegistry;
  readonly definitions: Definitions;
  readonly isKnown: (txId: string) => boolean;
}

/** Gives each envelope the code that a committing peer gives it; the first check that fails decides. */
export class Validator {
  readonly #options: ValidatorOptions;

  constructor(options: ValidatorOptions) {
    this.#options = options;
  }

  /** `seen`: ids of the transactions before it in the block. */
  validate(envelopeBytes: Uint8Array, seen: ReadonlySet<string>): Verdict {
    const { channel, isKnown } = this.#options;
    let envelope: common.Envelope;
    let payload: common.Payload;
    let headers: ReturnType<typeof decodeHeaders>;
    try {
      envelope = common.Envelope.deserializeBinary(envelopeBytes);
      payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
      headers = decodeHeaders(payload);
    } catch {
      return { code: Code.BAD_PAYLOAD, txId: '' };
    }
    const { channelHeader, signatureHeader } = headers;
    const txId = channelHeader.getTxId();
    if (channelHeader.getType() !== common.HeaderType.ENDORSER_TRANSACTION)
      return { code: Code.UNKNOWN_TX_TYPE, txId };
    if (channelHeader.getChannelId() !== channel)
      return { code: Code.TARGET_CHAIN_NOT_FOUND, txId };
    if (channelHeader.getEpoch() !== 0 || signatureHeader.getNonce_asU8().length === 0)
      return { code: Code.BAD_COMMON_HEADER, txId };
    if (!this.#signed(signatureHeader.getCreator_asU8(), envelope))
      return { code: Code.BAD_CREATOR_SIGNATURE, txId };
    if (txId !== transactionId(signatureHeader)) return { code: Code.BAD_PROPOSAL_TXID, txId };
    let transaction: DecodedTransaction;
    try {
      transaction = decodeTransaction(payload);
    } catch {
      return { code: Code.INVALID_ENDORSER_TRANSACTION, txId };
    }
    if (!transaction.proposalHashOk) return { code: Code.INVALID_ENDORSER_TRANSACTION, txId };
    if (seen.has(txId) || isKnown(txId)) return { code: Code.DUPLICATE_TXID, txId };
    const code = this.#endorsement(transaction) ?? this.#conflicts(transaction) ?? Code.VALID;
    return { code, txId, transaction };
  }

  #signed(creator: Uint8Array, envelope: common.Envelope): boolean {
    const { registry } = this.#options;
    try {
      return registry.verifySignature(
        registry.identifyIgnoringExpiry(creator),
        envelope.getPayload_asU8(),
        envelope.getSignature_asU8(),
      );
    } catch {
      return false;
    }
  }

  #endorsement(transaction: DecodedTransaction): number | undefined {
    const { definitions } = this.#options;
    const invoked = definitions.get(transaction.chaincode);
    if (invoked?.version !== transaction.version) return Code.INVALID_CHAINCODE;
    const names = transaction.namespaces.map(({ name }) => name);
    if (new Set(names).size < names.length) return Code.ILLEGAL_WRITESET;
    const endorsers = this.#endorsers(transaction);
    const invokedSet = transaction.namespaces.some(({ name }) => name === transaction.chaincode);
    if (!invokedSet && !evaluatePolicy(invoked.policy, endorsers))
      return Code.ENDORSEMENT_POLICY_FAILURE;
    for (const namespace of transaction.namespaces) {
      if (namespace.name !== transaction.chaincode && !writes(namespace)) continue;
      if (!definitions.has(namespace.name))
        return namespace.name === '_lifecycle' || namespace.name === 'qscc'
          ? Code.ILLEGAL_WRITESET
          : Code.INVALID_CHAINCODE;
      if (
        !this.#policiesOf(namespace).every(
          (policy) => policy !== undefined && evaluatePolicy(policy, endorsers),
        )
      )
        return Code.ENDORSEMENT_POLICY_FAILURE;
    }
    return undefined;
  }

  /** The policies that a namespace's writes need; undefined stands for one that cannot be read, which nobody satisfies. */
  #policiesOf({
    name,
    set,
    collections,
  }: DecodedNamespace): readonly (SignaturePolicy | undefined)[] {
    const { state, definitions } = this.#options;
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
      else policies.set(Buffer.from(bytes).toString('latin1'), tryPolicy(bytes));
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
          Buffer.from(write.getKeyHash_asU8()).toString('latin1'),
          known === undefined ? undefined : own,
          `collection ${collection.name}`,
        );
      }
    }
    return policies.size === 0 ? [definition?.policy] : [...policies.values()];
  }

  #endorsers({ endorsements, responsePayload }: DecodedTransaction): Identity[] {
    const { registry } = this.#options;
    const identities = new Map<string, Identity>();
    for (const endorsement of endorsements) {
      try {
        const endorser = endorsement.getEndorser_asU8();
        const identity = registry.identifyIgnoringExpiry(endorser);
        if (
          registry.verifySignature(
            identity,
            Buffer.concat([responsePayload, endorser]),
            endorsement.getSignature_asU8(),
          )
        )
          identities.set(identity.id, identity);
      } catch {
        // An endorser that cannot be identified counts for nothing.
      }
    }
    return [...identities.values()];
  }

  #conflicts({ namespaces }: DecodedTransaction): number | undefined {
    const { state } = this.#options;
    const unchanged = (
      namespace: string,
      key: string,
      version: InstanceType<typeof ledger.rwset.kvrwset.Version> | undefined,
    ) =>
      sameVersion(
        state.get(namespace, key)?.version,
        version === undefined ? undefined : versionOf(version),
      );
    for (const { name, set, collections } of namespaces) {
      for (const read of set.getReadsList())
        if (!unchanged(name, read.getKey(), read.getVersion())) return Code.MVCC_READ_CONFLICT;
      for (const range of set.getRangeQueriesInfoList())
        if (!this.#sameRange(name, range)) return Code.PHANTOM_READ_CONFLICT;
      for (const collection of collections) {
        for (const read of collection.set.getHashedReadsList()) {
          const key = Buffer.from(read.getKeyHash_asU8()).toString('latin1');
          if (!unchanged(hashedNamespace(name, collection.name), key, read.getVersion()))
            return Code.MVCC_READ_CONFLICT;
        }
      }
    }
    return undefined;
  }

  /** Runs the range again and compares what it finds; a range that was not drained includes its end key. */
  #sameRange(
    namespace: string,
    range: InstanceType<typeof ledger.rwset.kvrwset.RangeQueryInfo>,
  ): boolean {
    const end = range.getItrExhausted() ? range.getEndKey() : `${range.getEndKey()}\u0000`;
    if (!range.getItrExhausted() && range.getEndKey() === '') return true;
    const again = new ledger.rwset.kvrwset.RangeQueryInfo();
    setResults(
      again,
      this.#options.state.range(namespace, range.getStartKey(), end, Number.MAX_SAFE_INTEGER),
    );
    const bytes = (info: typeof again) =>
      Buffer.from((info.getReadsMerkleHashes() ?? info.getRawReads())?.serializeBinary() ?? []);
    return bytes(again).equals(bytes(range));
  }
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

function tryPolicy(bytes: Uint8Array): SignaturePolicy | undefined {
  try {
    return policyFromBytes(bytes);
  } catch {
    return undefined;
  }
}

function versionOf(version: InstanceType<typeof ledger.rwset.kvrwset.Version>): Version {
  return { block: BigInt(version.getBlockNum()), tx: version.getTxNum() };
}
