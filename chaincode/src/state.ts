import type { Context } from 'fabric-contract-api';
import { FABRIC_SCHEMA, canonicalJson, type Page } from '@midlock/protocol';
import type { Key, Prefix } from './keys.ts';
import { requireRule } from './rules.ts';

interface Row {
  readonly key: string;
  readonly value: Uint8Array;
}

/**
 * The ledger as typed records in canonical JSON. Reads see the state before the transaction, never its own writes.
 * {@link State.page} and {@link State.scan} are for queries: Fabric refuses a transaction that pages and writes.
 */
export class State {
  readonly #stub: Context['stub'];

  constructor(stub: Context['stub']) {
    this.#stub = stub;
  }

  async get<T extends { readonly schema: number }>(key: Key<T>): Promise<T | undefined> {
    const bytes = await this.#stub.getState(this.#text(key));
    return bytes.length === 0 ? undefined : (decode(bytes) as T);
  }

  async put<T extends object>(key: Key<T>, value: T): Promise<void> {
    await this.#stub.putState(this.#text(key), Buffer.from(canonicalJson(value)));
  }

  async delete(key: Key<unknown>): Promise<void> {
    await this.#stub.deleteState(this.#text(key));
  }

  /** One page; `bookmark` is empty at first and what the page before returned afterwards. Throws ARGUMENT_INVALID. */
  async page<T extends { readonly schema: number }>(
    prefix: Prefix<T>,
    pageSize: number,
    bookmark: string,
  ): Promise<Page<T>> {
    const start = this.#text(prefix);
    const from = Buffer.from(bookmark, 'base64url').toString();
    const canonical = Buffer.from(from).toString('base64url') === bookmark;
    requireRule('bookmark', canonical && (from === '' || from.startsWith(start)), {
      argument: 'bookmark',
    });
    const rows = this.#stub.getStateByPartialCompositeKeyWithPagination(
      prefix.type,
      [...prefix.attributes],
      pageSize,
      from,
    );
    const items: T[] = [];
    for await (const row of rows as AsyncIterable<Row>) items.push(decode(row.value) as T);
    // A page without rows has no metadata at all in the Node shim.
    const metadata = (await rows).metadata as { readonly bookmark: string } | undefined;
    return {
      schema: FABRIC_SCHEMA,
      items,
      bookmark: Buffer.from(metadata?.bookmark ?? '').toString('base64url'),
    };
  }

  /** Every record under a prefix, read in pages below the peer's query limit. */
  async *scan<T extends { readonly schema: number }>(prefix: Prefix<T>): AsyncGenerator<T> {
    let bookmark = '';
    do {
      const page: Page<T> = await this.page(prefix, SCAN_PAGE, bookmark);
      yield* page.items;
      bookmark = page.bookmark;
    } while (bookmark !== '');
  }

  #text(key: Key<unknown>): string {
    return this.#stub.createCompositeKey(key.type, [...key.attributes]);
  }
}

const SCAN_PAGE = 1000;

function decode(bytes: Uint8Array): { readonly schema: number } {
  const value = JSON.parse(Buffer.from(bytes).toString()) as { readonly schema: number };
  requireRule('schema-known', value.schema === FABRIC_SCHEMA, { schema: value.schema });
  return value;
}
