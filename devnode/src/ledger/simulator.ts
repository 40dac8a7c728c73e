import { createHash } from 'node:crypto';
import { ledger } from '@hyperledger/fabric-protos';
import {
  hashedNamespace,
  privateNamespace,
  type Collection,
  type Definitions,
} from './definition.ts';
import { compareKeys } from './key-order.ts';
import { readOf, setResults, stampOf, type RangeInfo } from './range-reads.ts';
import type { Row, StateReader, Version, VersionedValue } from './state-db.ts';

const { kvrwset } = ledger.rwset;
/** Rows of one answer; the peer has then already read one more. */
const BATCH = 100;
/** What of a definition is read beside its sequence once a collection is used. */
export const COLLECTION_FIELDS = ['Collections', 'EndorsementInfo', 'ValidationInfo'];
const NO_LIMIT = Number.MAX_SAFE_INTEGER - 1;

interface RangeRead {
  readonly start: string;
  readonly end: string;
  exhausted: boolean;
  rows: readonly Row[];
}

interface CollectionAccess {
  readonly reads: Map<string, Version | undefined>;
  readonly writes: Map<string, { readonly value: Uint8Array | null; readonly purge: boolean }>;
  readonly metadataWrites: Map<string, ReadonlyMap<string, Uint8Array>>;
}

interface NamespaceAccess {
  readonly reads: Map<string, Version | undefined>;
  readonly writes: Map<string, Uint8Array | null>;
  readonly metadataWrites: Map<string, ReadonlyMap<string, Uint8Array>>;
  readonly ranges: RangeRead[];
  readonly collections: Map<string, CollectionAccess>;
}

/** Rows of an open range, fetched 100 at a time as a peer does. */
export interface RangeCursor {
  next(): {
    readonly rows: readonly { readonly key: string; readonly value: Uint8Array }[];
    readonly hasMore: boolean;
  };
}

/** Plain values written to one collection, as they go to its members. */
export interface PrivateWrites {
  readonly namespace: string;
  readonly collection: string;
  /** KVRWSet bytes. */
  readonly rwset: Uint8Array;
}

/** A policy that the transaction's endorsers must satisfy: a key's own, a collection's or the chaincode's. */
export type RequiredPolicy =
  | { readonly kind: 'key'; readonly bytes: Uint8Array }
  | { readonly kind: 'collection'; readonly namespace: string; readonly collection: string }
  | { readonly kind: 'chaincode'; readonly namespace: string };

/** What decides which organisations have to endorse. */
export interface Interest {
  readonly policies: readonly RequiredPolicy[];
  /** Collections that were read or written, by namespace. */
  readonly collections: readonly { readonly namespace: string; readonly collection: string }[];
}

export interface SimulatorOptions {
  readonly state: StateReader;
  /** Plain values of the collections that this peer's organisation is a member of. */
  readonly privateState: StateReader;
  readonly txId: string;
  readonly definitions: Definitions;
  readonly channel: string;
}

/** Runs one transaction on a snapshot: reads see committed state only, never the transaction's own writes. */
export class Simulator {
  readonly #options: SimulatorOptions;
  readonly #access = new Map<string, NamespaceAccess>();
  readonly #policies = new Map<string, RequiredPolicy[]>();
  #wrote = false;
  #paged = false;
  #queriedPrivate = false;

  constructor(options: SimulatorOptions) {
    this.#options = options;
  }

  /** Binds the transaction to a chaincode's committed definition, as reading it does on a peer. */
  useDefinition(name: string): void {
    this.get('_lifecycle', `namespaces/fields/${name}/Sequence`);
  }

  get(namespace: string, key: string): Uint8Array {
    return this.#read(namespace, key)?.value ?? new Uint8Array();
  }

  getMetadata(namespace: string, key: string): ReadonlyMap<string, Uint8Array> {
    return this.#read(namespace, key)?.metadata ?? new Map();
  }

  /** An empty value is a delete. */
  put(namespace: string, key: string, value: Uint8Array): void {
    this.#beforeWrite();
    this.#ns(namespace).writes.set(key, value.length === 0 ? null : value);
    this.#notePolicy(namespace, undefined, this.#options.state.get(namespace, key));
  }

  putMetadata(namespace: string, key: string, name: string, value: Uint8Array): void {
    this.#beforeWrite();
    this.#ns(namespace).metadataWrites.set(key, new Map([[name, value]]));
    this.#notePolicy(namespace, undefined, this.#options.state.get(namespace, key));
  }

