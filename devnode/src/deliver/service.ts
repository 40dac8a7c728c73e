import type * as grpc from '@grpc/grpc-js';
import { common, orderer, peer } from '@hyperledger/fabric-protos';
import type { ChannelLedger, CommittedBlock } from '../ledger/channel.ts';
import type { MspRegistry } from '../msp/index.ts';

type Call = grpc.ServerDuplexStream<common.Envelope, peer.DeliverResponse>;

/** The protos.Deliver service: blocks, or filtered blocks, from a position on. */
export function deliverService(channel: ChannelLedger, registry: MspRegistry, nowMs: () => number): grpc.UntypedServiceImplementation {
  const handler = (answer: (block: CommittedBlock) => peer.DeliverResponse) => (call: Call) => {
    call.on('data', (envelope: common.Envelope) => {
      seek(call, envelope, answer);
    });
  };
  const seek = (call: Call, envelope: common.Envelope, answer: (block: CommittedBlock) => peer.DeliverResponse) => {
    const finish = (status: common.StatusMap[keyof common.StatusMap]) => {
      const response = new peer.DeliverResponse();
      response.setStatus(status);
      call.write(response);
      call.end();
    };
    const payload = common.Payload.deserializeBinary(envelope.getPayload_asU8());
    const channelHeader = common.ChannelHeader.deserializeBinary(payload.getHeader()?.getChannelHeader_asU8() ?? new Uint8Array());
    const signatureHeader = common.SignatureHeader.deserializeBinary(payload.getHeader()?.getSignatureHeader_asU8() ?? new Uint8Array());
    if (channelHeader.getChannelId() !== channel.name) {
      finish(common.Status.NOT_FOUND);
      return;
    }
    try {
      const creator = registry.identify(signatureHeader.getCreator_asU8(), nowMs());
      if (!registry.verifySignature(creator, envelope.getPayload_asU8(), envelope.getSignature_asU8())) throw new Error('signature');
    } catch {
      finish(common.Status.FORBIDDEN);
      return;
    }
    const info = orderer.SeekInfo.deserializeBinary(payload.getData_asU8());
    let next = startOf(info.getStart(), channel);
    const stop = info.getStop()?.getSpecified()?.getNumber() ?? (info.getStop()?.hasNewest() === true ? Number(channel.height) - 1 : Number.MAX_SAFE_INTEGER);
    const send = (block: CommittedBlock) => {
      if (block.number < next) return;
      next = block.number + 1n;
      call.write(answer(block));
      if (block.number >= BigInt(stop)) {
        channel.off('block', send);
        finish(common.Status.SUCCESS);
      }
    };
    for (const block of channel.blocks.slice(Number(next))) {
      if (block.number > BigInt(stop)) return;
      send(block);
    }
    if (next <= BigInt(stop)) channel.on('block', send);
    const end = () => channel.off('block', send);
    call.on('cancelled', end);
    call.on('close', end);
    call.on('error', end);
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
      const both = new peer.BlockAndPrivateData();
      both.setBlock(block.block);
      response.setBlockAndPrivateData(both);
      return response;
    }),
  } as unknown as grpc.UntypedServiceImplementation;
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
