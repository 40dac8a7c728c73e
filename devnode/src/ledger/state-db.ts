import { compareKeys } from './key-order.ts';

/** Where a value was written: block and transaction number. */
export interface Version {
  readonly block: bigint;
  readonly tx: number;
}

export interface VersionedValue {
  readonly value: Uint8Array;
  /** Serialised KVMetadataWrite entries by name. */
  readonly metadata?: ReadonlyMap<string, Uint8Array>;
  readonly version: Version;
}

export interface Row {
  readonly key: string;
  readonly value: VersionedValue;
}

/** What a simulation may read. */
export interface StateReader {
  get(namespace: string, key: string): VersionedValue | undefined;
  range(namespace: string, start: string, end: string, limit: number): readonly Row[];
}

/** World state of one channel: namespaces of keys in LevelDB's order. */
export class StateDb implements StateReader {
  readonly #namespaces = new Map<string, Map<string, VersionedValue>>();
  readonly #order = new Map<string, string[]>();
  readonly #views = new Set<StateView>();

  get(namespace: string, key: string): VersionedValue | undefined {
    return this.#namespaces.get(namespace)?.get(key);
  }

  put(namespace: string, key: string, value: VersionedValue): void {
    this.#keepForViews(namespace, key);
    let keys = this.#namespaces.get(namespace);
    if (keys === undefined) {
      keys = new Map();
      this.#namespaces.set(namespace, keys);
      this.#order.set(namespace, []);
    }
    if (!keys.has(key)) {
      const order = this.#order.get(namespace) ?? [];
      order.splice(lowerBound(order, key), 0, key);
    }
    keys.set(key, value);
  }

  delete(namespace: string, key: string): void {
    this.#keepForViews(namespace, key);
    if (this.#namespaces.get(namespace)?.delete(key) !== true) return;
    const order = this.#order.get(namespace) ?? [];
    order.splice(lowerBound(order, key), 1);
  }

  /** Up to `limit` rows with start <= key < end (empty end: no end). */
  range(namespace: string, start: string, end: string, limit: number): readonly Row[] {
    const order = this.#order.get(namespace) ?? [];
    const rows: Row[] = [];
    for (let i = lowerBound(order, start); i < order.length && rows.length < limit; i += 1) {
      const key = order[i] ?? '';
      if (end !== '' && compareKeys(key, end) >= 0) break;
      const value = this.get(namespace, key);
      if (value !== undefined) rows.push({ key, value });
    }
    return rows;
  }

  /** The state as it is now, whatever is written later; costs only what is overwritten before `close`. */
  view(): StateView {
    const view = new StateView(this, (closed) => this.#views.delete(closed));
    this.#views.add(view);
    return view;
  }

  #keepForViews(namespace: string, key: string): void {
    for (const view of this.#views) view.keep(namespace, key, this.get(namespace, key));
  }
}

/** A snapshot that keeps the old value of each key written after it was taken. */
class StateView implements StateReader {
  readonly #db: StateDb;
  readonly #onClose: (view: StateView) => void;
  readonly #kept = new Map<string, Map<string, VersionedValue | undefined>>();

  constructor(db: StateDb, onClose: (view: StateView) => void) {
    this.#db = db;
    this.#onClose = onClose;
  }

  keep(namespace: string, key: string, value: VersionedValue | undefined): void {
    const kept = this.#kept.get(namespace) ?? new Map<string, VersionedValue | undefined>();
    this.#kept.set(namespace, kept);
    if (!kept.has(key)) kept.set(key, value);
  }

  get(namespace: string, key: string): VersionedValue | undefined {
    const kept = this.#kept.get(namespace);
    return kept?.has(key) === true ? kept.get(key) : this.#db.get(namespace, key);
  }

  range(namespace: string, start: string, end: string, limit: number): readonly Row[] {
    const kept = this.#kept.get(namespace);
    if (kept === undefined) return this.#db.range(namespace, start, end, limit);
    const rows = this.#db
      .range(namespace, start, end, Number.MAX_SAFE_INTEGER)
      .filter(({ key }) => !kept.has(key));
    const inRange = (key: string) =>
      compareKeys(key, start) >= 0 && (end === '' || compareKeys(key, end) < 0);
    const old = [...kept].flatMap(([key, value]) =>
      value !== undefined && inRange(key) ? [{ key, value }] : [],
    );
    return [...rows, ...old].toSorted((a, b) => compareKeys(a.key, b.key)).slice(0, limit);
  }

  close(): void {
    this.#onClose(this);
  }
}

function lowerBound(order: readonly string[], key: string): number {
  let low = 0;
  let high = order.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareKeys(order[middle] ?? '', key) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
