import { createHash } from 'node:crypto';
import { common, ledger, peer } from '@hyperledger/fabric-protos';
import { boundProtobufReads } from '../protobuf-bounds.ts';

boundProtobufReads();

const { kvrwset, TxReadWriteSet } = ledger.rwset;

export interface DecodedCollection {
  readonly name: string;
  readonly set: InstanceType<typeof kvrwset.HashedRWSet>;
  readonly privateHash: Uint8Array;
}

export interface DecodedNamespace {
  readonly name: string;
  readonly set: InstanceType<typeof kvrwset.KVRWSet>;
  readonly collections: readonly DecodedCollection[];
}

/** What an envelope holds; decoded once at commit. */
export interface DecodedTransaction {
  readonly txId: string;
  readonly channelHeader: common.ChannelHeader;
  readonly signatureHeader: common.SignatureHeader;
  readonly chaincode: string;
  readonly version: string;
  readonly responsePayload: Uint8Array;
  readonly endorsements: readonly peer.Endorsement[];
  readonly events: Uint8Array;
  readonly namespaces: readonly DecodedNamespace[];
  readonly proposalHashOk: boolean;
}

/** tx_id = hex SHA-256 of nonce || creator. */
export function transactionId(header: common.SignatureHeader): string {
  return createHash('sha256')
    .update(header.getNonce_asU8())
    .update(header.getCreator_asU8())
    .digest('hex');
}

/** The headers of an envelope's payload. Throws on anything malformed. */
export function decodeHeaders(payload: common.Payload): {
  header: common.Header;
  channelHeader: common.ChannelHeader;
  signatureHeader: common.SignatureHeader;
} {
  const header = required(payload.getHeader());
  return {
    header,
    channelHeader: common.ChannelHeader.deserializeBinary(header.getChannelHeader_asU8()),
    signatureHeader: common.SignatureHeader.deserializeBinary(header.getSignatureHeader_asU8()),
  };
}

/** Reads an endorser transaction from an envelope's payload. Throws on anything malformed. */
export function decodeTransaction(payload: common.Payload): DecodedTransaction {
  const { header, channelHeader, signatureHeader } = decodeHeaders(payload);
  const actions = peer.Transaction.deserializeBinary(payload.getData_asU8()).getActionsList();
  if (actions.length !== 1) throw new Error('malformed transaction');
  const actionPayload = peer.ChaincodeActionPayload.deserializeBinary(
    required(actions[0]).getPayload_asU8(),
  );
  const endorsed = required(actionPayload.getAction());
  const responsePayload = endorsed.getProposalResponsePayload_asU8();
  const response = peer.ProposalResponsePayload.deserializeBinary(responsePayload);
  const action = peer.ChaincodeAction.deserializeBinary(response.getExtension_asU8());
  const proposalHash = createHash('sha256')
    .update(header.getChannelHeader_asU8())
    .update(header.getSignatureHeader_asU8())
    .update(actionPayload.getChaincodeProposalPayload_asU8())
    .digest();
  return {
    txId: channelHeader.getTxId(),
    channelHeader,
    signatureHeader,
    chaincode: action.getChaincodeId()?.getName() ?? '',
    version: action.getChaincodeId()?.getVersion() ?? '',
    responsePayload,
    endorsements: endorsed.getEndorsementsList(),
    events: action.getEvents_asU8(),
    namespaces: TxReadWriteSet.deserializeBinary(action.getResults_asU8())
      .getNsRwsetList()
      .map(decodeNamespace),
    proposalHashOk: Buffer.compare(proposalHash, response.getProposalHash_asU8()) === 0,
  };
}

function decodeNamespace(item: InstanceType<typeof ledger.rwset.NsReadWriteSet>): DecodedNamespace {
  return {
    name: item.getNamespace(),
    set: kvrwset.KVRWSet.deserializeBinary(item.getRwset_asU8()),
    collections: item.getCollectionHashedRwsetList().map((hashed) => ({
      name: hashed.getCollectionName(),
      set: kvrwset.HashedRWSet.deserializeBinary(hashed.getHashedRwset_asU8()),
      privateHash: hashed.getPvtRwsetHash_asU8(),
    })),
  };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('malformed transaction');
  return value;
}