  getPrivate(namespace: string, collection: string, key: string): Uint8Array {
    this.collection(namespace, collection);
    const plain = this.#options.privateState.get(privateNamespace(namespace, collection), key);
    const hashed = this.#readHash(namespace, collection, key);
    if (!sameVersion(plain?.version, hashed?.version)) {
      throw new Error(
        `private data matching public hash version is not available. Public hash version = ${describeVersion(hashed?.version)}, Private data version = ${describeVersion(plain?.version)}`,
      );
    }
    return plain?.value ?? new Uint8Array();
  }

  getPrivateHash(namespace: string, collection: string, key: string): Uint8Array {
    if (this.#options.definitions.get(namespace)?.collections.has(collection) !== true) {
      throw new Error(
        `collection [${collection}] not defined in the collection config for chaincode [${namespace}]`,
      );
    }
    this.collection(namespace, collection);
    return this.#readHash(namespace, collection, key)?.value ?? new Uint8Array();
  }

  getPrivateMetadata(
    namespace: string,
    collection: string,
    key: string,
  ): ReadonlyMap<string, Uint8Array> {
    this.collection(namespace, collection);
    return this.#readHash(namespace, collection, key)?.metadata ?? new Map();
  }

  putPrivate(
    namespace: string,
    collection: string,
    key: string,
    value: Uint8Array | null,
    purge = false,
  ): void {
    this.collection(namespace, collection);
    this.#beforeWrite();
    this.#coll(namespace, collection).writes.set(key, {
      value: value === null || value.length === 0 ? null : value,
      purge,
    });
    this.#notePolicy(namespace, collection, this.#hashed(namespace, collection, key));
  }

  putPrivateMetadata(
    namespace: string,
    collection: string,
    key: string,
    name: string,
    value: Uint8Array,
  ): void {
    this.collection(namespace, collection);
    this.#beforeWrite();
    this.#coll(namespace, collection).metadataWrites.set(key, new Map([[name, value]]));
    this.#notePolicy(namespace, collection, this.#hashed(namespace, collection, key));
  }

  /** Leaves no trace in the read-write set: no protection against phantoms. */
  openPrivateRange(namespace: string, collection: string, start: string, end: string): RangeCursor {
    if (this.#wrote)
      throw this.#unsupported('Queries on pvt data is supported only in a read-only transaction');
    this.#queriedPrivate = true;
    this.collection(namespace, collection);
    const rows = this.#options.privateState.range(
      privateNamespace(namespace, collection),
      start,
      end,
      NO_LIMIT,
    );
    return cursorOf(rows, () => undefined);
  }

  /** Opens a range; the end key that the read set binds is that of the last row fetched. */
  openRange(namespace: string, start: string, end: string): RangeCursor {
    const rows = this.#options.state.range(namespace, start, end, NO_LIMIT);
    const read: RangeRead = { start, end, exhausted: false, rows: [] };
    this.#ns(namespace).ranges.push(read);
    return cursorOf(rows, (fetched, exhausted) => {
      read.rows = rows.slice(0, fetched);
      read.exhausted = exhausted;
    });
  }

  /** One page: at most `size` rows (below 1: all); the bookmark is the next key or "". */
  page(
    namespace: string,
    start: string,
    end: string,
    size: number,
    bookmark: string,
  ): { rows: readonly { key: string; value: Uint8Array }[]; bookmark: string } {
    if (this.#wrote)
      throw this.#unsupported('Paginated queries are supported only in a read-only transaction');
    this.#paged = true;
    const from = bookmark === '' ? start : bookmark;
    const limit = size <= 0 ? NO_LIMIT : size;
    const found = this.#options.state.range(namespace, from, end, limit + 1);
    const rows = found.slice(0, limit);
    const full = size > 0 && rows.length === limit;
    this.#ns(namespace).ranges.push({ start: from, end, exhausted: !full, rows });
    return {
      rows: rows.map(({ key, value }) => ({ key, value: value.value })),
      bookmark: found[limit]?.key ?? '',
    };
  }

  /** The definition of a collection. Throws Error with the peer's text when there is none. */
  collection(namespace: string, name: string): Collection {
    const found = this.#options.definitions.get(namespace)?.collections.get(name);
    if (found === undefined)
      throw new Error(
        `collection ${this.#options.channel}/${namespace}/${name} could not be found`,
      );
    for (const field of COLLECTION_FIELDS)
      this.get('_lifecycle', `namespaces/fields/${namespace}/${field}`);
    this.get('_lifecycle', `namespaces/metadata/${namespace}`);
    return found;
  }

  /** The read-write set as TxReadWriteSet bytes: namespaces and keys in order. */
  readWriteSet(): Uint8Array {
    const set = new ledger.rwset.TxReadWriteSet();
    set.setDataModel(ledger.rwset.TxReadWriteSet.DataModel.KV);
    for (const namespace of [...this.#access.keys()].sort()) {
      const access = this.#access.get(namespace);
      if (access === undefined) continue;
      const item = new ledger.rwset.NsReadWriteSet();
      item.setNamespace(namespace);
      item.setRwset(namespaceSet(access).serializeBinary());
      for (const name of [...access.collections.keys()].sort()) {
        const touched = access.collections.get(name);
        if (touched === undefined) continue;
        const hashed = new ledger.rwset.CollectionHashedReadWriteSet();
        hashed.setCollectionName(name);
        hashed.setHashedRwset(hashedSet(touched).serializeBinary());
        if (writesOf(touched)) hashed.setPvtRwsetHash(sha256(privateSet(touched)));
        item.addCollectionHashedRwset(hashed);
      }
      set.addNsRwset(item);
    }
    return set.serializeBinary();
  }

  privateWrites(): readonly PrivateWrites[] {
    return [...this.#access].flatMap(([namespace, { collections }]) =>
      [...collections].flatMap(([collection, touched]) =>
        writesOf(touched) ? [{ namespace, collection, rwset: privateSet(touched) }] : [],
      ),
    );
  }

  interest(): Interest {
    const namespaces = [...this.#access.keys()].filter((namespace) => namespace !== '_lifecycle');
    return {
      policies: namespaces.flatMap(
        (namespace): RequiredPolicy[] =>
          this.#policies.get(namespace) ?? [{ kind: 'chaincode', namespace }],
      ),
      collections: [...this.#access].flatMap(([namespace, { collections }]) =>
        [...collections.keys()].map((collection) => ({ namespace, collection })),
      ),
    };
  }

  #read(namespace: string, key: string): VersionedValue | undefined {
    const found = this.#options.state.get(namespace, key);
    this.#ns(namespace).reads.set(key, found?.version);
    return found;
  }

  #hashed(namespace: string, collection: string, key: string): VersionedValue | undefined {
    return this.#options.state.get(hashedNamespace(namespace, collection), keyHash(key));
  }

  #readHash(namespace: string, collection: string, key: string): VersionedValue | undefined {
    const found = this.#hashed(namespace, collection, key);
    this.#coll(namespace, collection).reads.set(key, found?.version);
    return found;
  }

  #notePolicy(
    namespace: string,
    collection: string | undefined,
    found: VersionedValue | undefined,
  ): void {
    const bytes = found?.metadata?.get(VALIDATION_PARAMETER);
    const policies = this.#policies.get(namespace) ?? [];
    this.#policies.set(namespace, policies);
    if (bytes !== undefined) policies.push({ kind: 'key', bytes });
    else
      policies.push(
        collection === undefined
          ? { kind: 'chaincode', namespace }
          : { kind: 'collection', namespace, collection },
      );
  }

  #beforeWrite(): void {
    if (this.#queriedPrivate)
      throw this.#unsupported(
        'Transaction has already performed queries on pvt data. Writes are not allowed',
      );
    if (this.#paged)
      throw this.#unsupported(
        'Transaction has already performed a paginated query. Writes are not allowed',
      );
    this.#wrote = true;
  }

  // The misspelling is the peer's own.
  #unsupported(reason: string): Error {
    return new Error(`txid [${this.#options.txId}]: unsuppored transaction. ${reason}`);
  }

  #ns(namespace: string): NamespaceAccess {
    let access = this.#access.get(namespace);
    if (access === undefined) {
      access = {
        reads: new Map(),
        writes: new Map(),
        metadataWrites: new Map(),
        ranges: [],
        collections: new Map(),
      };
      this.#access.set(namespace, access);
    }
    return access;
  }

  #coll(namespace: string, collection: string): CollectionAccess {
    const { collections } = this.#ns(namespace);
    let access = collections.get(collection);
    if (access === undefined) {
      access = { reads: new Map(), writes: new Map(), metadataWrites: new Map() };
      collections.set(collection, access);
    }
    return access;
  }
}

