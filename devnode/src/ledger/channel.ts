import { createHash } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { common, ledger, peer } from '@hyperledger/fabric-protos';
import { DevnodeError } from '../devnode-error.ts';
import {
  definedBy,
  LIFECYCLE,
  readDefinition,
  SYSTEM_VERSION,
} from '../lifecycle/definition-state.ts';
import { majorityEndorsement, type MspRegistry } from '../msp/index.ts';
import { buildBlock, commitHashOf, headerHash } from './blocks.ts';
import { decodeTransaction, type DecodedCollection, type DecodedTransaction } from './decode.ts';
import {
  hashedNamespace,
  privateNamespace,
  type Collection,
  type Definition,
  type Definitions,
} from './definition.ts';
import { HistoryDb } from './history.ts';
import { COLLECTION_FIELDS, keyHash, type PrivateWrites } from './simulator.ts';
import { StateDb, type Version, type VersionedValue } from './state-db.ts';
import { commitHash, UpdateBatch } from './update-batch.ts';
import { policyChanges } from './validation-checks.ts';
import { Validator } from './validator.ts';

const { kvrwset } = ledger.rwset;
const { TRANSACTIONS_FILTER } = common.BlockMetadataIndex;
const { VALID, MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT } = peer.TxValidationCode;
/** Codes of transactions that had the endorsements they need. */
const ENDORSED_CODES = new Set<number>([VALID, MVCC_READ_CONFLICT, PHANTOM_READ_CONFLICT]);

export interface CommittedTransaction {
  readonly txId: string;
  /** A TxValidationCode. */
  readonly code: number;
  readonly block: bigint;
  readonly index: number;
  readonly envelope: Uint8Array;
}

/** Plain values of one transaction of a block. */
export interface BlockPrivateData extends PrivateWrites {
  readonly index: number;
}

export interface CommittedBlock {
  readonly number: bigint;
  readonly hash: Uint8Array;
  readonly block: common.Block;
  readonly bytes: Uint8Array;
  readonly events: readonly {
    readonly txId: string;
    readonly chaincode: string;
    readonly bytes: Uint8Array;
  }[];
  readonly transactions: readonly CommittedTransaction[];
  readonly privateData: readonly BlockPrivateData[];
}

export interface ChannelOptions {
  readonly name: string;
  /** Octets of the first block's envelope. */
  readonly genesis: Uint8Array;
  /** The orderers' signatures under a block: the octets of its SIGNATURES metadata. */
  readonly signBlock: (header: common.BlockHeader) => Uint8Array;
  readonly registry: MspRegistry;
  readonly definitions: Definitions;
}

interface Expiry {
  readonly namespace: string;
  readonly collection: string;
  readonly hash: string;
  readonly key: string | undefined;
  readonly version: Version;
}

/** One channel's ledger: validates and commits blocks, keeps state, history and indexes, tells listeners. */
export class ChannelLedger extends EventEmitter<{ block: [CommittedBlock] }> {
  readonly name: string;
  /** What is in force; changes with the blocks. */
  readonly definitions: Definitions;
  readonly blocks: CommittedBlock[] = [];
  readonly transactions = new Map<string, CommittedTransaction>();
  /** Called with each newly committed block before anybody hears of it: where it is made durable. */
  onCommit: (block: CommittedBlock) => void = () => undefined;
  state = new StateDb();
  history = new HistoryDb();
  readonly #options: ChannelOptions;
  readonly #definitions = new Map<string, Definition>();
  #private = new Map<string, StateDb>();
  #expiries = new Map<bigint, Expiry[]>();
  #validator: Validator;
  /** Plain values of endorsed transactions that are not committed yet, by transaction id. */
  readonly #transient = new Map<string, readonly PrivateWrites[]>();

  constructor(options: ChannelOptions) {
    super();
    this.setMaxListeners(0);
    this.name = options.name;
    this.definitions = this.#definitions;
    this.#options = options;
    this.#validator = this.#reset();
    this.#append(this.#seal([options.genesis], Uint8Array.of(VALID)), [''], []);
  }

  get height(): bigint {
    return BigInt(this.blocks.length);
  }

  /** Plain private values that an organisation's peer holds. */
  privateState(mspId: string): StateDb {
    let db = this.#private.get(mspId);
    if (db === undefined) {
      db = new StateDb();
      this.#private.set(mspId, db);
    }
    return db;
  }

  /** Keeps an endorsed transaction's plain values until it commits. */
  holdPrivate(txId: string, writes: readonly PrivateWrites[]): void {
    if (writes.length > 0) this.#transient.set(txId, writes);
  }

