import { ledger } from '@hyperledger/fabric-protos';
import type { Timestamp } from 'google-protobuf/google/protobuf/timestamp_pb.js';

/** Every VALID write of a key, newest first, as KeyModification bytes. */
export class HistoryDb {
  readonly #entries = new Map<string, Uint8Array[]>();

  add(
    namespace: string,
    key: string,
    txId: string,
    value: Uint8Array | null,
    timestamp: Timestamp | undefined,
  ): void {
    const modification = new ledger.queryresult.KeyModification();
    modification.setTxId(txId);
    if (value !== null) modification.setValue(value);
    modification.setIsDelete(value === null);
    if (timestamp !== undefined) modification.setTimestamp(timestamp);
    const id = `${namespace}\u0000${key}`;
    const entries = this.#entries.get(id) ?? [];
    entries.unshift(modification.serializeBinary());
    this.#entries.set(id, entries);
  }

  of(namespace: string, key: string): readonly Uint8Array[] {
    return this.#entries.get(`${namespace}\u0000${key}`) ?? [];
  }
}
