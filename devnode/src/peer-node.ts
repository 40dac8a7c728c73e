import { createPrivateKey } from 'node:crypto';
import * as grpc from '@grpc/grpc-js';
import { gateway, peer } from '@hyperledger/fabric-protos';
import type { ChaincodeRuntime } from './chaincode/connection.ts';
import { ChaincodeLink } from './chaincode/link.ts';
import { chaincodeSupportService, RegisteredChaincode } from './chaincode/register.ts';
import { deliverService } from './deliver/service.ts';
import { DevnodeError } from './devnode-error.ts';
import { Endorser } from './endorser/endorser.ts';
import type { GatewayContext } from './gateway/context.ts';
import { gatewayService } from './gateway/service.ts';
import type { ChannelLedger } from './ledger/channel.ts';
import type { MspRegistry, PeerMaterial } from './msp/index.ts';
import type { ChaincodeDefinition, ChaincodeEndpoint } from './options.ts';

const TIME_WINDOW_MS = 15 * 60 * 1000;
const MAX_MESSAGE_BYTES = 100 * 1024 * 1024;

export interface PeerNodeOptions {
  readonly mspId: string;
  readonly material: PeerMaterial;
  readonly channel: ChannelLedger;
  readonly registry: MspRegistry;
  readonly chaincodes: readonly ChaincodeDefinition[];
  readonly executeTimeoutMs: number;
  readonly profile: '2.5' | '3.x';
  readonly nowMs: () => number;
}

/** One peer: its identity, its own connections to its organisation's chaincode, its listener. */
export class PeerNode {
  readonly endorser: Endorser;
  readonly #options: PeerNodeOptions;
  readonly #chaincodes = new Map<string, ChaincodeRuntime>();
  readonly #endpoints = new Map<string, ChaincodeEndpoint>();
  #server: grpc.Server | undefined;

  constructor(options: PeerNodeOptions) {
    const { mspId, material, channel, registry, profile, nowMs } = options;
    this.#options = options;
    for (const { name, endpoints } of options.chaincodes) {
      const endpoint = endpoints[mspId];
      if (endpoint !== undefined) this.setEndpoint(name, endpoint);
    }
    this.endorser = new Endorser({
      mspId,
      name: material.name,
      address: material.host,
      signCertPem: material.sign.certificatePem,
      signKey: createPrivateKey(material.sign.privateKeyPem),
      channel,
      registry,
      chaincodes: this.#chaincodes,
      nowMs,
      timeWindowMs: profile === '2.5' ? undefined : TIME_WINDOW_MS,
      filtersOwnGateway: profile !== '2.5',
    });
  }

  /** Connects a chaincode anew on its next use; what runs on the old connection ends as when a process dies. */
  setEndpoint(chaincode: string, endpoint: ChaincodeEndpoint): void {
    this.#chaincodes.get(chaincode)?.close();
    this.#chaincodes.set(chaincode, this.#runtime(chaincode, endpoint));
    this.#endpoints.set(chaincode, endpoint);
  }

  /** Where the peer reaches a chaincode; undefined where it does not run it. */
  endpointOf(chaincode: string): ChaincodeEndpoint | undefined {
    return this.#endpoints.get(chaincode);
  }

  /** Takes a chaincode from the peer, as where its organisation approved a definition without a package. */
  removeEndpoint(chaincode: string): void {
    this.#chaincodes.get(chaincode)?.close();
    this.#chaincodes.delete(chaincode);
    this.#endpoints.delete(chaincode);
  }

  /** Serves the peer's services with TLS on loopback; the port that was bound. @throws {DevnodeError} PORT_IN_USE. */
  async listen(context: GatewayContext, port: number): Promise<number> {
    const { tls } = this.#options.material;
    const server = new grpc.Server({
      'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
      'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
    });
    this.#server = server;
    server.addService(gateway.GatewayService, gatewayService(context));
    server.addService(peer.DeliverService, deliverService(context));
    server.addService(
      peer.ChaincodeSupportService,
      chaincodeSupportService(() => this.#registered(), this.#options.executeTimeoutMs),
    );
    const pair = {
      private_key: Buffer.from(tls.privateKeyPem),
      cert_chain: Buffer.from(tls.certificatePem),
    };
    return bind(server, port, grpc.ServerCredentials.createSsl(null, [pair]));
  }

  close(): void {
    for (const runtime of this.#chaincodes.values()) runtime.close();
    this.#server?.forceShutdown();
  }

  #registered(): readonly RegisteredChaincode[] {
    return [...this.#chaincodes.values()].filter(
      (runtime) => runtime instanceof RegisteredChaincode,
    );
  }

  #runtime(name: string, endpoint: ChaincodeEndpoint): ChaincodeRuntime {
    if (endpoint === 'register') return new RegisteredChaincode(name);
    const { address, tlsRootCert } = endpoint;
    return new ChaincodeLink({
      address,
      name,
      executeTimeoutMs: this.#options.executeTimeoutMs,
      ...(tlsRootCert === undefined ? {} : { tlsRootCert: Buffer.from(tlsRootCert) }),
    });
  }
}

function bind(
  server: grpc.Server,
  port: number,
  credentials: grpc.ServerCredentials,
): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => {
      if (error === null) resolve(bound);
      else
        reject(
          new DevnodeError(
            'PORT_IN_USE',
            `port ${port} cannot be listened on (${error.message}); choose another in "ports", or 0 for any`,
          ),
        );
    });
  });
}
