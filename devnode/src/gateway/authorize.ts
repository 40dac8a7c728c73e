import * as grpc from '@grpc/grpc-js';
import type { GatewayContext } from './context.ts';
import { gatewayError } from './status.ts';

interface Signed {
  getRequest_asU8(): Uint8Array;
  getSignature_asU8(): Uint8Array;
}

interface Request {
  getIdentity_asU8(): Uint8Array;
  getChannelId(): string;
}

/**
 * What a client asks to read of a channel, under the policy Readers of the one that it names; the end of a certificate's
 * validity does not matter here. Throws PERMISSION_DENIED.
 */
export function authorize(
  { registry, channel }: Pick<GatewayContext, 'registry' | 'channel'>,
  signed: Signed,
  request: Request,
): void {
  if (request.getChannelId() !== channel.name)
    throw gatewayError(
      grpc.status.PERMISSION_DENIED,
      `Failed to get policy manager for channel [${request.getChannelId()}]`,
    );
  try {
    const reader = registry.identifyIgnoringExpiry(request.getIdentity_asU8());
    if (registry.verifySignature(reader, signed.getRequest_asU8(), signed.getSignature_asU8()))
      return;
  } catch {
    // Said below in the gateway's own words.
  }
  throw gatewayError(
    grpc.status.PERMISSION_DENIED,
    `Failed evaluating policy on signed data during check policy on channel [${channel.name}] with policy [/Channel/Application/Readers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Readers' sub-policies to be satisfied]`,
  );
}
