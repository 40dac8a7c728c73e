import * as grpc from '@grpc/grpc-js';
import type { GatewayContext } from './context.ts';
import { gatewayError } from './status.ts';

/** The Readers policy on a signed request; the end of a certificate's validity does not matter here. Throws PERMISSION_DENIED. */
export function authorize(
  { registry, channel }: Pick<GatewayContext, 'registry' | 'channel'>,
  identity: Uint8Array,
  message: Uint8Array,
  signature: Uint8Array,
): void {
  try {
    if (registry.verifySignature(registry.identifyIgnoringExpiry(identity), message, signature))
      return;
  } catch {
    // Said below in the gateway's own words.
  }
  throw gatewayError(
    grpc.status.PERMISSION_DENIED,
    `Failed evaluating policy on signed data during check policy on channel [${channel.name}] with policy [/Channel/Application/Readers]: [implicit policy evaluation failed - 0 sub-policies were satisfied, but this policy requires 1 of the 'Readers' sub-policies to be satisfied]`,
  );
}
