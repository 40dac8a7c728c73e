import { common, peer } from '@hyperledger/fabric-protos';
import type { Endorsement } from './endorser.ts';
import type { DecodedProposal } from './proposal.ts';

/** The transaction of a proposal and its endorsements, as an envelope that its creator has to sign. */
export function assembleTransaction(
  proposal: DecodedProposal,
  endorsements: readonly Endorsement[],
): common.Envelope {
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(endorsements[0]?.payload ?? new Uint8Array());
  endorsed.setEndorsementsList(endorsements.map(({ endorsement }) => endorsement));
  const actionPayload = new peer.ChaincodeActionPayload();
  actionPayload.setChaincodeProposalPayload(proposal.publicPayload);
  actionPayload.setAction(endorsed);
  const action = new peer.TransactionAction();
  action.setHeader(proposal.header.getSignatureHeader_asU8());
  action.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.setActionsList([action]);
  const payload = new common.Payload();
  payload.setHeader(proposal.header);
  payload.setData(transaction.serializeBinary());
  const envelope = new common.Envelope();
  envelope.setPayload(payload.serializeBinary());
  return envelope;
}
