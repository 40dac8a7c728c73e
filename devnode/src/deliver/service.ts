import * as grpc from '@grpc/grpc-js';
import { common, ledger, orderer, peer } from '@hyperledger/fabric-protos';
import type { GatewayContext } from '../gateway/context.ts';
import { gatewayError } from '../gateway/status.ts';
import type { ChannelLedger, CommittedBlock } from '../ledger/channel.ts';

type Call = grpc.ServerDuplexStream<common.Envelope, peer.DeliverResponse>;
type Answer = (block: CommittedBlock) => peer.DeliverResponse;

/** The protos.Deliver service: blocks, filtered blocks or blocks with the organisation's private data, from a position on. */
export function deliverService(context: GatewayContext): grpc.UntypedServiceImplementation {
  const { channel, peer: own, mspId, streams, isUp } = context;
  const handler = (answer: Answer) => (call: Call) => {
    const entry = {
      peer: own,
      drop: () => {
        call.emit('error', gatewayError(grpc.status.UNAVAILABLE, 'devnode: stream dropped'));
      },
    };
    streams.add(entry);
    const forget = () => streams.delete(entry);
    call.on('cancelled', forget);
    call.on('close', forget);
    call.on('error', forget);
    if (!isUp(own)) entry.drop();
    call.on('data', (envelope: common.Envelope) => {
      seek(context, call, envelope, answer);
    });
  };
  return {
    deliver: handler((block) => {
      const response = new peer.DeliverResponse();
      response.setBlock(block.block);
      return response;
    }),
    deliverFiltered: handler((block) => {
      const response = new peer.DeliverResponse();
      response.setFilteredBlock(filtered(block, channel.name));
      return response;
    }),
    deliverWithPrivateData: handler((block) => {
      const response = new peer.DeliverResponse();
      response.setBlockAndPrivateData(withPrivateData(block, channel, mspId));
      return response;
    }),
  };
}

function seek(
  { channel, registry, nowMs }: GatewayContext,
  call: Call,
  envelope: common.Envelope,
  answer: Answer,
): void {
  const finish = (status: common.StatusMap[keyof common.StatusMap]) => {
    const response = new peer.DeliverResponse();
    response.setStatus(status);
    call.write(response);
    call.end();
  };
  const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
  const channelHeader = common.ChannelHeader.deserializeBinary(
    payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array(),
  );
  const signatureHeader = common.SignatureHeader.deserializeBinary(
    payload.getHeader()?.getSignatureHeader_asU8() ?? new Uint8Array(),
  );
  if (channelHeader.getChannelId() !== channel.name) {
    finish(common.Status.NOT_FOUND);
    return;
  }
  try {
    const creator = registry.identify(signatureHeader.getCreator_asU8(), nowMs());
    if (
      !registry.verifySignature(creator, envelope.getPayload_asU8(), envelope.getSignature_asU8())
    )
      throw new Error('signature');
  } catch {
    finish(common.Status.FORBIDDEN);
    return;
  }
  const info = orderer.SeekInfo.deserializeBinary(payload.getData_asU8());
  let next = startOf(info.getStart(), channel);
  const specified = info.getStop()?.getSpecified()?.getNumber();
  const stop = BigInt(
    specified ??
      (info.getStop()?.hasNewest() === true ? Number(channel.height) - 1 : Number.MAX_SAFE_INTEGER),
  );
  if (next > stop) {
    finish(common.Status.BAD_REQUEST);
    return;
  }
  const send = (block: CommittedBlock) => {
    if (block.number < next || block.number > stop) return;
    next = block.number + 1n;
    call.write(answer(block));
    if (block.number < stop) return;
    channel.off('block', send);
    finish(common.Status.SUCCESS);
  };
  for (const block of channel.blocks.slice(Number(next))) send(block);
  if (next > stop) return;
  channel.on('block', send);
  const end = () => channel.off('block', send);
  call.on('cancelled', end);
  call.on('close', end);
  call.on('error', end);
}

function withPrivateData(
  block: CommittedBlock,
  { definitions }: ChannelLedger,
  mspId: string,
): peer.BlockAndPrivateData {
  const both = new peer.BlockAndPrivateData();
  both.setBlock(block.block);
  for (const { index, namespace, collection, rwset } of block.privateData) {
    if (definitions.get(namespace)?.collections.get(collection)?.memberOrgs.has(mspId) !== true)
      continue;
    const set = both.getPrivateDataMapMap().get(index) ?? new ledger.rwset.TxPvtReadWriteSet();
    both.getPrivateDataMapMap().set(index, set);
    let entry = set
      .getNsPvtRwsetList()
      .find((candidate: ledger.rwset.NsPvtReadWriteSet) => candidate.getNamespace() === namespace);
    if (entry === undefined) {
      entry = set.addNsPvtRwset();
      entry.setNamespace(namespace);
    }
    const item = entry.addCollectionPvtRwset();
    item.setCollectionName(collection);
    item.setRwset(rwset);
  }
  return both;
}

function startOf(position: orderer.SeekPosition | undefined, channel: ChannelLedger): bigint {
  const specified = position?.getSpecified();
  if (specified !== undefined) return BigInt(specified.getNumber());
  if (position?.hasOldest() === true) return 0n;
  if (position?.hasNewest() === true) return channel.height - 1n;
  return channel.height;
}

function filtered(block: CommittedBlock, channelId: string): peer.FilteredBlock {
  const result = new peer.FilteredBlock();
  result.setChannelId(channelId);
  result.setNumber(Number(block.number));
  for (const { txId, code } of block.transactions) {
    const transaction = new peer.FilteredTransaction();
    transaction.setTxid(txId);
    transaction.setType(common.HeaderType.ENDORSER_TRANSACTION);
    transaction.setTxValidationCode(code as 0);
    const actions = new peer.FilteredTransactionActions();
    for (const event of block.events.filter((candidate) => candidate.txId === txId)) {
      const action = new peer.FilteredChaincodeAction();
      const reduced = peer.ChaincodeEvent.deserializeBinary(event.bytes);
      reduced.setPayload(new Uint8Array());
      action.setChaincodeEvent(reduced);
      actions.addChaincodeActions(action);
    }
    transaction.setTransactionActions(actions);
    result.addFilteredTransactions(transaction);
  }
  return result;
}
