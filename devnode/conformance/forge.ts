import { createHash, randomBytes } from 'node:crypto';
import type { Proposal, Transaction } from '@hyperledger/fabric-gateway';
import { common, gateway, msp, peer } from '@hyperledger/fabric-protos';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { signMessage } from '../src/msp/index.ts';
import type { Party } from './session.ts';

/** What of a proposal can be changed before it is signed. */
export interface ProposalChanges {
  /** Milliseconds added to the client's own time. */
  readonly shiftMs?: number;
  readonly txId?: string;
  readonly channel?: string;
  readonly headerType?: number;
  readonly epoch?: number;
  readonly nonce?: Uint8Array;
  /** Another serialized identity as creator; the transaction id is made anew to fit. */
  readonly creator?: Uint8Array;
  /** Changes the signature after signing. */
  readonly signature?: (signature: Uint8Array) => Uint8Array;
  /** Changes the proposal's octets after they were signed. */
  readonly tamper?: (proposal: peer.Proposal) => void;
}

/** A proposal of the party's with changes, signed by the party's key, ready for the unmodified client. */
export function forgeProposal(
  party: Party,
  original: Proposal,
  changes: ProposalChanges,
): Proposal {
  const proposed = gateway.ProposedTransaction.deserializeBinary(original.getBytes());
  const signed = proposed.getProposal() ?? new peer.SignedProposal();
  const proposal = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const signatureHeader = common.SignatureHeader.deserializeBinary(
    header.getSignatureHeader_asU8(),
  );
  if (changes.nonce !== undefined) signatureHeader.setNonce(changes.nonce);
  if (changes.creator !== undefined) {
    const nonce = randomBytes(24);
    signatureHeader.setCreator(changes.creator);
    signatureHeader.setNonce(nonce);
    const txId = createHash('sha256').update(nonce).update(changes.creator).digest('hex');
    channelHeader.setTxId(txId);
    proposed.setTransactionId(txId);
  }
  if (changes.shiftMs !== undefined) {
    const time = new Date(Date.now() + changes.shiftMs);
    channelHeader.setTimestamp(timestampPb.Timestamp.fromDate(time));
  }
  if (changes.txId !== undefined) {
    channelHeader.setTxId(changes.txId);
    proposed.setTransactionId(changes.txId);
  }
  if (changes.channel !== undefined) channelHeader.setChannelId(changes.channel);
  if (changes.headerType !== undefined) channelHeader.setType(changes.headerType);
  if (changes.epoch !== undefined) channelHeader.setEpoch(changes.epoch);
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  proposal.setHeader(header.serializeBinary());
  const signature = signMessage(party.privateKey, proposal.serializeBinary());
  changes.tamper?.(proposal);
  signed.setProposalBytes(proposal.serializeBinary());
  proposed.setProposal(signed);
  return party.gateway.newSignedProposal(
    proposed.serializeBinary(),
    changes.signature?.(signature) ?? signature,
  );
}

/** A transaction with its envelope's payload changed, signed by the party's key. */
export function forgeTransaction(
  party: Party,
  original: Transaction,
  change: (payload: common.Payload) => void,
  signature?: (signature: Uint8Array) => Uint8Array,
): Transaction {
  const prepared = gateway.PreparedTransaction.deserializeBinary(original.getBytes());
  const envelope = prepared.getEnvelope() ?? new common.Envelope();
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  change(payload);
  envelope.setPayload(payload.serializeBinary());
  prepared.setEnvelope(envelope);
  const signed = signMessage(party.privateKey, envelope.getPayload_asU8());
  return party.gateway.newSignedTransaction(
    prepared.serializeBinary(),
    signature?.(signed) ?? signed,
  );
}

/** Changes the endorsed action inside an envelope's payload. */
export function changeAction(change: (action: peer.ChaincodeActionPayload) => void) {
  return (payload: common.Payload): void => {
    const transaction = peer.Transaction.deserializeBinary(payload.getData_asU8());
    const [first] = transaction.getActionsList();
    if (first === undefined) throw new Error('no action');
    const action = peer.ChaincodeActionPayload.deserializeBinary(first.getPayload_asU8());
    change(action);
    first.setPayload(action.serializeBinary());
    payload.setData(transaction.serializeBinary());
  };
}

/** The serialized form of an identity. */
export function serializeIdentity(mspId: string, pem: string): Uint8Array {
  const identity = new msp.SerializedIdentity();
  identity.setMspid(mspId);
  identity.setIdBytes(Buffer.from(pem));
  return identity.serializeBinary();
}
