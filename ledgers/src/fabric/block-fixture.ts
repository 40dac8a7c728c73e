import { common, peer } from '@hyperledger/fabric-protos';
import { blockDataHash } from './block-header.ts';

/** An envelope that invokes chaincode `midlock`; for tests. */
export function invocationEnvelope(txId: string, args: readonly string[]): Uint8Array {
  const input = new peer.ChaincodeInput();
  input.setArgsList(args.map((arg) => new TextEncoder().encode(arg)));
  const id = new peer.ChaincodeID();
  id.setName('midlock');
  const spec = new peer.ChaincodeSpec();
  spec.setChaincodeId(id);
  spec.setInput(input);
  const invocation = new peer.ChaincodeInvocationSpec();
  invocation.setChaincodeSpec(spec);
  const proposal = new peer.ChaincodeProposalPayload();
  proposal.setInput(invocation.serializeBinary());
  const action = new peer.ChaincodeActionPayload();
  action.setChaincodeProposalPayload(proposal.serializeBinary());
  const transactionAction = new peer.TransactionAction();
  transactionAction.setPayload(action.serializeBinary());
  const transaction = new peer.Transaction();
  transaction.addActions(transactionAction);
  const channelHeader = new common.ChannelHeader();
  channelHeader.setType(common.HeaderType.ENDORSER_TRANSACTION);
  channelHeader.setTxId(txId);
  const header = new common.Header();
  header.setChannelHeader(channelHeader.serializeBinary());
  const payload = new common.Payload();
  payload.setHeader(header);
  payload.setData(transaction.serializeBinary());
  const result = new common.Envelope();
  result.setPayload(payload.serializeBinary());
  return result.serializeBinary();
}

/** A claim whose secret is 32 times 0x5e. */
export function claimEnvelope(txId: string): Uint8Array {
  return invocationEnvelope(txId, [
    'mid-account:claim',
    `0x${'01'.repeat(32)}`,
    `0x${'5e'.repeat(32)}`,
  ]);
}

/** A block with a correct data hash; for tests. */
export function signedBlock(wish: {
  readonly number: number;
  readonly previousHash: Uint8Array;
  readonly envelopes: readonly Uint8Array[];
  readonly flags: readonly number[];
}): common.Block {
  const header = new common.BlockHeader();
  header.setNumber(wish.number);
  header.setPreviousHash(wish.previousHash);
  header.setDataHash(blockDataHash(wish.envelopes));
  const data = new common.BlockData();
  data.setDataList([...wish.envelopes]);
  const metadata = new common.BlockMetadata();
  metadata.setMetadataList([new Uint8Array(), new Uint8Array(), Uint8Array.from(wish.flags)]);
  const result = new common.Block();
  result.setHeader(header);
  result.setData(data);
  result.setMetadata(metadata);
  return result;
}
