import { createHash, createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { credentials, Metadata, type ServiceError } from '@grpc/grpc-js';
import { common, gateway, peer } from '@hyperledger/fabric-protos';
import { serializeIdentity, signMessage } from '@midlock/devnode/msp';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';

/** Who signs, and how the serialized identity reads. */
export interface Signer {
  readonly mspId: string;
  readonly creator: Uint8Array;
  readonly privateKey: KeyObject;
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

/** One call of a chaincode, system chaincode included. */
export interface Invocation {
  /** Empty for calls that concern the peer, not a channel. */
  readonly channel: string;
  readonly chaincode: string;
  readonly args: readonly (string | Uint8Array)[];
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
      const { signed } = propose(signer, invocation);
      const answer = await call<peer.ProposalResponse>((...rest) =>
        endorser.processProposal(signed, ...rest),
      );
      const response = answer.getResponse();
      const status = response?.getStatus() ?? 0;
      if (status !== 200) throw new Error(response?.getMessage() ?? `status ${status}`);
      return response?.getPayload_asU8() ?? new Uint8Array();
    },
    async endorse(invocation, mspIds = []) {
      const { txId, signed } = propose(signer, invocation);
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

function propose(
  signer: Signer,
  { channel, chaincode, args, stampMs = Date.now() }: Invocation,
): { txId: string; signed: peer.SignedProposal } {
  const nonce = randomBytes(24);
  const txId = createHash('sha256').update(nonce).update(signer.creator).digest('hex');
  const id = new peer.ChaincodeID();
  id.setName(chaincode);
  const extension = new peer.ChaincodeHeaderExtension();
  extension.setChaincodeId(id);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.ENDORSER_TRANSACTION);
  channelHeader.setChannelId(channel);
  channelHeader.setTxId(txId);
  channelHeader.setTimestamp(timestampPb.Timestamp.fromDate(new Date(stampMs)));
  channelHeader.setExtension$(extension.serializeBinary());
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(signer.creator);
  signatureHeader.setNonce(nonce);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  const input = new peer.ChaincodeInput();
  input.setArgsList(args.map((arg) => Buffer.from(arg)));
  const spec = new peer.ChaincodeSpec();
  spec.setChaincodeId(id);
  spec.setInput(input);
  const invocation = new peer.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(spec);
  const payload = new peer.ChaincodeProposalPayload();
  payload.setInput(invocation.serializeBinary());
  const proposal = new peer.Proposal();
  proposal.setHeader(header.serializeBinary());
  proposal.setPayload(payload.serializeBinary());
  const signed = new peer.SignedProposal();
  signed.setProposalBytes(proposal.serializeBinary());
  signed.setSignature(signMessage(signer.privateKey, signed.getProposalBytes_asU8()));
  return { txId, signed };
}