  /** Validates envelopes in order and commits them as one block. */
  commit(envelopes: readonly Uint8Array[]): CommittedBlock {
    const number = this.height;
    const flags = new Uint8Array(envelopes.length);
    const earlier = { txIds: new Set<string>(), policies: new Set<string>() };
    const valid: DecodedTransaction[] = [];
    const privateData: BlockPrivateData[] = [];
    const txIds: string[] = [];
    const batch = new UpdateBatch();
    envelopes.forEach((envelope, index) => {
      const { code, txId, transaction } = this.#validator.validate(envelope, earlier);
      flags[index] = code;
      txIds.push(txId);
      if (code === peer.TxValidationCode.BAD_PROPOSAL_TXID || txId === '') return;
      earlier.txIds.add(txId);
      if (transaction === undefined) return;
      if (ENDORSED_CODES.has(code))
        for (const place of policyChanges(transaction)) earlier.policies.add(place);
      if (code !== VALID) return;
      valid.push(transaction);
      const held = (this.#transient.get(txId) ?? []).map((writes) => ({ ...writes, index }));
      this.#transient.delete(txId);
      privateData.push(...held);
      this.#apply(transaction, { block: number, tx: index }, held, batch);
    });
    this.#expire(number);
    const block = this.#seal(envelopes, flags, batch);
    const committed = this.#append(block, txIds, privateData, eventsOf(valid));
    this.onCommit(committed);
    this.emit('block', committed);
    return committed;
  }

  /**
   * Commits a block that was committed before, with the flags it has; used to start from a file and to go back.
   * @throws {DevnodeError} LEDGER_DAMAGED when the block's commit hash does not follow from what it writes.
   */
  replay(block: common.Block, privateData: readonly BlockPrivateData[]): void {
    const envelopes = block.getData()?.getDataList_asU8() ?? [];
    const number = BigInt(block.getHeader()?.getNumber() ?? 0);
    if (number === 0n) {
      this.#clear();
      this.#append(block, [''], []);
      return;
    }
    const flags = Uint8Array.from(
      block.getMetadata()?.getMetadataList_asU8()[TRANSACTIONS_FILTER] ?? [],
    );
    const valid: DecodedTransaction[] = [];
    const batch = new UpdateBatch();
    const txIds = envelopes.map((bytes, index) => {
      const payload = common.Payload.deserializeBinary(
        common.Envelope.deserializeBinary(bytes).getPayload_asU8(),
      );
      if (flags[index] !== VALID) return txIdOf(payload);
      const transaction = decodeTransaction(payload);
      valid.push(transaction);
      this.#apply(
        transaction,
        { block: number, tx: index },
        privateData.filter((data) => data.index === index),
        batch,
      );
      return transaction.txId;
    });
    const follows = commitHash(flags, batch.toBytes(), commitHashOf(this.blocks.at(-1)?.block));
    if (Buffer.compare(follows, commitHashOf(block)) !== 0)
      throw new DevnodeError(
        'LEDGER_DAMAGED',
        `block ${number}: its commit hash does not follow from what it writes; restore the data folder from a copy, or remove it to begin anew`,
      );
    this.#expire(number);
    this.#append(block, txIds, privateData, eventsOf(valid));
  }

  /** Goes back to a height by replaying what stays. */
  truncate(height: bigint): void {
    const kept = this.blocks.slice(0, Number(height));
    this.#clear();
    for (const { block, privateData } of kept) this.replay(block, privateData);
  }

