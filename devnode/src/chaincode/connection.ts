import { peer } from '@hyperledger/fabric-protos';
import { RequestHandler, type Execution, type MessageType } from './execution.ts';

const { Type } = peer.ChaincodeMessage;
const TYPE_NAMES = new Map<number, string>(
  Object.entries(Type).map(([name, value]) => [value, name]),
);

export interface ChaincodeResult {
  readonly response: peer.Response;
  /** COMPLETED message's bytes, as a calling chaincode receives them. */
  readonly message: Uint8Array;
  readonly event: Uint8Array | undefined;
}

/** Runs transactions on one organisation's process of one chaincode. */
export interface ChaincodeRuntime {
  /** Throws Error with the peer's text: time-out, terminated stream, a process that cannot be reached. */
  execute(
    channel: string,
    input: Uint8Array,
    proposal: peer.SignedProposal,
    execution: Execution,
  ): Promise<ChaincodeResult>;
  close(): void;
}

/** The part of a stream that the peer's end needs; the same for dialled and accepted connections. */
export interface ChaincodeStream {
  write(message: peer.ChaincodeMessage): unknown;
}

interface Running {
  readonly handler: RequestHandler;
  readonly resolve: (result: ChaincodeResult) => void;
  readonly reject: (error: Error) => void;
}

/** The peer's end of one registered chaincode stream. */
export class ChaincodeConnection {
  readonly #stream: ChaincodeStream;
  readonly #timeoutMs: number;
  readonly #running = new Map<string, Running>();

  constructor(stream: ChaincodeStream, timeoutMs: number) {
    this.#stream = stream;
    this.#timeoutMs = timeoutMs;
  }

  /** Tells the chaincode that it is registered. No KEEPALIVE ever: fabric-shim 2.5.8 exits on one. */
  greet(): void {
    this.#stream.write(newMessage(Type.REGISTERED, '', ''));
    this.#stream.write(newMessage(Type.READY, '', ''));
  }

  execute(
    channel: string,
    input: Uint8Array,
    proposal: peer.SignedProposal,
    execution: Execution,
  ): Promise<ChaincodeResult> {
    const { txId, isInit } = execution;
    const key = `${channel}/${txId}`;
    if (this.#running.has(key))
      return Promise.reject(new Error(`error sending: txid: ${txId}(${channel}) exists`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#running.delete(key);
        reject(new Error('error sending: timeout expired while executing transaction'));
      }, this.#timeoutMs);
      const settle =
        <T>(done: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          this.#running.delete(key);
          done(value);
        };
      this.#running.set(key, {
        handler: new RequestHandler(execution),
        resolve: settle(resolve),
        reject: settle(reject),
      });
      const message = newMessage(isInit ? Type.INIT : Type.TRANSACTION, txId, channel, input);
      message.setProposal(proposal);
      this.#stream.write(message);
    });
  }

  receive(message: peer.ChaincodeMessage): void {
    const running = this.#running.get(`${message.getChannelId()}/${message.getTxid()}`);
    if (running === undefined) return;
    const type = message.getType();
    if (type === Type.COMPLETED) {
      const event = message.getChaincodeEvent()?.serializeBinary();
      running.resolve({
        response: peer.Response.deserializeBinary(message.getPayload_asU8()),
        message: message.serializeBinary(),
        event,
      });
    } else if (type === Type.ERROR) {
      running.reject(
        new Error(
          `transaction returned with failure: ${Buffer.from(message.getPayload_asU8()).toString()}`,
        ),
      );
    } else void this.#answer(type, message, running.handler);
  }

  /** Ends what runs: the stream is gone. */
  terminate(): void {
    for (const { reject } of [...this.#running.values()])
      reject(new Error('error sending: chaincode stream terminated'));
  }

  async #answer(
    type: MessageType,
    message: peer.ChaincodeMessage,
    handler: RequestHandler,
  ): Promise<void> {
    const [txId, channel] = [message.getTxid(), message.getChannelId()];
    try {
      this.#stream.write(
        newMessage(
          Type.RESPONSE,
          txId,
          channel,
          await handler.handle(type, message.getPayload_asU8()),
        ),
      );
    } catch (error) {
      const text = `${TYPE_NAMES.get(type) ?? 'UNKNOWN'} failed: transaction ID: ${txId}: ${error instanceof Error ? error.message : String(error)}`;
      this.#stream.write(newMessage(Type.ERROR, txId, channel, Buffer.from(text)));
    }
  }
}

function newMessage(
  type: MessageType,
  txId: string,
  channel: string,
  payload?: Uint8Array,
): peer.ChaincodeMessage {
  const message = new peer.ChaincodeMessage();
  message.setType(type);
  message.setTxid(txId);
  message.setChannelId(channel);
  if (payload !== undefined) message.setPayload(payload);
  return message;
}
