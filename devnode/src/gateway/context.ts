import type * as grpc from '@grpc/grpc-js';
import type { Endorser } from '../endorser/endorser.ts';
import type { ChannelLedger } from '../ledger/channel.ts';
import type { MspRegistry } from '../msp/index.ts';
import type { Batcher } from '../orderer/batcher.ts';

/** What one peer's gateway works with. */
export interface GatewayContext {
  /** The peer that the gateway is part of. */
  readonly peer: Endorser;
  /** Organisation of that peer. */
  readonly mspId: string;
  readonly channel: ChannelLedger;
  readonly registry: MspRegistry;
  readonly batcher: Batcher;
  /** All peers of the channel. */
  readonly endorsers: readonly Endorser[];
  readonly isUp: (peer: Endorser) => boolean;
  readonly nowMs: () => number;
  /** Streams that an administrator can drop. */
  readonly streams: Set<{ readonly peer: Endorser; readonly drop: () => void }>;
}

export type EventCall<Q, R> = grpc.ServerWritableStream<Q, R>;
