import * as grpc from '@grpc/grpc-js';
import { ledger, peer } from '@hyperledger/fabric-protos';
import type { HistoryDb } from '../ledger/history.ts';
import type { RangeCursor, Simulator } from '../ledger/simulator.ts';

const { Type } = peer.ChaincodeMessage;
type MessageType = peer.ChaincodeMessage.TypeMap[keyof peer.ChaincodeMessage.TypeMap];

export interface ChaincodeResult {
  readonly response: peer.Response;
  readonly event: Uint8Array | undefined;
}

interface Execution {
  readonly simulator: Simulator;
  readonly cursors: Map<string, RangeCursor>;
  readonly resolve: (result: ChaincodeResult) => void;
  readonly reject: (error: Error) => void;
}

export interface LinkOptions {
  readonly address: string;
  readonly tlsRootCert?: Uint8Array;
  readonly namespace: string;
  readonly history: HistoryDb;
  readonly executeTimeoutMs: number;
}

/** The peer's end of one chaincode-as-a-service connection; dialled on first use and again after it broke. */
export class ChaincodeLink {
  readonly #options: LinkOptions;
  readonly #executions = new Map<string, Execution>();
  #stream: grpc.ClientDuplexStream<peer.ChaincodeMessage, peer.ChaincodeMessage> | undefined;
  #ready: Promise<void> | undefined;
  #client: peer.ChaincodeClient | undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  async execute(txId: string, channel: string, input: Uint8Array, proposal: peer.SignedProposal, simulator: Simulator): Promise<ChaincodeResult> {
    await this.#connect();
    const key = `${channel}/${txId}`;
    if (this.#executions.has(key)) throw new Error(`txid: ${txId}(${channel}) exists`);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#executions.delete(key);
        reject(new Error('timeout expired while executing transaction'));
      }, this.#options.executeTimeoutMs);
      const done = <T>(settle: (value: T) => void) => (value: T) => {
        clearTimeout(timer);
        this.#executions.delete(key);
        settle(value);
      };
      this.#executions.set(key, { simulator, cursors: new Map(), resolve: done(resolve), reject: done(reject) });
      const message = newMessage(Type.TRANSACTION, txId, channel, input);
      message.setProposal(proposal);
      this.#stream?.write(message);
    });
  }

  close(): void {
    this.#stream?.cancel();
    this.#client?.close();
    this.#ready = undefined;
  }

  #connect(): Promise<void> {
    this.#ready ??= this.#dial().catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    return this.#ready;
  }

  #dial(): Promise<void> {
    const { address, tlsRootCert } = this.#options;
    const credentials = tlsRootCert === undefined ? grpc.credentials.createInsecure() : grpc.credentials.createSsl(Buffer.from(tlsRootCert));
    const client = new peer.ChaincodeClient(address, credentials, { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 });
    const stream = client.connect() as grpc.ClientDuplexStream<peer.ChaincodeMessage, peer.ChaincodeMessage>;
    this.#client = client;
    this.#stream = stream;
    return new Promise((resolve, reject) => {
      stream.on('data', (message: peer.ChaincodeMessage) => {
        if (message.getType() === Type.REGISTER) {
          stream.write(newMessage(Type.REGISTERED, '', ''));
          stream.write(newMessage(Type.READY, '', ''));
          resolve();
        } else this.#onMessage(message);
      });
      const ended = (error?: Error) => {
        client.close();
        this.#ready = undefined;
        reject(error ?? new Error('chaincode stream terminated'));
        for (const execution of [...this.#executions.values()]) execution.reject(new Error('error sending: chaincode stream terminated'));
      };
      stream.on('error', ended);
      stream.on('end', () => {
        ended();
      });
    });
  }

  #onMessage(message: peer.ChaincodeMessage): void {
    const execution = this.#executions.get(`${message.getChannelId()}/${message.getTxid()}`);
    if (execution === undefined) return;
    const type = message.getType();
    if (type === Type.COMPLETED) {
      const event = message.getChaincodeEvent()?.serializeBinary();
      execution.resolve({ response: peer.Response.deserializeBinary(message.getPayload_asU8()), event });
      return;
    }
    if (type === Type.ERROR) {
      execution.reject(new Error(Buffer.from(message.getPayload_asU8()).toString()));
      return;
    }
    this.#answer(message, () => this.#handle(type, message, execution));
  }

  #answer(message: peer.ChaincodeMessage, handle: () => Uint8Array): void {
    const [txId, channel] = [message.getTxid(), message.getChannelId()];
    try {
      this.#stream?.write(newMessage(Type.RESPONSE, txId, channel, handle()));
    } catch (error) {
      const name = Object.entries(Type).find(([, value]) => value === message.getType())?.[0] ?? 'UNKNOWN';
      const text = `${name} failed: transaction ID: ${txId}: ${error instanceof Error ? error.message : String(error)}`;
      this.#stream?.write(newMessage(Type.ERROR, txId, channel, Buffer.from(text)));
    }
  }

  #handle(type: MessageType, message: peer.ChaincodeMessage, { simulator, cursors }: Execution): Uint8Array {
    const { namespace, history } = this.#options;
    const payload = message.getPayload_asU8();
    switch (type) {
      case Type.GET_STATE:
        return simulator.get(namespace, peer.GetState.deserializeBinary(payload).getKey());
      case Type.PUT_STATE: {
        const put = peer.PutState.deserializeBinary(payload);
        simulator.put(namespace, put.getKey(), put.getValue_asU8());
        return new Uint8Array();
      }
      case Type.DEL_STATE:
        simulator.delete(namespace, peer.DelState.deserializeBinary(payload).getKey());
        return new Uint8Array();
      case Type.GET_STATE_BY_RANGE:
        return range(peer.GetStateByRange.deserializeBinary(payload), namespace, simulator, cursors);
      case Type.QUERY_STATE_NEXT: {
        const id = peer.QueryStateNext.deserializeBinary(payload).getId();
        const cursor = cursors.get(id);
        if (cursor === undefined) throw new Error('query iterator not found');
        return batch(cursor, id);
      }
      case Type.QUERY_STATE_CLOSE: {
        const id = peer.QueryStateClose.deserializeBinary(payload).getId();
        cursors.delete(id);
        const closed = new peer.QueryResponse();
        closed.setId(id);
        return closed.serializeBinary();
      }
      case Type.GET_HISTORY_FOR_KEY: {
        const key = new TextDecoder().decode(payload.subarray(2));
        const answer = new peer.QueryResponse();
        answer.setId('history');
        for (const bytes of history.of(namespace, key)) {
          const row = new peer.QueryResultBytes();
          row.setResultbytes(bytes);
          answer.addResults(row);
        }
        return answer.serializeBinary();
      }
      case Type.GET_QUERY_RESULT:
        throw new Error('ExecuteQuery not supported for leveldb');
      default:
        throw new Error(`devnode: not supported: message type ${type}`);
    }
  }
}