/** Name of the metadata entry that holds a key's endorsement policy. */
export const VALIDATION_PARAMETER = 'VALIDATION_PARAMETER';

/** SHA-256 of a private key's name, as the string key of the hashed namespace. */
export function keyHash(key: string): string {
  return sha256(Buffer.from(key)).toString('latin1');
}

export function sameVersion(a: Version | undefined, b: Version | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.block === b.block && a.tx === b.tx;
}

function cursorOf(
  rows: readonly Row[],
  onFetched: (fetched: number, exhausted: boolean) => void,
): RangeCursor {
  let offset = 0;
  return {
    next() {
      const batch = rows.slice(offset, offset + BATCH);
      offset += batch.length;
      onFetched(Math.min(offset + 1, rows.length), offset >= rows.length);
      return {
        rows: batch.map(({ key, value }) => ({ key, value: value.value })),
        hasMore: offset < rows.length,
      };
    },
  };
}

function namespaceSet(access: NamespaceAccess): InstanceType<typeof kvrwset.KVRWSet> {
  const set = new kvrwset.KVRWSet();
  for (const key of sorted(access.reads)) set.addReads(readOf(key, access.reads.get(key)));
  for (const range of access.ranges) set.addRangeQueriesInfo(rangeOf(range));
  for (const key of sorted(access.writes))
    set.addWrites(writeOf(key, access.writes.get(key) ?? null));
  for (const key of sorted(access.metadataWrites)) {
    const write = new kvrwset.KVMetadataWrite();
    write.setKey(key);
    write.setEntriesList(entriesOf(access.metadataWrites.get(key)));
    set.addMetadataWrites(write);
  }
  return set;
}

