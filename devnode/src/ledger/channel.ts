import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { common, ledger, peer } from '@hyperledger/fabric-protos';
import { evaluatePolicy, type Identity, type MspRegistry, type SignaturePolicy } from '../msp/index.ts';
import { buildBlock, dataHash, headerHash } from './blocks.ts';
import { HistoryDb } from './history.ts';
import { StateDb, type Version } from './state-db.ts';

const Code = peer.TxValidationCode;
type TxCode = number;

/** What a decoded envelope holds; decoded once at commit. */
export interface DecodedTransaction {
  readonly txId: string;
  readonly channelHeader: common.ChannelHeader;
  readonly signatureHeader: common.SignatureHeader;
  readonly chaincode: string;
  readonly responsePayload: Uint8Array;
  readonly endorsements: readonly peer.Endorsement[];
  readonly action: peer.ChaincodeAction;
  readonly rwset: ReadonlyMap<string, InstanceType<typeof ledger.rwset.kvrwset.KVRWSet>>;
  readonly proposalHashOk: boolean;
}

export interface CommittedTransaction {
  readonly txId: string;
  readonly code: TxCode;
  readonly block: bigint;
  readonly index: number;
  readonly envelope: Uint8Array;
}

export interface CommittedBlock {
  readonly number: bigint;
  readonly hash: Uint8Array;
  readonly block: common.Block;
  readonly bytes: Uint8Array;
  readonly events: readonly { readonly txId: string; readonly chaincode: string; readonly bytes: Uint8Array }[];
  readonly transactions: readonly CommittedTransaction[];
}

/** One channel's ledger: validates and commits blocks, keeps state, history and indexes, tells listeners. */
export class ChannelLedger extends EventEmitter<{ block: [CommittedBlock] }> {
  readonly name: string;
  readonly state = new StateDb();
  readonly history = new HistoryDb();
  readonly blocks: CommittedBlock[] = [];
  readonly transactions = new Map<string, CommittedTransaction>();
  readonly #registry: MspRegistry;
  readonly #policyOf: (chaincode: string) => SignaturePolicy | undefined;

  constructor(name: string, genesis: Uint8Array, registry: MspRegistry, policyOf: (chaincode: string) => SignaturePolicy | undefined) {
    super();
    this.setMaxListeners(0);
    this.name = name;
    this.#registry = registry;
    this.#policyOf = policyOf;
    this.#append([genesis], Uint8Array.of(Code.VALID), [], []);
  }

  get height(): bigint {
    return BigInt(this.blocks.length);
  }

  /** Validates envelopes in order and commits them as one block. */
  commit(envelopes: readonly Uint8Array[], nowMs: number): CommittedBlock {
    const number = this.height;
    const flags = new Uint8Array(envelopes.length);
    const seen = new Set<string>();
    const transactions: CommittedTransaction[] = [];
    const events: { txId: string; chaincode: string; bytes: Uint8Array }[] = [];
    envelopes.forEach((envelope, index) => {
      const { code, transaction } = this.#validate(envelope, seen, nowMs);
      flags[index] = code;
      const txId = transaction?.txId ?? '';
      if (txId !== '') seen.add(txId);
      transactions.push({ txId, code, block: number, index, envelope });
      if (code !== Code.VALID || transaction === undefined) return;
      this.#apply(transaction, { block: number, tx: index });
      const event = transaction.action.getEvents_asU8();
      if (event.length > 0) events.push({ txId, chaincode: transaction.chaincode, bytes: event });
    });
    return this.#append(envelopes, flags, transactions, events);
  }

