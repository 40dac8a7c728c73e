import type * as grpc from '@grpc/grpc-js';
import type { Endorser } from '../endorser/endorser.ts';
import type { ChannelLedger } from '../ledger/channel.ts';
import type { MspRegistry } from '../msp/index.ts';
import type { Batcher } from '../orderer/batcher.ts';

/** What one organisation's gateway works with. */
export interface GatewayContext {
  readonly mspId: string;
  readonly channel: ChannelLedger;
  readonly registry: MspRegistry;
  readonly batcher: Batcher;
  readonly endorsers: ReadonlyMap<string, Endorser>;
  readonly isUp: (mspId: string) => boolean;
  readonly nowMs: () => number;
  /** Streams that an administrator can drop. */
  readonly streams: Set<{ readonly mspId: string; readonly drop: () => void }>;
}

export type EventCall<Q, R> = grpc.ServerWritableStream<Q, R>;
