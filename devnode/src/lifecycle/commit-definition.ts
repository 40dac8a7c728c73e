import { createPrivateKey, randomBytes } from 'node:crypto';
import { common, peer } from '@hyperledger/fabric-protos';
import timestampPb from 'google-protobuf/google/protobuf/timestamp_pb.js';
import { assembleTransaction } from '../endorser/assemble-transaction.ts';
import type { Endorser } from '../endorser/endorser.ts';
import { decodeProposal, type DecodedProposal } from '../endorser/proposal.ts';
import { transactionId } from '../ledger/decode.ts';
import type { Definition } from '../ledger/definition.ts';
import type { ChannelLedger } from '../ledger/channel.ts';
import { Simulator } from '../ledger/simulator.ts';
import { serializeIdentity, signMessage, type OrganizationMaterial } from '../msp/index.ts';
import { definitionEntries, LIFECYCLE, sequenceKey } from './definition-state.ts';

/** A signed transaction that puts a definition in force, as `peer lifecycle chaincode commit` submits it. */
export function definitionTransaction(
  channel: ChannelLedger,
  definition: Definition,
  /** Whose administrator proposes and signs. */
  organization: OrganizationMaterial,
  endorsers: readonly Endorser[],
  nowMs: number,
): { readonly txId: string; readonly envelope: Uint8Array } {
  const [admin] = organization.users;
  if (admin === undefined) throw new TypeError(`${organization.mspId} has no administrator`);
  const key = createPrivateKey(admin.sign.privateKeyPem);
  const creator = serializeIdentity(organization.mspId, admin.sign.certificatePem);
  const proposal = propose(channel.name, definition, creator, nowMs);
  proposal.signed.setSignature(signMessage(key, proposal.signed.getProposalBytes_asU8()));
  const endorsements = endorsers.map((endorser) =>
    endorser.endorseOwn(proposal, simulate(channel, definition, proposal.txId)),
  );
  const envelope = assembleTransaction(proposal, endorsements);
  envelope.setSignature(signMessage(key, envelope.getPayload_asU8()));
  return { txId: proposal.txId, envelope: envelope.serializeBinary() };
}

function simulate(channel: ChannelLedger, definition: Definition, txId: string): Simulator {
  const views = [channel.state.view(), channel.privateState('').view()] as const;
  try {
    const simulator = new Simulator({
      state: views[0],
      privateState: views[1],
      txId,
      definitions: channel.definitions,
      channel: channel.name,
    });
    // Two definitions for one sequence: the later one finds its read outdated.
    simulator.get(LIFECYCLE, sequenceKey(definition.name));
    for (const [key, value] of definitionEntries(definition)) simulator.put(LIFECYCLE, key, value);
    return simulator;
  } finally {
    for (const view of views) view.close();
  }
}

function propose(
  channel: string,
  definition: Definition,
  creator: Uint8Array,
  nowMs: number,
): DecodedProposal {
  const signatureHeader = new common.SignatureHeader();
  signatureHeader.setCreator(creator);
  signatureHeader.setNonce(randomBytes(24));
  const id = new peer.ChaincodeID();
  id.setName(LIFECYCLE);
  const extension = new peer.ChaincodeHeaderExtension();
  extension.setChaincodeId(id);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.ENDORSER_TRANSACTION);
  channelHeader.setChannelId(channel);
  channelHeader.setTxId(transactionId(signatureHeader));
  channelHeader.setTimestamp(timestampPb.Timestamp.fromDate(new Date(nowMs)));
  channelHeader.setExtension$(extension.serializeBinary());
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  header.setSignatureHeader(signatureHeader.serializeBinary());
  const input = new peer.ChaincodeInput();
  input.setArgsList([Buffer.from('CommitChaincodeDefinition'), argumentOf(definition)]);
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
  return decodeProposal(signed);
}

function argumentOf({ name, version, sequence }: Definition): Uint8Array {
  const args = new peer.lifecycle.CommitChaincodeDefinitionArgs();
  args.setName(name);
  args.setVersion(version);
  args.setSequence(sequence);
  return args.serializeBinary();
}
