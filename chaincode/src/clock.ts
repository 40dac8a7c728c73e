/** The endorser's clock. It refuses stamps and answers the read-only `time` query; it never enters state. */
export interface Clock {
  /** Unix milliseconds. */
  nowMs(): bigint;
}

export const systemClock: Clock = { nowMs: () => BigInt(Date.now()) };