  #clear(): void {
    this.blocks.length = 0;
    this.transactions.clear();
    this.#transient.clear();
    this.#validator = this.#reset();
  }

  #reset(): Validator {
    const { name, registry, definitions } = this.#options;
    this.state = new StateDb();
    this.history = new HistoryDb();
    this.#private = new Map();
    this.#expiries = new Map();
    this.#definitions.clear();
    this.#definitions.set(LIFECYCLE, {
      name: LIFECYCLE,
      version: SYSTEM_VERSION,
      sequence: 1,
      policy: majorityEndorsement(registry.mspIds),
      collections: new Map(),
    });
    for (const definition of definitions.values()) {
      this.#definitions.set(definition.name, definition);
      const keys = ['Sequence', ...COLLECTION_FIELDS].map(
        (field) => `namespaces/fields/${definition.name}/${field}`,
      );
      const entry = {
        value: Buffer.from(String(definition.sequence)),
        version: { block: 0n, tx: 0 },
      };
      for (const key of [...keys, `namespaces/metadata/${definition.name}`])
        this.state.put('_lifecycle', key, entry);
    }
    return new Validator({
      channel: name,
      state: this.state,
      registry,
      definitions: this.definitions,
      isKnown: (txId) => this.transactions.has(txId),
    });
  }

  /** The next block; the first has no commit hash. */
  #seal(envelopes: readonly Uint8Array[], flags: Uint8Array, batch?: UpdateBatch): common.Block {
    const last = this.blocks.at(-1);
    return buildBlock(
      {
        ...{ number: this.height, previousHash: last?.hash ?? new Uint8Array(), envelopes, flags },
        ...(batch === undefined
          ? {}
          : { commitHash: commitHash(flags, batch.toBytes(), commitHashOf(last?.block)) }),
      },
      this.#options.signBlock,
    );
  }

  #append(
    block: common.Block,
    txIds: readonly string[],
    privateData: readonly BlockPrivateData[],
    events: CommittedBlock['events'] = [],
  ): CommittedBlock {
    const number = this.height;
    const header = block.getHeader() ?? new common.BlockHeader();
    const flags = block.getMetadata()?.getMetadataList_asU8()[TRANSACTIONS_FILTER];
    const transactions = (block.getData()?.getDataList_asU8() ?? []).map((envelope, index) => ({
      txId: txIds[index] ?? '',
      code: flags?.[index] ?? 0,
      block: number,
      index,
      envelope,
    }));
    const committed: CommittedBlock = {
      number,
      hash: headerHash(number, header.getPreviousHash_asU8(), header.getDataHash_asU8()),
      block,
      bytes: block.serializeBinary(),
      events,
      transactions,
      privateData,
    };
    this.blocks.push(committed);
    // The first transaction with an id keeps it; a duplicate is only in its block.
    for (const transaction of transactions) {
      if (transaction.txId !== '' && !this.transactions.has(transaction.txId))
        this.transactions.set(transaction.txId, transaction);
    }
    return committed;
  }

  #apply(
    transaction: DecodedTransaction,
    version: Version,
    privateData: readonly PrivateWrites[],
    batch: UpdateBatch,
  ): void {
    const timestamp = transaction.channelHeader.getTimestamp();
    for (const { name, set, collections } of transaction.namespaces) {
      const metadata = new Map(
        set
          .getMetadataWritesList()
          .map((write) => [write.getKey(), entriesOf(write.getEntriesList())]),
      );
      for (const write of set.getWritesList()) {
        const value = write.getIsDelete() ? null : write.getValue_asU8();
        writeValue(this.state, name, write.getKey(), value, metadata.get(write.getKey()), version);
        batch.put(name, '', Buffer.from(write.getKey()), value, version);
        metadata.delete(write.getKey());
        this.history.add(name, write.getKey(), transaction.txId, value, timestamp);
      }
      for (const [key, entries] of metadata) {
        const kept = rewriteMetadata(this.state, name, key, entries, version);
        if (kept !== undefined) batch.put(name, '', Buffer.from(key), kept, version);
      }
      for (const collection of collections)
        this.#applyCollection(name, collection, version, privateData, batch);
      if (name === LIFECYCLE) this.#define(set.getWritesList().map((write) => write.getKey()));
    }
  }

  #define(keys: readonly string[]): void {
    for (const key of keys) {
      const name = definedBy(key);
      if (name !== undefined) this.#definitions.set(name, readDefinition(this.state, name));
    }
  }

  #applyCollection(
    namespace: string,
    { name, set, privateHash }: DecodedCollection,
    version: Version,
    privateData: readonly PrivateWrites[],
    batch: UpdateBatch,
  ): void {
    const collection = this.definitions.get(namespace)?.collections.get(name);
    if (collection === undefined) return;
    const hashedName = hashedNamespace(namespace, name);
    const metadata = new Map(
      set
        .getMetadataWritesList()
        .map((write) => [latin(write.getKeyHash_asU8()), entriesOf(write.getEntriesList())]),
    );
    const plain = this.#plainWrites(namespace, collection, privateHash, privateData);
    for (const write of set.getHashedWritesList()) {
      const hash = latin(write.getKeyHash_asU8());
      const value = write.getIsDelete() ? null : write.getValueHash_asU8();
      writeValue(this.state, hashedName, hash, value, metadata.get(hash), version);
      batch.put(namespace, name, write.getKeyHash_asU8(), value, version);
      metadata.delete(hash);
      if (!write.getIsDelete())
        this.#scheduleExpiry(namespace, collection, hash, plain.get(hash)?.getKey(), version);
    }
    for (const [hash, entries] of metadata) {
      const kept = rewriteMetadata(this.state, hashedName, hash, entries, version);
      if (kept !== undefined)
        batch.put(namespace, name, Buffer.from(hash, 'latin1'), kept, version);
      this.#followVersion(namespace, collection, hash, version);
    }
    for (const mspId of collection.memberOrgs) {
      const db = this.privateState(mspId);
      for (const write of plain.values())
        writeValue(
          db,
          privateNamespace(namespace, name),
          write.getKey(),
          write.getIsDelete() ? null : write.getValue_asU8(),
          undefined,
          version,
        );
    }
  }

  /** A policy change lifts the version of the hash; the plain value goes with it. */
  #followVersion(
    namespace: string,
    { name, memberOrgs }: Collection,
    hash: string,
    version: Version,
  ): void {
    for (const mspId of memberOrgs) {
      const db = this.privateState(mspId);
      const space = privateNamespace(namespace, name);
      for (const { key, value } of db.range(space, '', '', Number.MAX_SAFE_INTEGER))
        if (keyHash(key) === hash) db.put(space, key, { ...value, version });
    }
  }

  #plainWrites(
    namespace: string,
    { name }: Collection,
    privateHash: Uint8Array,
    privateData: readonly PrivateWrites[],
  ): Map<string, InstanceType<typeof kvrwset.KVWrite>> {
    const found = privateData.find(
      (data) =>
        data.namespace === namespace &&
        data.collection === name &&
        Buffer.compare(createHash('sha256').update(data.rwset).digest(), privateHash) === 0,
    );
    const writes =
      found === undefined ? [] : kvrwset.KVRWSet.deserializeBinary(found.rwset).getWritesList();
    return new Map(writes.map((write) => [keyHash(write.getKey()), write]));
  }

  #scheduleExpiry(
    namespace: string,
    { name, blockToLive }: Collection,
    hash: string,
    key: string | undefined,
    version: Version,
  ): void {
    if (blockToLive === 0) return;
    const at = version.block + BigInt(blockToLive) + 1n;
    this.#expiries.set(at, [
      ...(this.#expiries.get(at) ?? []),
      { namespace, collection: name, hash, key, version },
    ]);
  }

  #expire(number: bigint): void {
    for (const { namespace, collection, hash, key, version } of this.#expiries.get(number) ?? []) {
      const space = hashedNamespace(namespace, collection);
      const current = this.state.get(space, hash)?.version;
      if (current?.block !== version.block || current.tx !== version.tx) continue;
      this.state.delete(space, hash);
      if (key !== undefined)
        for (const db of this.#private.values())
          db.delete(privateNamespace(namespace, collection), key);
    }
    this.#expiries.delete(number);
  }
}

