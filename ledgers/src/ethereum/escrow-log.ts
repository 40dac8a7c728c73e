import { decodeEscrowLog, escrowError, escrowTopic, type EscrowEvent } from '@midlock/evm';
import { MidlockError, isMidlockError, type Address } from '@midlock/protocol';
import type { WireLog } from './wire.ts';

export interface EscrowAddress {
  readonly chainId: bigint;
  readonly escrow: Address;
}

/** The events that swaps depend on. */
export type SwapEvent = Extract<EscrowEvent, { readonly kind: 'locked' | 'claimed' | 'refunded' }>;

/** Topics of the three events that swaps depend on. */
export const SWAP_TOPICS: readonly string[] = (['Locked', 'Claimed', 'Refunded'] as const).map(
  escrowTopic,
);

/**
 * Reads a log of the escrow as one of the three swap events; undefined for its other events.
 * @throws {MidlockError} ENDPOINT_LIED when the data do not fit the topic.
 */
export function readSwapLog(log: WireLog, chainId: bigint): SwapEvent | undefined {
  const event = readEscrowLog(log, chainId);
  if (event?.kind === 'locked' || event?.kind === 'claimed' || event?.kind === 'refunded')
    return event;
  if (SWAP_TOPICS.includes(log.topics[0] ?? '')) throw malformed(log);
  return undefined;
}

/** Reads any log of the escrow; undefined for an event that it does not have. Throws ENDPOINT_LIED. */
export function readEscrowLog(log: WireLog, chainId: bigint): EscrowEvent | undefined {
  try {
    return decodeEscrowLog(log, chainId);
  } catch (error) {
    if (isMidlockError(error)) throw malformed(log);
    throw error;
  }
}

/** The contract's refusal by its code; ESCROW_REVERTED where the node gives no reason. */
export function revertError(data: string | undefined): MidlockError {
  return data === undefined ? new MidlockError('ESCROW_REVERTED', {}) : escrowError(data);
}

function malformed({ txId }: WireLog): MidlockError {
  return new MidlockError('ENDPOINT_LIED', { what: 'malformed escrow event', txId });
}
