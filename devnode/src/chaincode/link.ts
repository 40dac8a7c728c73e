import * as grpc from '@grpc/grpc-js';
import { peer } from '@hyperledger/fabric-protos';
import { ChaincodeConnection, type ChaincodeResult, type ChaincodeRuntime } from './connection.ts';
import type { Execution } from './execution.ts';

export interface LinkOptions {
  readonly address: string;
  readonly tlsRootCert?: Uint8Array;
  readonly name: string;
  readonly executeTimeoutMs: number;
  readonly dialTimeoutMs?: number;
}

const DIAL_TIMEOUT_MS = 10_000;

/** Chaincode as a service: the peer dials; on first use, and again on the next use after the stream broke. */
export class ChaincodeLink implements ChaincodeRuntime {
  readonly #options: LinkOptions;
  #ready: Promise<ChaincodeConnection> | undefined;
  #hangUp: () => void = () => undefined;

  constructor(options: LinkOptions) {
    this.#options = options;
  }

  async execute(
    channel: string,
    input: Uint8Array,
    proposal: peer.SignedProposal,
    execution: Execution,
  ): Promise<ChaincodeResult> {
    this.#ready ??= this.#dial();
    const connection = await this.#ready;
    return connection.execute(channel, input, proposal, execution);
  }

  close(): void {
    this.#hangUp();
  }

  #dial(): Promise<ChaincodeConnection> {
    const {
      address,
      tlsRootCert,
      name,
      executeTimeoutMs,
      dialTimeoutMs = DIAL_TIMEOUT_MS,
    } = this.#options;
    const credentials =
      tlsRootCert === undefined
        ? grpc.credentials.createInsecure()
        : grpc.credentials.createSsl(Buffer.from(tlsRootCert));
    const client = new peer.ChaincodeClient(address, credentials, {
      'grpc.max_receive_message_length': -1,
      'grpc.max_send_message_length': -1,
    });
    const stream = client.connect();
    const connection = new ChaincodeConnection(stream, executeTimeoutMs);
    return new Promise((resolve, reject) => {
      let ended = false;
      const end = (cause: string) => {
        // A stream tells its end more than once; by then the next dial may be under way.
        if (ended) return;
        ended = true;
        clearTimeout(timer);
        client.close();
        this.#ready = undefined;
        reject(new Error(`could not launch chaincode ${name}: ${cause}`));
        connection.terminate();
      };
      const timer = setTimeout(() => {
        stream.cancel();
        end('timeout expired while starting chaincode');
      }, dialTimeoutMs);
      this.#hangUp = () => {
        stream.cancel();
        end('devnode is closing');
      };
      stream.on('data', (message: peer.ChaincodeMessage) => {
        if (message.getType() !== peer.ChaincodeMessage.Type.REGISTER) {
          connection.receive(message);
          return;
        }
        clearTimeout(timer);
        connection.greet();
        resolve(connection);
      });
      stream.on('error', ({ message }) => {
        end(`connection to ${address} failed: ${message}`);
      });
      stream.on('end', () => {
        end('chaincode stream terminated');
      });
    });
  }
}
