import type { common } from '@hyperledger/fabric-protos';

/** google.protobuf.Timestamp, whose own types are not installed. */
export interface StampMessage {
  getSeconds(): number;
  setSeconds(seconds: number): void;
  getNanos(): number;
  setNanos(nanos: number): void;
}

/** The stamp of a channel header, or undefined. */
export function stampOf(header: common.ChannelHeader): StampMessage | undefined {
  return header.getTimestamp();
}

/** Milliseconds since 1970, rounded down. */
export function toMilliseconds(stamp: StampMessage): bigint {
  return BigInt(stamp.getSeconds()) * 1000n + BigInt(Math.floor(stamp.getNanos() / 1_000_000));
}