function writeValue(
  db: StateDb,
  namespace: string,
  key: string,
  value: Uint8Array | null,
  metadata: ReadonlyMap<string, Uint8Array> | undefined,
  version: Version,
): void {
  if (value === null) {
    db.delete(namespace, key);
    return;
  }
  const kept = metadata ?? db.get(namespace, key)?.metadata;
  db.put(
    namespace,
    key,
    kept === undefined ? { value, version } : { value, version, metadata: kept },
  );
}

/** Metadata alone keep the value, which is returned; on a key that is not there they are dropped. */
function rewriteMetadata(
  db: StateDb,
  namespace: string,
  key: string,
  metadata: ReadonlyMap<string, Uint8Array>,
  version: Version,
): Uint8Array | undefined {
  const found: VersionedValue | undefined = db.get(namespace, key);
  if (found !== undefined) db.put(namespace, key, { value: found.value, version, metadata });
  return found?.value;
}

function entriesOf(
  entries: readonly InstanceType<typeof kvrwset.KVMetadataEntry>[],
): Map<string, Uint8Array> {
  return new Map(entries.map((entry) => [entry.getName(), entry.getValue_asU8()]));
}

function eventsOf(transactions: readonly DecodedTransaction[]): CommittedBlock['events'] {
  return transactions.flatMap(({ txId, chaincode, events }) =>
    events.length > 0 ? [{ txId, chaincode, bytes: events }] : [],
  );
}

function txIdOf(payload: common.Payload): string {
  return common.ChannelHeader.deserializeBinary(
    payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(),
  ).getTxId();
}

function latin(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
