import { randomBytes, type KeyObject } from 'node:crypto';
import { common, peer } from '@hyperledger/fabric-protos';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { transactionId } from '../ledger/decode.ts';
import { signMessage } from '../msp/index.ts';

const NONCE_BYTES = 24;

/** One call of a chaincode, system chaincode included. */
export interface ChaincodeCall {
  /** Empty for calls that concern the peer, not a channel. */
  readonly channel: string;
  readonly chaincode: string;
  /** The function's name first. */
  readonly args: readonly (string | Uint8Array)[];
}

/** Who proposes: a `SerializedIdentity` and its key. */
export interface Proposer {
  readonly creator: Uint8Array;
  readonly privateKey: KeyObject;
}

/** A signed proposal as Fabric's clients send it, under a nonce of its own, and the id of the transaction that comes of it. */
export function createProposal(
  { channel, chaincode, args }: ChaincodeCall,
  { creator, privateKey }: Proposer,
  stampMs: number,
): { readonly txId: string; readonly signed: peer.SignedProposal } {
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(creator);
  signatureHeader.setNonce(randomBytes(NONCE_BYTES));
  const txId = transactionId(signatureHeader);
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
  signed.setSignature(signMessage(privateKey, signed.getProposalBytes_asU8()));
  return { txId, signed };
}
