import { ledger } from '@hyperledger/fabric-protos';
import { compareKeys } from './key-order.ts';
import type { StateDb, Version, VersionedValue } from './state-db.ts';

const { kvrwset } = ledger.rwset;
const PREFETCH = 101;

interface RangeRead {
  readonly start: string;
  readonly end: string;
  exhausted: boolean;
  lastKey: string;
  readonly reads: { key: string; version: Version | undefined }[];
}

interface NamespaceAccess {
  readonly reads: Map<string, Version | undefined>;
  readonly writes: Map<string, Uint8Array | null>;
  readonly metadataWrites: Map<string, Map<string, Uint8Array>>;
  readonly ranges: RangeRead[];
}

/** Rows of an open range, fetched 100 at a time as a peer does. */
export interface RangeCursor {
  next(): { readonly rows: readonly { readonly key: string; readonly value: Uint8Array }[]; readonly hasMore: boolean };
}

/** Runs one transaction on a snapshot: reads see committed state only, never the transaction's own writes. */
export class Simulator {
  readonly #db: StateDb;
  readonly #access = new Map<string, NamespaceAccess>();

  constructor(db: StateDb) {
    this.#db = db;
  }

  get(namespace: string, key: string): Uint8Array {
    const found = this.#db.get(namespace, key);
    this.#ns(namespace).reads.set(key, found?.version);
    return found?.value ?? new Uint8Array();
  }

  getMetadata(namespace: string, key: string): VersionedValue | undefined {
    const found = this.#db.get(namespace, key);
    this.#ns(namespace).reads.set(key, found?.version);
    return found;
  }

  put(namespace: string, key: string, value: Uint8Array): void {
    this.#ns(namespace).writes.set(key, value.length === 0 ? null : value);
  }

  delete(namespace: string, key: string): void {
    this.#ns(namespace).writes.set(key, null);
  }

  putMetadata(namespace: string, key: string, name: string, value: Uint8Array): void {
    const writes = this.#ns(namespace).metadataWrites;
    const entries = writes.get(key) ?? new Map<string, Uint8Array>();
    entries.set(name, value);
    writes.set(key, entries);
  }

  /** Opens a range; the end key that the read set binds is that of the last key fetched. */
  openRange(namespace: string, start: string, end: string): RangeCursor {
    const read: RangeRead = { start, end, exhausted: false, lastKey: '', reads: [] };
    this.#ns(namespace).ranges.push(read);
    const rows = this.#db.range(namespace, start, end, Number.MAX_SAFE_INTEGER);
    let offset = 0;
    return {
      next: () => {
        const batch = rows.slice(offset, offset + PREFETCH - 1);
        const fetched = rows.slice(offset, offset + PREFETCH);
        offset += batch.length;
        for (const { key, value } of fetched) {
          if (read.reads.some((known) => known.key === key)) continue;
          read.reads.push({ key, version: value.version });
          read.lastKey = key;
        }
        read.exhausted = fetched.length < PREFETCH;
        return { rows: batch.map(({ key, value }) => ({ key, value: value.value })), hasMore: !read.exhausted };
      },
    };
  }

  /** One page: at most `size` rows from `start`; the bookmark is the next key or "". */
  page(namespace: string, start: string, end: string, size: number, bookmark: string): { rows: readonly { key: string; value: Uint8Array }[]; bookmark: string } {
    const from = bookmark === '' ? start : bookmark;
    const limit = size <= 0 ? Number.MAX_SAFE_INTEGER - 1 : size;
    const found = this.#db.range(namespace, from, end, limit + 1);
    const rows = found.slice(0, limit);
    const next = found[limit];
    const read: RangeRead = { start: from, end: next?.key ?? end, exhausted: next === undefined, lastKey: rows.at(-1)?.key ?? '', reads: rows.map(({ key, value }) => ({ key, version: value.version })) };
    this.#ns(namespace).ranges.push(read);
    return { rows: rows.map(({ key, value }) => ({ key, value: value.value })), bookmark: next?.key ?? '' };
  }

  get wrote(): boolean {
    return [...this.#access.values()].some((access) => access.writes.size > 0 || access.metadataWrites.size > 0);
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
      set.addNsRwset(item);
    }
    return set.serializeBinary();
  }

  #ns(namespace: string): NamespaceAccess {
    let access = this.#access.get(namespace);
    if (access === undefined) {
      access = { reads: new Map(), writes: new Map(), metadataWrites: new Map(), ranges: [] };
      this.#access.set(namespace, access);
    }
    return access;
  }
}

function namespaceSet(access: NamespaceAccess): InstanceType<typeof kvrwset.KVRWSet> {
  const set = new kvrwset.KVRWSet();
  for (const key of [...access.reads.keys()].sort(compareKeys)) set.addReads(readOf(key, access.reads.get(key)));
  for (const range of access.ranges) set.addRangeQueriesInfo(rangeOf(range));
  for (const key of [...access.writes.keys()].sort(compareKeys)) {
    const value = access.writes.get(key);
    const write = new kvrwset.KVWrite();
    write.setKey(key);
    if (value === null || value === undefined) write.setIsDelete(true);
    else write.setValue(value);
    set.addWrites(write);
  }
  for (const key of [...access.metadataWrites.keys()].sort(compareKeys)) {
    const write = new kvrwset.KVMetadataWrite();
    write.setKey(key);
    for (const [name, value] of access.metadataWrites.get(key) ?? []) {
      const entry = new kvrwset.KVMetadataEntry();
      entry.setName(name);
      entry.setValue(value);
      write.addEntries(entry);
    }
    set.addMetadataWrites(write);
  }
  return set;
}

function readOf(key: string, version: Version | undefined): InstanceType<typeof kvrwset.KVRead> {
  const read = new kvrwset.KVRead();
  read.setKey(key);
  if (version !== undefined) {
    const stamp = new kvrwset.Version();
    stamp.setBlockNum(Number(version.block));
    stamp.setTxNum(version.tx);
    read.setVersion(stamp);
  }
  return read;
}

function rangeOf(range: RangeRead): InstanceType<typeof kvrwset.RangeQueryInfo> {
  const info = new kvrwset.RangeQueryInfo();
  info.setStartKey(range.start);
  info.setEndKey(range.exhausted ? range.end : range.lastKey);
  info.setItrExhausted(range.exhausted);
  const reads = new kvrwset.QueryReads();
  reads.setKvReadsList(range.reads.map(({ key, version }) => readOf(key, version)));
  info.setRawReads(reads);
  return info;
}
