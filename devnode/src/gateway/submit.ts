import * as grpc from '@grpc/grpc-js';
import { common, gateway } from '@hyperledger/fabric-protos';
import type { GatewayContext } from './context.ts';
import { gatewayError } from './status.ts';

const { status } = grpc;
const ABSOLUTE_MAX_BYTES = 10 * 1024 * 1024;

/** Hands a signed envelope to ordering after the orderer's own checks: size, then the Writers policy. */
export function submit(
  { channel, registry, batcher, nowMs }: GatewayContext,
  request: gateway.SubmitRequest,
): gateway.SubmitResponse {
  const envelope = request.getPreparedTransaction();
  if (envelope === undefined)
    throw gatewayError(status.INVALID_ARGUMENT, 'a prepared transaction is required');
  if (envelope.getSignature_asU8().length === 0)
    throw gatewayError(status.INVALID_ARGUMENT, 'prepared transaction must be signed');
  const payloadBytes = envelope.getPayload_asU8();
  const size = payloadBytes.length + envelope.getSignature_asU8().length;
  const rejected = (code: string, info: string) =>
    gatewayError(
      status.ABORTED,
      `received unsuccessful response from orderer: status=${code}, info=${info}`,
    );
  let creator: Uint8Array;
  let channelId: string;
  try {
    const header = common.Payload.deserializeBinary(payloadBytes).getHeader();
    creator = common.SignatureHeader.deserializeBinary(
      header?.getSignatureHeader_asU8() ?? new Uint8Array(),
    ).getCreator_asU8();
    channelId = common.ChannelHeader.deserializeBinary(
      header?.getChannelHeader_asU8() ?? new Uint8Array(),
    ).getChannelId();
  } catch {
    throw rejected('BAD_REQUEST', 'error unmarshalling payload');
  }
  if (channelId !== channel.name)
    throw rejected(
      'NOT_FOUND',
      'channel creation request not allowed because the orderer system channel is not defined',
    );
  if (size > ABSOLUTE_MAX_BYTES)
    throw rejected(
      'BAD_REQUEST',
      `message payload is ${String(size)} bytes and exceeds maximum allowed ${String(ABSOLUTE_MAX_BYTES)} bytes`,
    );
  try {
    const identity = registry.identify(creator, nowMs());
    if (!registry.verifySignature(identity, payloadBytes, envelope.getSignature_asU8()))
      throw new Error('signature');
  } catch {
    throw rejected(
      'FORBIDDEN',
      "implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Writers' sub-policies to be satisfied: permission denied",
    );
  }
  batcher.add(envelope.serializeBinary());
  return new gateway.SubmitResponse();
}
