import { ledger, peer } from '@hyperledger/fabric-protos';
import type { HistoryDb } from '../ledger/history.ts';
import { VALIDATION_PARAMETER, type RangeCursor, type Simulator } from '../ledger/simulator.ts';

const { Type } = peer.ChaincodeMessage;
export type MessageType = peer.ChaincodeMessage.TypeMap[keyof peer.ChaincodeMessage.TypeMap];

/** One chaincode's part of a transaction: what it may ask for while it runs. */
export interface Execution {
  readonly namespace: string;
  readonly txId: string;
  readonly creatorMspId: string;
  readonly simulator: Simulator;
  readonly history: HistoryDb;
  readonly isInit: boolean;
  /** Calls another chaincode with ChaincodeInput bytes; gives the Response's bytes. */
  readonly invoke: (name: string, input: Uint8Array) => Promise<Uint8Array>;
}

/** Answers the requests of one execution. Throws Error with the peer's cause; the caller adds type and transaction id. */
export class RequestHandler {
  readonly #execution: Execution;
  readonly #cursors = new Map<string, RangeCursor>();
  #lastCursor = 0;

  constructor(execution: Execution) {
    this.#execution = execution;
  }

  handle(type: MessageType, payload: Uint8Array): Uint8Array | Promise<Uint8Array> {
    const { namespace, simulator, invoke } = this.#execution;
    switch (type) {
      case Type.GET_STATE: {
        const request = peer.GetState.deserializeBinary(payload);
        const collection = request.getCollection();
        if (collection === '') return simulator.get(namespace, request.getKey());
        this.#mayRead(collection);
        return simulator.getPrivate(namespace, collection, request.getKey());
      }
      case Type.GET_PRIVATE_DATA_HASH: {
        const request = peer.GetState.deserializeBinary(payload);
        return simulator.getPrivateHash(namespace, request.getCollection(), request.getKey());
      }
      case Type.PUT_STATE: {
        const request = peer.PutState.deserializeBinary(payload);
        return this.#put(request.getCollection(), request.getKey(), request.getValue_asU8());
      }
      case Type.DEL_STATE: {
        const request = peer.DelState.deserializeBinary(payload);
        return this.#put(request.getCollection(), request.getKey(), new Uint8Array());
      }
      case Type.PURGE_PRIVATE_DATA: {
        const request = peer.PurgePrivateState.deserializeBinary(payload);
        this.#mayWrite(request.getCollection());
        simulator.putPrivate(namespace, request.getCollection(), request.getKey(), null, true);
        return new Uint8Array();
      }
      case Type.GET_STATE_METADATA:
        return this.#metadata(peer.GetStateMetadata.deserializeBinary(payload));
      case Type.PUT_STATE_METADATA:
        return this.#putMetadata(peer.PutStateMetadata.deserializeBinary(payload));
      case Type.GET_STATE_BY_RANGE:
        return this.#range(peer.GetStateByRange.deserializeBinary(payload));
      case Type.QUERY_STATE_NEXT: {
        const id = peer.QueryStateNext.deserializeBinary(payload).getId();
        const cursor = this.#cursors.get(id);
        if (cursor === undefined) throw new Error('query iterator not found');
        return this.#batch(cursor, id);
      }
      case Type.QUERY_STATE_CLOSE: {
        const id = peer.QueryStateClose.deserializeBinary(payload).getId();
        this.#cursors.delete(id);
        return answerOf([], false, id).serializeBinary();
      }
      case Type.GET_HISTORY_FOR_KEY:
        return this.#history(peer.GetHistoryForKey.deserializeBinary(payload).getKey());
      case Type.GET_QUERY_RESULT:
        throw new Error('ExecuteQuery not supported for leveldb');
      case Type.INVOKE_CHAINCODE: {
        const spec = peer.ChaincodeSpec.deserializeBinary(payload);
        return invoke(
          spec.getChaincodeId()?.getName() ?? '',
          spec.getInput()?.serializeBinary() ?? new Uint8Array(),
        );
      }
      default:
        throw new Error(`devnode: not supported: message type ${String(type)}`);
    }
  }

