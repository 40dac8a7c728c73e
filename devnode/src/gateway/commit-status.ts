import * as grpc from '@grpc/grpc-js';
import { gateway } from '@hyperledger/fabric-protos';
import { authorize } from './authorize.ts';
import type { GatewayContext } from './context.ts';
import { gatewayError } from './status.ts';

const { status } = grpc;

/** Answers at once for a known transaction, otherwise when it commits; `onCancel` is called with the way to stop waiting. */
export function commitStatus(
  context: GatewayContext,
  signed: gateway.SignedCommitStatusRequest,
  onCancel: (stop: () => void) => void,
): Promise<gateway.CommitStatusResponse> {
  const request = gateway.CommitStatusRequest.deserializeBinary(signed.getRequest_asU8());
  const { channel } = context;
  const txId = request.getTransactionId();
  if (request.getIdentity_asU8().length === 0)
    throw gatewayError(status.INVALID_ARGUMENT, 'no identity provided');
  if (request.getChannelId() === '')
    throw gatewayError(status.INVALID_ARGUMENT, 'no channel ID provided');
  if (txId === '')
    throw gatewayError(status.INVALID_ARGUMENT, 'transaction ID should not be empty');
  authorize(context, signed, request);
  return new Promise((resolve) => {
    const answer = (): boolean => {
      const found = channel.transactions.get(txId);
      if (found === undefined) return false;
      const response = new gateway.CommitStatusResponse();
      response.setResult(found.code as 0);
      response.setBlockNumber(Number(found.block));
      resolve(response);
      return true;
    };
    if (answer()) return;
    const listener = () => {
      if (answer()) channel.off('block', listener);
    };
    channel.on('block', listener);
    onCancel(() => channel.off('block', listener));
  });
}
