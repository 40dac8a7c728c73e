import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { serializeIdentity, signMessage } from '@midlock/devnode/msp';
import { createProposal, type ChaincodeCall, type Proposer } from '@midlock/devnode/proposal';

/** Who signs, and for which organisation. */
export interface Signer extends Proposer {
  readonly mspId: string;
}

/** Reads a user's certificate and key from files. */
export function readSigner(mspId: string, certPath: string, keyPath: string): Signer {
  return {
    mspId,
    creator: serializeIdentity(mspId, readFileSync(certPath, 'utf8')),
    privateKey: createPrivateKey(readFileSync(keyPath)),
  };
}

/** How a peer is reached. */
export interface PeerAddress {
  /** `host:port`. */
  readonly address: string;
  readonly tlsServerName: string;
  /** Undefined speaks plain text: for loopback only. */
  readonly tlsCaCertPath?: string;
}

export interface Invocation extends ChaincodeCall {
  /** Time in the proposal; default now. */
  readonly stampMs?: number;
}

/** The few calls that administration needs, straight on gRPC. Errors are gRPC's `ServiceError`. */
export interface PeerClient {
  /** `Endorser/ProcessProposal` on this very peer. Returns the response's payload. */
  process(invocation: Invocation): Promise<Uint8Array>;
  /** Endorses with one peer of each organisation named (or as discovery says), nothing else. Returns the envelope. */
  endorse(
    invocation: Invocation,
    mspIds?: readonly string[],
  ): Promise<{ txId: string; envelope: common.Envelope }>;
  /** Endorses, submits and waits for the commit. Returns the validation code, 0 for VALID. */
  submit(invocation: Invocation, mspIds: readonly string[]): Promise<number>;
  close(): void;
}

/** Opens a connection that signs as `signer`. `deadlineMs` bounds each single call. */
export function connectPeer(target: PeerAddress, signer: Signer, deadlineMs = 10_000): PeerClient {
  const options = {
    'grpc.ssl_target_name_override': target.tlsServerName,
    'grpc.max_send_message_length': -1,
    'grpc.max_receive_message_length': -1,
    // A node that is just starting must be found as soon as it listens.
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 200,
  };
  const tls =
    target.tlsCaCertPath === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(readFileSync(target.tlsCaCertPath));
  const endorser = new peer.EndorserClient(target.address, tls, options);
  const service = new gateway.GatewayClient(target.address, tls, {
    ...options,
    channelOverride: endorser.getChannel(),
  });
  const call = <Response>(
    invoke: (
      metadata: Metadata,
      options: { deadline: number },
      done: (error: ServiceError | null, response?: Response) => void,
    ) => unknown,
  ): Promise<Response> =>
    new Promise((resolve, reject) => {
      invoke(new Metadata(), { deadline: Date.now() + deadlineMs }, (error, response) => {
        if (error !== null || response === undefined) reject(error ?? new Error('no response'));
        else resolve(response);
      });
    });

  const client: PeerClient = {
    async process(invocation) {
      const { signed } = createProposal(invocation, signer, invocation.stampMs ?? Date.now());
      const answer = await call<peer.ProposalResponse>((...rest) =>
        endorser.processProposal(signed, ...rest),
      );
      const response = answer.getResponse();
      const status = response?.getStatus() ?? 0;
      if (status !== 200) throw new Error(response?.getMessage() ?? `status ${status}`);
      return response?.getPayload_asU8() ?? new Uint8Array();
    },
    async endorse(invocation, mspIds = []) {
      const { txId, signed } = createProposal(invocation, signer, invocation.stampMs ?? Date.now());
      const request = new gateway.EndorseRequest();
      request.setTransactionId(txId);
      request.setChannelId(invocation.channel);
      request.setProposedTransaction(signed);
      request.setEndorsingOrganizationsList([...mspIds]);
      const response = await call<gateway.EndorseResponse>((...rest) =>
        service.endorse(request, ...rest),
      );
      const envelope = response.getPreparedTransaction() ?? new common.Envelope();
      envelope.setSignature(signMessage(signer.privateKey, envelope.getPayload_asU8()));
      return { txId, envelope };
    },
    async submit(invocation, mspIds) {
      const { txId, envelope } = await client.endorse(invocation, mspIds);
      const request = new gateway.SubmitRequest();
      request.setTransactionId(txId);
      request.setChannelId(invocation.channel);
      request.setPreparedTransaction(envelope);
      await call((...rest) => service.submit(request, ...rest));
      const status = new gateway.CommitStatusRequest();
      status.setTransactionId(txId);
      status.setChannelId(invocation.channel);
      status.setIdentity(signer.creator);
      const signed = new gateway.SignedCommitStatusRequest();
      signed.setRequest(status.serializeBinary());
      signed.setSignature(signMessage(signer.privateKey, signed.getRequest_asU8()));
      const answer = await call<gateway.CommitStatusResponse>((...rest) =>
        service.commitStatus(signed, ...rest),
      );
      return answer.getResult();
    },
    close() {
      endorser.close();
    },
  };
  return client;
}
