import { peer } from '@hyperledger/fabric-protos';
import type { LedgerView, StoredValue } from './memory-ledger.ts';
import type { RangeRead, ReadWriteSet } from './read-write-set.ts';

interface QueryRow {
  readonly key: string;
  readonly value: Buffer;
}

/**
 * The peer's side of one chaincode transaction: what fabric-shim's ChaincodeStub calls as its handler.
 * Reads see the committed state only; a page together with a write is refused, as a peer does.
 */
export class Simulation {
  readonly #view: LedgerView;
  readonly #reads = new Map<string, string | null>();
  readonly #writes = new Map<string, Buffer | null>();
  readonly #ranges: RangeRead[] = [];
  #paged = false;

  constructor(view: LedgerView) {
    this.#view = view;
  }

  handleGetState(_collection: string, key: string): Promise<Buffer> {
    const stored = this.#view.get(key);
    this.#reads.set(key, stored?.version ?? null);
    return Promise.resolve(stored?.value ?? Buffer.alloc(0));
  }

  handlePutState(_collection: string, key: string, value: Uint8Array): Promise<void> {
    this.#writes.set(key, value.length === 0 ? null : Buffer.from(value));
    return Promise.resolve();
  }

  handleDeleteState(_collection: string, key: string): Promise<void> {
    this.#writes.set(key, null);
    return Promise.resolve();
  }

  handleGetStateByRange(
    _collection: string,
    start: string,
    end: string,
    _channel: string,
    _txId: string,
    metadata?: Uint8Array,
  ) {
    const page = metadata === undefined ? undefined : decodeQueryMetadata(metadata);
    this.#paged ||= page !== undefined;
    const from = page?.bookmark === undefined || page.bookmark === '' ? start : page.bookmark;
    const all = this.#view.range(from, end);
    const rows = page === undefined ? all : all.slice(0, page.pageSize);
    const next = all[rows.length];
    const readEnd = next === undefined ? end : next[0];
    const found = rows.map(([key, { version }]) => [key, version] as const);
    this.#ranges.push({ start: from, end: readEnd, found });
    const bookmark = next === undefined ? '' : next[0];
    return Promise.resolve({
      iterator: iterate(rows),
      ...(page === undefined || rows.length === 0 ? {} : { metadata: { bookmark } }),
    });
  }

  /** The result; throws what a peer answers when a transaction both pages and writes. */
  finish(): ReadWriteSet {
    if (this.#paged && this.#writes.size > 0)
      throw new Error(
        'txid: unsuppored transaction. Transaction has already performed a paginated query',
      );
    return {
      reads: sorted(this.#reads, (version) => version),
      ranges: this.#ranges,
      writes: sorted(this.#writes, (value) => value?.toString() ?? null),
    };
  }
}

function iterate(rows: readonly (readonly [string, StoredValue])[]) {
  let next = 0;
  return {
    next: (): Promise<{ done: boolean; value?: QueryRow }> => {
      const row = rows[next];
      next += 1;
      return Promise.resolve(
        row === undefined
          ? { done: true }
          : { done: false, value: { key: row[0], value: row[1].value } },
      );
    },
    close: () => Promise.resolve(),
  };
}

function sorted<V, R>(map: ReadonlyMap<string, V>, value: (v: V) => R): (readonly [string, R])[] {
  return [...map]
    .map(([key, v]) => [key, value(v)] as const)
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

/** QueryMetadata of the shim protocol: int32 pageSize = 1, string bookmark = 2. */
function decodeQueryMetadata(bytes: Uint8Array): { pageSize: number; bookmark: string } {
  const decoded = peer.QueryMetadata.deserializeBinary(bytes);
  return { pageSize: decoded.getPagesize(), bookmark: decoded.getBookmark() };
}
