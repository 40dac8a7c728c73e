import { createHash } from 'node:crypto';
import protobuf from 'google-protobuf';
import type { Version } from './state-db.ts';

/** One key's last write in a block; `null` deletes. The key is UTF-8 in public state, 32 octets in hashes. */
interface Write {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  readonly version: Version;
}

/**
 * What a block changes in the public state and in the hashes of private data, in the one order and encoding that all
 * peers agree on. Source: fabric, core/ledger/kvledger/txmgmt/txmgr/update_batch_bytes.go.
 */
export class UpdateBatch {
  /** By namespace, then by collection; `''` is the public state. */
  readonly #writes = new Map<string, Map<string, Map<string, Write>>>();

  /** A later write of the same key takes the earlier one's place; an empty value deletes, as `null` does. */
  put(
    namespace: string,
    collection: string,
    key: Uint8Array,
    value: Uint8Array | null,
    version: Version,
  ): void {
    const collections = entryOf(
      this.#writes,
      namespace,
      () => new Map<string, Map<string, Write>>(),
    );
    const writes = entryOf(collections, collection, () => new Map<string, Write>());
    const isDelete = value === null || value.length === 0;
    writes.set(Buffer.from(key).toString('latin1'), {
      key,
      value: isDelete ? null : value,
      version,
    });
  }

  /** Namespaces, collections and keys in the order of their octets; a name stands only where it changes. */
  toBytes(): Uint8Array {
    const batch = new protobuf.BinaryWriter();
    for (const [namespace, collections] of sorted(this.#writes)) {
      let firstOfNamespace = true;
      for (const [collection, writes] of sorted(collections)) {
        let firstOfCollection = true;
        for (const write of [...writes.values()].sort((a, b) => Buffer.compare(a.key, b.key))) {
          batch.writeBytes(
            1,
            encodeWrite(
              firstOfNamespace ? namespace : '',
              firstOfCollection ? collection : '',
              write,
            ),
          );
          firstOfNamespace = false;
          firstOfCollection = false;
        }
      }
    }
    return batch.getResultBuffer();
  }
}

/**
 * A block's commit hash: SHA-256 over the number of transactions as a varint, their codes, the update batch and the
 * commit hash of the block before; 32 octets. `previous` is empty for block 1; block 0 has none.
 */
export function commitHash(flags: Uint8Array, batch: Uint8Array, previous: Uint8Array): Uint8Array {
  return createHash('sha256')
    .update(varint(flags.length))
    .update(flags)
    .update(batch)
    .update(previous)
    .digest();
}

/** A KVWrite: namespace 1, collection 2, key 3, isDelete 4, value 5, version 6. Empty fields are left out. */
function encodeWrite(
  namespace: string,
  collection: string,
  { key, value, version }: Write,
): Uint8Array {
  const writer = new protobuf.BinaryWriter();
  if (namespace !== '') writer.writeString(1, namespace);
  if (collection !== '') writer.writeString(2, collection);
  if (key.length > 0) writer.writeBytes(3, key);
  if (value === null) writer.writeBool(4, true);
  else writer.writeBytes(5, value);
  writer.writeBytes(6, versionBytes(version));
  return writer.getResultBuffer();
}

/** Seven bits an octet, least first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Uint8Array.from([...bytes, rest]);
}

/** Block and transaction number, each as a length octet and its big-endian octets without leading zeros. */
function versionBytes({ block, tx }: Version): Uint8Array {
  return Buffer.concat([orderPreserving(block), orderPreserving(BigInt(tx))]);
}

function orderPreserving(value: bigint): Uint8Array {
  const hex = value === 0n ? '' : value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
  return Buffer.concat([Buffer.of(bytes.length), bytes]);
}

function sorted<T>(map: ReadonlyMap<string, T>): [string, T][] {
  return [...map].sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
