import { common, peer } from '@hyperledger/fabric-protos';
import { MidlockError } from '@midlock/protocol';
import { boundProtobufReads } from './protobuf-bounds.ts';

boundProtobufReads();

/**
 * Compares what a gateway wants signed with the proposal that it was given: the same header (transaction id, stamp, creator,
 * channel), one action, the same chaincode, function and arguments. What the chaincode answered is for the endorsers to vouch for.
 * @throws {MidlockError} ENDPOINT_LIED: signed blindly, another of our proposals would take its place.
 */
export function checkEndorsed(proposalBytes: Uint8Array, payloadBytes: Uint8Array): void {
  if (!isEndorsed(proposalBytes, payloadBytes))
    throw new MidlockError('ENDPOINT_LIED', { what: 'a transaction that was not proposed' });
}

function isEndorsed(proposalBytes: Uint8Array, payloadBytes: Uint8Array): boolean {
  try {
    const proposal = peer.Proposal.deserializeBinary(proposalBytes);
    const proposed = common.Header.deserializeBinary(proposal.getHeader_asU8());
    const payload = common.Payload.deserializeBinary(payloadBytes);
    const header = payload.getHeader() ?? new common.Header();
    const actions = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
    const [action] = actions;
    return (
      action !== undefined &&
      actions.length === 1 &&
      same(header.getChannelHeader_asU8(), proposed.getChannelHeader_asU8()) &&
      same(header.getSignatureHeader_asU8(), proposed.getSignatureHeader_asU8()) &&
      same(action.getHeader_asU8(), proposed.getSignatureHeader_asU8()) &&
      same(inputOf(action.getPayload_asU8()), inputOfProposal(proposal.getPayload_asU8()))
    );
  } catch {
    return false;
  }
}

function inputOf(actionPayload: Uint8Array): Uint8Array {
  const payload = peer.ChaincodeActionPayload.deserializeBinary(actionPayload);
  return inputOfProposal(payload.getChaincodeProposalPayload_asU8());
}

function inputOfProposal(payload: Uint8Array): Uint8Array {
  return peer.ChaincodeProposalPayload.deserializeBinary(payload).getInput_asU8();
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