  #put(collection: string, key: string, value: Uint8Array): Uint8Array {
    const { namespace, simulator } = this.#execution;
    if (collection === '') simulator.put(namespace, key, value);
    else {
      this.#mayWrite(collection);
      simulator.putPrivate(namespace, collection, key, value);
    }
    return new Uint8Array();
  }

  #metadata(request: peer.GetStateMetadata): Uint8Array {
    const { namespace, simulator } = this.#execution;
    const collection = request.getCollection();
    if (collection !== '') this.#mayRead(collection);
    const found =
      collection === ''
        ? simulator.getMetadata(namespace, request.getKey())
        : simulator.getPrivateMetadata(namespace, collection, request.getKey());
    const result = new peer.StateMetadataResult();
    for (const [name, value] of found) {
      const entry = new peer.StateMetadata();
      entry.setMetakey(name);
      entry.setValue(value);
      result.addEntries(entry);
    }
    return result.serializeBinary();
  }

  #putMetadata(request: peer.PutStateMetadata): Uint8Array {
    const { namespace, simulator } = this.#execution;
    const collection = request.getCollection();
    const name = request.getMetadata()?.getMetakey() ?? VALIDATION_PARAMETER;
    const value = request.getMetadata()?.getValue_asU8() ?? new Uint8Array();
    if (collection === '') simulator.putMetadata(namespace, request.getKey(), name, value);
    else {
      this.#mayWrite(collection);
      simulator.putPrivateMetadata(namespace, collection, request.getKey(), name, value);
    }
    return new Uint8Array();
  }

  #range(request: peer.GetStateByRange): Uint8Array {
    const { namespace, simulator } = this.#execution;
    const collection = request.getCollection();
    const start = request.getStartkey() === '' ? '\u0001' : request.getStartkey();
    const metadata = request.getMetadata_asU8();
    if (collection === '' && metadata.length > 0) {
      const query = peer.QueryMetadata.deserializeBinary(metadata);
      const page = simulator.page(
        namespace,
        start,
        request.getEndkey(),
        query.getPagesize(),
        query.getBookmark(),
      );
      const answer = answerOf(kvBytes(page.rows, namespace), false, this.#nextId());
      const extra = new peer.QueryResponseMetadata();
      extra.setFetchedRecordsCount(page.rows.length);
      extra.setBookmark(page.bookmark);
      answer.setMetadata(extra.serializeBinary());
      return answer.serializeBinary();
    }
    if (collection !== '') this.#mayRead(collection);
    const cursor =
      collection === ''
        ? simulator.openRange(namespace, start, request.getEndkey())
        : simulator.openPrivateRange(namespace, collection, start, request.getEndkey());
    const id = this.#nextId();
    this.#cursors.set(id, cursor);
    return this.#batch(cursor, id);
  }

  #batch(cursor: RangeCursor, id: string): Uint8Array {
    const { rows, hasMore } = cursor.next();
    if (!hasMore) this.#cursors.delete(id);
    return answerOf(kvBytes(rows, this.#execution.namespace), hasMore, id).serializeBinary();
  }

  #history(key: string): Uint8Array {
    const { namespace, history } = this.#execution;
    return answerOf(history.of(namespace, key), false, this.#nextId()).serializeBinary();
  }

  #nextId(): string {
    this.#lastCursor += 1;
    return `${this.#execution.txId}-${String(this.#lastCursor)}`;
  }

  #mayRead(collection: string): void {
    const { namespace, simulator, creatorMspId } = this.#execution;
    const { memberOnlyRead, memberOrgs } = simulator.collection(namespace, collection);
    if (!memberOnlyRead || memberOrgs.has(creatorMspId)) return;
    throw new Error(
      `tx creator does not have read access permission on privatedata in chaincodeName:${namespace} collectionName: ${collection}`,
    );
  }

  #mayWrite(collection: string): void {
    const { namespace, simulator, creatorMspId } = this.#execution;
    const { memberOnlyWrite, memberOrgs } = simulator.collection(namespace, collection);
    if (!memberOnlyWrite || memberOrgs.has(creatorMspId)) return;
    throw new Error(
      `tx creator does not have write access permission on privatedata in chaincodeName:${namespace} collectionName: ${collection}`,
    );
  }
}

function kvBytes(
  rows: readonly { readonly key: string; readonly value: Uint8Array }[],
  namespace: string,
): Uint8Array[] {
  return rows.map(({ key, value }) => {
    const kv = new ledger.queryresult.KV();
    kv.setNamespace(namespace);
    kv.setKey(key);
    kv.setValue(value);
    return kv.serializeBinary();
  });
}

function answerOf(rows: readonly Uint8Array[], hasMore: boolean, id: string): peer.QueryResponse {
  const answer = new peer.QueryResponse();
  answer.setId(id);
  answer.setHasMore(hasMore);
  for (const bytes of rows) {
    const row = new peer.QueryResultBytes();
    row.setResultbytes(bytes);
    answer.addResults(row);
  }
  return answer;
}
