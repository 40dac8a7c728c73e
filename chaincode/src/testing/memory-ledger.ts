import type { ReadWriteSet } from './read-write-set.ts';

export interface StoredValue {
  readonly value: Buffer;
  /** `block:transaction` of the last write. */
  readonly version: string;
}

/** The committed state as a simulation sees it. */
export interface LedgerView {
  get(key: string): StoredValue | undefined;
  range(start: string, end: string): readonly (readonly [string, StoredValue])[];
}

/** Fabric's validation codes that this ledger gives. */
export type ValidationCode =
  'VALID' | 'MVCC_READ_CONFLICT' | 'PHANTOM_READ_CONFLICT' | 'DUPLICATE_TXID';

export interface OrderedTransaction {
  readonly txId: string;
  readonly readWriteSet: ReadWriteSet;
}

/** World state with versions and Fabric's rules at commit: block order, MVCC, phantoms, duplicate transaction ids. */
export class MemoryLedger implements LedgerView {
  readonly #state = new Map<string, StoredValue>();
  readonly #txIds = new Set<string>();
  #height = 0;

  get(key: string): StoredValue | undefined {
    return this.#state.get(key);
  }

  range(start: string, end: string): readonly (readonly [string, StoredValue])[] {
    return [...this.#state]
      .filter(([key]) => compare(key, start) >= 0 && compare(key, end) < 0)
      .sort(([a], [b]) => compare(a, b));
  }

  /** Everything that stands on the ledger. */
  entries(): readonly (readonly [string, string])[] {
    return [...this.#state].map(([key, { value }]) => [key, value.toString()] as const);
  }

  /** Validates and applies one block; the code of each transaction in its order. */
  commit(transactions: readonly OrderedTransaction[]): readonly ValidationCode[] {
    this.#height += 1;
    return transactions.map(({ txId, readWriteSet }, index) => {
      const code = this.#validate(txId, readWriteSet);
      this.#txIds.add(txId);
      if (code === 'VALID') this.#apply(readWriteSet, `${this.#height}:${index}`);
      return code;
    });
  }

  #validate(txId: string, { reads, ranges }: ReadWriteSet): ValidationCode {
    if (this.#txIds.has(txId)) return 'DUPLICATE_TXID';
    if (reads.some(([key, version]) => (this.#state.get(key)?.version ?? null) !== version))
      return 'MVCC_READ_CONFLICT';
    const phantom = ranges.some(({ start, end, found }) => {
      const now = this.range(start, end).map(([key, { version }]) => [key, version]);
      return JSON.stringify(now) !== JSON.stringify(found);
    });
    return phantom ? 'PHANTOM_READ_CONFLICT' : 'VALID';
  }

  #apply({ writes }: ReadWriteSet, version: string): void {
    for (const [key, value] of writes) {
      if (value === null) this.#state.delete(key);
      else this.#state.set(key, { value: Buffer.from(value), version });
    }
  }
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