  #append(envelopes: readonly Uint8Array[], flags: Uint8Array, transactions: readonly CommittedTransaction[], events: CommittedBlock['events']): CommittedBlock {
    const number = this.height;
    const previous = this.blocks.at(-1)?.hash ?? new Uint8Array();
    const block = buildBlock(number, previous, envelopes, flags);
    const committed: CommittedBlock = { number, hash: headerHash(number, previous, dataHash(envelopes)), block, bytes: block.serializeBinary(), events, transactions };
    this.blocks.push(committed);
    // The first transaction with an id keeps it; a duplicate is only in its block.
    for (const transaction of transactions) if (!this.transactions.has(transaction.txId)) this.transactions.set(transaction.txId, transaction);
    this.emit('block', committed);
    return committed;
  }

  #validate(envelopeBytes: Uint8Array, seen: ReadonlySet<string>, nowMs: number): { code: TxCode; transaction?: DecodedTransaction } {
    let transaction: DecodedTransaction;
    let creator: Identity;
    const envelope = common.Envelope.deserializeBinary(envelopeBytes);
    try {
      transaction = decodeTransaction(envelope.getPayload_asU8());
    } catch {
      return { code: Code.BAD_PAYLOAD };
    }
    try {
      creator = this.#registry.identify(transaction.signatureHeader.getCreator_asU8(), nowMs);
    } catch {
      return { code: Code.BAD_CREATOR_SIGNATURE, transaction };
    }
    if (!this.#registry.verifySignature(creator, envelope.getPayload_asU8(), envelope.getSignature_asU8())) return { code: Code.BAD_CREATOR_SIGNATURE, transaction };
    if (transaction.txId !== transactionId(transaction.signatureHeader)) return { code: Code.BAD_PROPOSAL_TXID, transaction };
    if (!transaction.proposalHashOk) return { code: Code.INVALID_ENDORSER_TRANSACTION, transaction };
    if (seen.has(transaction.txId) || this.transactions.has(transaction.txId)) return { code: Code.DUPLICATE_TXID, transaction };
    const policy = this.#policyOf(transaction.chaincode);
    if (policy === undefined) return { code: Code.INVALID_CHAINCODE, transaction };
    if (!evaluatePolicy(policy, this.#endorsers(transaction, nowMs))) return { code: Code.ENDORSEMENT_POLICY_FAILURE, transaction };
    return { code: this.#mvcc(transaction), transaction };
  }

  #endorsers({ endorsements, responsePayload }: DecodedTransaction, nowMs: number): Identity[] {
    const identities = new Map<string, Identity>();
    for (const endorsement of endorsements) {
      try {
        const endorser = endorsement.getEndorser_asU8();
        const identity = this.#registry.identify(endorser, nowMs);
        if (this.#registry.verifySignature(identity, Buffer.concat([responsePayload, endorser]), endorsement.getSignature_asU8())) identities.set(identity.id, identity);
      } catch {
        // An endorser that cannot be identified counts for nothing.
      }
    }
    return [...identities.values()];
  }

  #mvcc(transaction: DecodedTransaction): TxCode {
    for (const [namespace, set] of transaction.rwset) {
      for (const read of set.getReadsList()) if (!sameVersion(this.state.get(namespace, read.getKey())?.version, versionOf(read))) return Code.MVCC_READ_CONFLICT;
      for (const range of set.getRangeQueriesInfoList()) {
        const reads = range.getRawReads()?.getKvReadsList() ?? [];
        const end = range.getEndKey();
        // A range that was not drained includes its end key: the last one fetched.
        const rows = this.state.range(namespace, range.getStartKey(), range.getItrExhausted() ? end : `${end}\u0000`, Number.MAX_SAFE_INTEGER);
        const same = rows.length === reads.length && rows.every((row, i) => row.key === reads[i]?.getKey() && sameVersion(row.value.version, reads[i] === undefined ? undefined : versionOf(reads[i])));
        if (!same) return Code.PHANTOM_READ_CONFLICT;
      }
    }
    return Code.VALID;
  }

  #apply(transaction: DecodedTransaction, version: Version): void {
    const timestamp = transaction.channelHeader.getTimestamp();
    for (const [namespace, set] of transaction.rwset) {
      for (const write of set.getWritesList()) {
        const key = write.getKey();
        const value = write.getIsDelete() ? null : write.getValue_asU8();
        if (value === null) this.state.delete(namespace, key);
        else this.state.put(namespace, key, { value, version });
        this.history.add(namespace, key, transaction.txId, value, timestamp);
      }
    }
  }
}

/** tx_id = hex SHA-256 of nonce || creator. */
export function transactionId(header: common.SignatureHeader): string {
  return createHash('sha256').update(header.getNonce_asU8()).update(header.getCreator_asU8()).digest('hex');
}

/** Reads an endorser transaction from an envelope's payload. Throws on anything malformed. */
export function decodeTransaction(payloadBytes: Uint8Array): DecodedTransaction {
  const payload = common.Payload.deserializeBinary(payloadBytes);
  const header = required(payload.getHeader());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const signatureHeader = common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8());
  const transaction = peer.Transaction.deserializeBinary(payload.getData_asU8());
  const actionPayload = peer.ChaincodeActionPayload.deserializeBinary(required(transaction.getActionsList()[0]).getPayload_asU8());
  const endorsed = required(actionPayload.getAction());
  const responsePayload = endorsed.getProposalResponsePayload_asU8();
  const response = peer.ProposalResponsePayload.deserializeBinary(responsePayload);
  const action = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
  const proposalHash = createHash('sha256').update(header.getChannelHeader_asU8()).update(header.getSignatureHeader_asU8()).update(actionPayload.getChaincodeProposalPayload_asU8()).digest();
  const rwset = new Map<string, InstanceType<typeof ledger.rwset.kvrwset.KVRWSet>>();
  for (const item of ledger.rwset.TxReadWriteSet.deserializeBinary(action.getResults_asU8()).getNsRwsetList()) {
    rwset.set(item.getNamespace(), ledger.rwset.kvrwset.KVRWSet.deserializeBinary(item.getRwset_asU8()));
  }
  return {
    txId: channelHeader.getTxId(),
    channelHeader,
    signatureHeader,
    chaincode: action.getChaincodeId()?.getName() ?? '',
    responsePayload,
    endorsements: endorsed.getEndorsementsList(),
    action,
    rwset,
    proposalHashOk: Buffer.compare(proposalHash, response.getProposalHash_asU8()) === 0,
  };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('malformed transaction');
  return value;
}

function versionOf(read: InstanceType<typeof ledger.rwset.kvrwset.KVRead>): Version | undefined {
  const version = read.getVersion();
  return version === undefined ? undefined : { block: BigInt(version.getBlockNum()), tx: version.getTxNum() };
}

function sameVersion(a: Version | undefined, b: Version | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.block === b.block && a.tx === b.tx;
}