function hashedSet(access: CollectionAccess): InstanceType<typeof kvrwset.HashedRWSet> {
  const set = new kvrwset.HashedRWSet();
  const byHash = <T>(entries: ReadonlyMap<string, T>) =>
    [...entries]
      .map(([key, value]) => ({ hash: sha256(Buffer.from(key)), value }))
      .sort((a, b) => Buffer.compare(a.hash, b.hash));
  for (const { hash, value } of byHash(access.reads)) {
    const read = new kvrwset.KVReadHash();
    read.setKeyHash(hash);
    if (value !== undefined) read.setVersion(stampOf(value));
    set.addHashedReads(read);
  }
  for (const { hash, value } of byHash(access.writes)) {
    const write = new kvrwset.KVWriteHash();
    write.setKeyHash(hash);
    if (value.value === null) write.setIsDelete(true);
    else write.setValueHash(sha256(value.value));
    if (value.purge) write.setIsPurge(true);
    set.addHashedWrites(write);
  }
  for (const { hash, value } of byHash(access.metadataWrites)) {
    const write = new kvrwset.KVMetadataWriteHash();
    write.setKeyHash(hash);
    write.setEntriesList(entriesOf(value));
    set.addMetadataWrites(write);
  }
  return set;
}

function privateSet(access: CollectionAccess): Uint8Array {
  const set = new kvrwset.KVRWSet();
  for (const key of sorted(access.writes))
    set.addWrites(writeOf(key, access.writes.get(key)?.value ?? null));
  return set.serializeBinary();
}

function writesOf(access: CollectionAccess): boolean {
  return access.writes.size > 0;
}

function writeOf(key: string, value: Uint8Array | null): InstanceType<typeof kvrwset.KVWrite> {
  const write = new kvrwset.KVWrite();
  write.setKey(key);
  if (value === null) write.setIsDelete(true);
  else write.setValue(value);
  return write;
}

function entriesOf(
  entries: ReadonlyMap<string, Uint8Array> | undefined,
): InstanceType<typeof kvrwset.KVMetadataEntry>[] {
  return [...(entries ?? [])].map(([name, value]) => {
    const entry = new kvrwset.KVMetadataEntry();
    entry.setName(name);
    entry.setValue(value);
    return entry;
  });
}

function rangeOf(range: RangeRead): RangeInfo {
  const info = new kvrwset.RangeQueryInfo();
  info.setStartKey(range.start);
  info.setEndKey(range.exhausted ? range.end : (range.rows.at(-1)?.key ?? ''));
  info.setItrExhausted(range.exhausted);
  setResults(info, range.rows);
  return info;
}

function sorted(entries: ReadonlyMap<string, unknown>): string[] {
  return [...entries.keys()].sort(compareKeys);
}

function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function describeVersion(version: Version | undefined): string {
  return version === undefined
    ? '<nil>'
    : `{BlockNum: ${String(version.block)}, TxNum: ${String(version.tx)}}`;
}
