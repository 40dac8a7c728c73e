import { Client, credentials } from '@grpc/grpc-js';
import { connect } from '@hyperledger/fabric-gateway';
import { common, gateway as gatewayProtos } from '@hyperledger/fabric-protos';
import type { FabricIdentity } from '../fabric/identity.ts';
import { signBytes, signProposal } from '../fabric/proposal.ts';
import type { Invocation } from '../fabric/transport.ts';
import type { SignedMessage } from './library.ts';

/** Builds and signs messages as fabric-gateway does; sends nothing. */
export interface OfflineSigner {
  propose(
    invocation: Invocation,
  ): Promise<{ readonly txId: string; readonly bytes: Uint8Array; readonly signature: Uint8Array }>;
  /** Signs the payload of a transaction; the bytes are a serialized `gateway.PreparedTransaction`. */
  prepare(txId: string, payload: Uint8Array): Promise<Uint8Array>;
  /** A request for full blocks from a number on, without an end. */
  seek(startBlock: bigint): Promise<SignedMessage>;
  close(): void;
}

export function createOfflineSigner(identity: FabricIdentity, channel: string): OfflineSigner {
  // fabric-gateway wants a connection to build messages with; this one is never opened.
  const unused = new Client('127.0.0.1:1', credentials.createInsecure());
  const session = connect({
    client: unused,
    identity: {
      mspId: identity.mspId,
      credentials: new TextEncoder().encode(identity.certificate),
    },
  });
  return {
    propose: async (invocation) => {
      const signed = await signProposal(session, channel, invocation, identity);
      const proposal = gatewayProtos.ProposedTransaction.deserializeBinary(
        signed.getBytes(),
      ).getProposal();
      return {
        txId: signed.getTransactionId(),
        bytes: proposal?.getProposalBytes_asU8() ?? new Uint8Array(),
        signature: proposal?.getSignature_asU8() ?? new Uint8Array(),
      };
    },
    prepare: async (txId, payload) => {
      const envelope = new common.Envelope();
      envelope.setPayload(payload);
      envelope.setSignature(await signBytes(identity, payload));
      const prepared = new gatewayProtos.PreparedTransaction();
      prepared.setTransactionId(txId);
      prepared.setEnvelope(envelope);
      return prepared.serializeBinary();
    },
    seek: async (startBlock) => {
      const request = session.getNetwork(channel).newBlockEventsRequest({ startBlock });
      const signature = await identity.signer.sign(request.getDigest());
      const signed = session.newSignedBlockEventsRequest(request.getBytes(), signature);
      return messageOf(common.Envelope.deserializeBinary(signed.getBytes()));
    },
    close: () => {
      session.close();
      unused.close();
    },
  };
}

/** An envelope by the names that the library's protos have. */
export function messageOf(envelope: common.Envelope): SignedMessage {
  return { payload: envelope.getPayload_asU8(), signature: envelope.getSignature_asU8() };
}
