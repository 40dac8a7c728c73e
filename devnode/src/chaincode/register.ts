import type * as grpc from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { ChaincodeConnection, type ChaincodeResult, type ChaincodeRuntime } from './connection.ts';
import type { Execution } from './execution.ts';

type Call = grpc.ServerDuplexStream<peer.ChaincodeMessage, peer.ChaincodeMessage>;

/** A chaincode that dials the node; it is there from its REGISTER message until its stream ends. */
export class RegisteredChaincode implements ChaincodeRuntime {
  readonly name: string;
  #connection: ChaincodeConnection | undefined;

  constructor(name: string) {
    this.name = name;
  }

  get isConnected(): boolean {
    return this.#connection !== undefined;
  }

  execute(
    channel: string,
    input: Uint8Array,
    proposal: peer.SignedProposal,
    execution: Execution,
  ): Promise<ChaincodeResult> {
    if (this.#connection === undefined)
      return Promise.reject(
        new Error(`could not launch chaincode ${this.name}: chaincode has not registered`),
      );
    return this.#connection.execute(channel, input, proposal, execution);
  }

  attach(connection: ChaincodeConnection): void {
    this.#connection = connection;
  }

  detach(connection: ChaincodeConnection): void {
    if (this.#connection === connection) this.#connection = undefined;
    connection.terminate();
  }

  close(): void {
    this.#connection?.terminate();
    this.#connection = undefined;
  }
}

/**
 * protos.ChaincodeSupport: accepts a chaincode that registers by its name, `name:version` or a package id whose label is either.
 * A second registration of the same chaincode and one of an unknown chaincode end the stream.
 */
export function chaincodeSupportService(
  chaincodes: () => readonly RegisteredChaincode[],
  executeTimeoutMs: number,
): grpc.UntypedServiceImplementation {
  const register = (call: Call) => {
    const connection = new ChaincodeConnection(call, executeTimeoutMs);
    let chaincode: RegisteredChaincode | undefined;
    call.on('data', (message: peer.ChaincodeMessage) => {
      if (message.getType() !== peer.ChaincodeMessage.Type.REGISTER) {
        if (chaincode !== undefined) connection.receive(message);
        return;
      }
      const id = peer.ChaincodeID.deserializeBinary(message.getPayload_asU8()).getName();
      const found = chaincodes().find(
        ({ name }) => id === name || id.startsWith(`${name}:`) || id.startsWith(`${name}_`),
      );
      if (found === undefined || found.isConnected) {
        call.end();
        return;
      }
      chaincode = found;
      found.attach(connection);
      connection.greet();
    });
    const end = () => {
      chaincode?.detach(connection);
      call.end();
    };
    call.on('end', end);
    call.on('cancelled', end);
    call.on('error', end);
  };
  return { register };
}
