import { common, msp, peer } from '@hyperledger/fabric-protos';
import { boundProtobufReads } from '../protobuf-bounds.ts';

boundProtobufReads();

export interface DecodedProposal {
  readonly signed: peer.SignedProposal;
  readonly header: common.Header;
  readonly channelHeader: common.ChannelHeader;
  readonly signatureHeader: common.SignatureHeader;
  readonly txId: string;
  readonly channel: string;
  readonly creatorMspId: string;
  readonly chaincode: string;
  /** ChaincodeInput bytes. */
  readonly input: Uint8Array;
  readonly isInit: boolean;
  /** ChaincodeProposalPayload without its transient map: what enters the ledger. */
  readonly publicPayload: Uint8Array;
  readonly hasTransient: boolean;
}

/** Reads a signed proposal. Throws on malformed bytes. */
export function decodeProposal(signed: peer.SignedProposal): DecodedProposal {
  const proposal = peer.Proposal.deserializeBinary(signed.getProposalBytes_asU8());
  const header = common.Header.deserializeBinary(proposal.getHeader_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8());
  const signatureHeader = common.SignatureHeader.deserializeBinary(
    header.getSignatureHeader_asU8(),
  );
  const payload = peer.ChaincodeProposalPayload.deserializeBinary(proposal.getPayload_asU8());
  const spec = peer.ChaincodeInvocationSpec.deserializeBinary(
    payload.getInput_asU8(),
  ).getChaincodeSpec();
  const publicPayload = new peer.ChaincodeProposalPayload();
  publicPayload.setInput(payload.getInput_asU8());
  return {
    signed,
    header,
    channelHeader,
    signatureHeader,
    txId: channelHeader.getTxId(),
    channel: channelHeader.getChannelId(),
    creatorMspId: mspOf(signatureHeader),
    chaincode: spec?.getChaincodeId()?.getName() ?? '',
    input: spec?.getInput()?.serializeBinary() ?? new Uint8Array(),
    isInit: spec?.getInput()?.getIsInit() ?? false,
    publicPayload: publicPayload.serializeBinary(),
    hasTransient: payload.getTransientmapMap().getLength() > 0,
  };
}

function mspOf(header: common.SignatureHeader): string {
  try {
    return msp.SerializedIdentity.deserializeBinary(header.getCreator_asU8()).getMspid();
  } catch {
    return '';
  }
}
