import * as grpc from '@grpc/grpc-js';
import { gateway, peer } from '@hyperledger/fabric-protos';
import type { CommittedBlock } from '../ledger/channel.ts';
import { authorize } from './authorize.ts';
import type { EventCall, GatewayContext } from './context.ts';
import { gatewayError } from './status.ts';

const { status } = grpc;
type Call = EventCall<gateway.SignedChaincodeEventsRequest, gateway.ChaincodeEventsResponse>;

/** Streams a chaincode's events of valid transactions, from a block or after a transaction. Throws gRPC errors. */
export function chaincodeEvents(context: GatewayContext, call: Call): void {
  const { channel } = context;
  const signed = call.request;
  const request = gateway.ChaincodeEventsRequest.deserializeBinary(signed.getRequest_asU8());
  authorize(context, signed, request);
  const after = request.getAfterTransactionId();
  let next = channel.transactions.get(after)?.block ?? startOf(request, channel.height);
  // Opens behind the event of the transaction named; where that is never seen, it stays shut, as on a peer.
  let isOpen = after === '';
  const send = (block: CommittedBlock) => {
    if (block.number < next) return;
    next = block.number + 1n;
    const events: peer.ChaincodeEvent[] = [];
    for (const event of block.events) {
      if (event.chaincode !== request.getChaincodeId()) continue;
      if (isOpen) events.push(peer.ChaincodeEvent.deserializeBinary(event.bytes));
      else isOpen = event.txId === after;
    }
    if (events.length === 0) return;
    const response = new gateway.ChaincodeEventsResponse();
    response.setEventsList(events);
    response.setBlockNumber(Number(block.number));
    call.write(response);
  };
  for (const block of channel.blocks.slice(Number(next))) send(block);
  channel.on('block', send);
  const entry = {
    peer: context.peer,
    drop: () => {
      call.emit('error', gatewayError(status.UNAVAILABLE, 'devnode: stream dropped'));
    },
  };
  context.streams.add(entry);
  const stop = () => {
    channel.off('block', send);
    context.streams.delete(entry);
  };
  call.on('cancelled', stop);
  call.on('close', stop);
  call.on('error', stop);
}

function startOf(request: gateway.ChaincodeEventsRequest, height: bigint): bigint {
  const position = request.getStartPosition();
  if (position === undefined || position.hasNextCommit()) return height;
  const specified = position.getSpecified();
  if (specified !== undefined) return BigInt(specified.getNumber());
  const kind = position.hasOldest() ? 'Oldest' : 'Newest';
  throw gatewayError(
    status.INVALID_ARGUMENT,
    `invalid start position type: *orderer.SeekPosition_${kind}`,
  );
}
