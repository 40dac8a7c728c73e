import * as grpc from '@grpc/grpc-js';
import { gateway, google } from '@hyperledger/fabric-protos';
import anyPb from 'google-protobuf/google/protobuf/any_pb.js';
import type { Endorser } from '../endorser/endorser.ts';

export interface PeerDetail {
  readonly address: string;
  readonly mspId: string;
  readonly message: string;
}

/** What one peer said, as a detail of the gateway's error. */
export function detailOf({ options }: Endorser, message: string): PeerDetail {
  return { address: options.address, mspId: options.mspId, message };
}

/** A gRPC error in the shape of a real gateway: code, text, and per-peer details in the status trailer. */
export function gatewayError(
  code: grpc.status,
  message: string,
  details: readonly PeerDetail[] = [],
): grpc.ServiceError {
  const metadata = new grpc.Metadata();
  if (details.length > 0) {
    const status = new google.rpc.Status();
    status.setCode(code);
    status.setMessage(message);
    for (const { address, mspId, message: text } of details) {
      const detail = new gateway.ErrorDetail();
      detail.setAddress(address);
      detail.setMspId(mspId);
      detail.setMessage(text);
      const any = new anyPb.Any();
      any.setTypeUrl('type.googleapis.com/gateway.ErrorDetail');
      any.setValue(detail.serializeBinary());
      status.addDetails(any);
    }
    metadata.set('grpc-status-details-bin', Buffer.from(status.serializeBinary()));
  }
  // grpc-go does not escape a blank at the end, and Node's HTTP/2 then drops the whole header: clients see no text.
  const text = message.endsWith(' ') ? '' : message;
  return Object.assign(new Error(text), { code, details: text, metadata });
}
