import { compareKeys } from './key-order.ts';

/** Where a value was written: block and transaction number. */
export interface Version {
  readonly block: bigint;
  readonly tx: number;
}

export interface VersionedValue {
  readonly value: Uint8Array;
  readonly metadata?: Uint8Array;
  readonly version: Version;
}

/** World state of one channel: namespaces of keys in LevelDB's order. */
export class StateDb {
  readonly #namespaces = new Map<string, Map<string, VersionedValue>>();
  readonly #order = new Map<string, string[]>();

  get(namespace: string, key: string): VersionedValue | undefined {
    return this.#namespaces.get(namespace)?.get(key);
  }

  put(namespace: string, key: string, value: VersionedValue): void {
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
    if (this.#namespaces.get(namespace)?.delete(key) !== true) return;
    const order = this.#order.get(namespace) ?? [];
    order.splice(lowerBound(order, key), 1);
  }

  /** Up to `limit` keys with start <= key < end (empty end: no end). */
  range(namespace: string, start: string, end: string, limit: number): readonly { key: string; value: VersionedValue }[] {
    const order = this.#order.get(namespace) ?? [];
    const rows: { key: string; value: VersionedValue }[] = [];
    for (let i = lowerBound(order, start); i < order.length && rows.length < limit; i += 1) {
      const key = order[i] ?? '';
      if (end !== '' && compareKeys(key, end) >= 0) break;
      const value = this.get(namespace, key);
      if (value !== undefined) rows.push({ key, value });
    }
    return rows;
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
