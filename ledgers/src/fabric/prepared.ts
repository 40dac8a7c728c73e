import { common, gateway as gatewayProtos, msp, peer } from '@hyperledger/fabric-protos';
import { FABRIC_TX, MidlockError } from '@midlock/protocol';
import { boundProtobufReads } from './protobuf-bounds.ts';

boundProtobufReads();

/** What a signed transaction says of itself. */
export interface PreparedTransaction {
  /** Organisations whose endorsement it carries. */
  readonly endorsers: readonly string[];
  /** True for a claim: its bytes hold the secret. */
  readonly revealsSecret: boolean;
}

/** Reads bytes that `endorse` returned. Throws INTERNAL for others: they come from our own store. */
export function readPrepared(bytes: Uint8Array): PreparedTransaction {
  try {
    const envelope = gatewayProtos.PreparedTransaction.deserializeBinary(bytes).getEnvelope();
    const payload = common.Payload.deserializeBinary(
      envelope?.getPayload_asU8() ?? new Uint8Array(),
    );
    const [action] = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
    const chaincodeAction = peer.ChaincodeActionPayload.deserializeBinary(
      action?.getPayload_asU8() ?? new Uint8Array(),
    );
    const endorsements = chaincodeAction.getAction()?.getEndorsementsList() ?? [];
    return {
      endorsers: endorsements.map((endorsement) =>
        msp.SerializedIdentity.deserializeBinary(endorsement.getEndorser_asU8()).getMspid(),
      ),
      revealsSecret: functionOf(chaincodeAction) === FABRIC_TX.claim,
    };
  } catch {
    // The cause would quote the bytes.
    throw new MidlockError('INTERNAL', { what: 'unreadable Fabric transaction' });
  }
}

function functionOf(action: peer.ChaincodeActionPayload): string {
  const proposal = peer.ChaincodeProposalPayload.deserializeBinary(
    action.getChaincodeProposalPayload_asU8(),
  );
  const spec = peer.ChaincodeInvocationSpec.deserializeBinary(proposal.getInput_asU8());
  const [name] = spec.getChaincodeSpec()?.getInput()?.getArgsList_asU8() ?? [];
  return new TextDecoder().decode(name);
}