function range(request: peer.GetStateByRange, namespace: string, simulator: Simulator, cursors: Map<string, RangeCursor>): Uint8Array {
  const start = request.getStartkey() === '' ? '\u0001' : request.getStartkey();
  const metadata = request.getMetadata_asU8();
  if (metadata.length > 0) {
    const query = peer.QueryMetadata.deserializeBinary(metadata);
    const page = simulator.page(namespace, start, request.getEndkey(), query.getPagesize(), query.getBookmark());
    const answer = responseOf(page.rows, false, 'page', namespace);
    const extra = new peer.QueryResponseMetadata();
    extra.setFetchedRecordsCount(page.rows.length);
    extra.setBookmark(page.bookmark);
    answer.setMetadata(extra.serializeBinary());
    return answer.serializeBinary();
  }
  const id = `range-${String(cursors.size + 1)}-${start}`;
  const cursor = simulator.openRange(namespace, start, request.getEndkey());
  cursors.set(id, cursor);
  return batch(cursor, id);
}

function batch(cursor: RangeCursor, id: string): Uint8Array {
  const { rows, hasMore } = cursor.next();
  return responseOf(rows, hasMore, id, '').serializeBinary();
}

function responseOf(rows: readonly { readonly key: string; readonly value: Uint8Array }[], hasMore: boolean, id: string, namespace: string): peer.QueryResponse {
  const answer = new peer.QueryResponse();
  answer.setId(id);
  answer.setHasMore(hasMore);
  for (const { key, value } of rows) {
    const kv = new ledger.queryresult.KV();
    kv.setNamespace(namespace);
    kv.setKey(key);
    kv.setValue(value);
    const row = new peer.QueryResultBytes();
    row.setResultbytes(kv.serializeBinary());
    answer.addResults(row);
  }
  return answer;
}

function newMessage(type: MessageType, txId: string, channel: string, payload?: Uint8Array): peer.ChaincodeMessage {
  const message = new peer.ChaincodeMessage();
  message.setType(type);
  message.setTxid(txId);
  message.setChannelId(channel);
  if (payload !== undefined) message.setPayload(payload);
  return message;
}
