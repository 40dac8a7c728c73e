import { common, msp, peer } from '@hyperledger/fabric-protos';
import { CallFailure } from '../fabric/call-failure.ts';
import type { ProposalAnswer } from './library.ts';

/** A peer's answer and the organisation whose it was meant to be. */
export interface NamedAnswer {
  readonly mspId: string;
  readonly endpoint: string;
  readonly answer: ProposalAnswer;
}

const ABORTED = 10;
const UNKNOWN = 2;
const FIRST_ERROR_STATUS = 400;

/** The chaincode's own answer. Throws {@link CallFailure} with the peer's text when it refused. */
export function payloadOf({ response }: ProposalAnswer): Uint8Array {
  if (response.status < FIRST_ERROR_STATUS) return response.payload;
  throw new CallFailure(
    UNKNOWN,
    `chaincode response ${String(response.status)}, ${response.message}`,
  );
}

/**
 * The payload of the envelope that carries all endorsements, to be signed.
 * @throws {CallFailure} as a Gateway service would put it: answers that differ, a peer of another organisation.
 */
export function assembleTransaction(
  proposalBytes: Uint8Array,
  answers: readonly NamedAnswer[],
): Uint8Array {
  const [first] = answers;
  const endorsements = answers.map(endorsementOf);
  if (first === undefined || answers.some(({ answer }) => !sameBytes(answer, first.answer)))
    throw new CallFailure(ABORTED, 'ProposalResponsePayloads do not match');
  const proposal = peer.Proposal.deserializeBinary(proposalBytes);
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const endorsed = new peer.ChaincodeEndorsedAction();
  endorsed.setProposalResponsePayload(first.answer.payload);
  endorsed.setEndorsementsList(endorsements);
  const actionPayload = new peer.ChaincodeActionPayload();
  // Our proposals have no transient data, which would have to be left out here.
  actionPayload.setChaincodeProposalPayload(proposal.getPayload_asU8());
  actionPayload.setAction(endorsed);
  const action = new peer.TransactionAction();
  action.setHeader(header.getSignatureHeader_asU8());
  action.setPayload(actionPayload.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.setActionsList([action]);
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(transaction.serializeBinary());
  return payload.serializeBinary();
}

function sameBytes(a: ProposalAnswer, b: ProposalAnswer): boolean {
  return Buffer.compare(a.payload, b.payload) === 0;
}

function endorsementOf({ mspId, endpoint, answer }: NamedAnswer): peer.Endorsement {
  const { endorser, signature } = answer.endorsement ?? {};
  if (endorser === undefined || signature === undefined)
    throw refusal(mspId, endpoint, 'answered without an endorsement');
  const signedBy = mspOf(endorser);
  if (signedBy !== mspId) throw refusal(mspId, endpoint, `endorsed as ${signedBy}`);
  const endorsement = new peer.Endorsement();
  endorsement.setEndorser(endorser);
  endorsement.setSignature(signature);
  return endorsement;
}

function mspOf(endorser: Uint8Array): string {
  try {
    return msp.SerializedIdentity.deserializeBinary(endorser).getMspid();
  } catch {
    return 'nobody';
  }
}

function refusal(mspId: string, address: string, message: string): CallFailure {
  return new CallFailure(ABORTED, message, [{ mspId, address, message }]);
}
