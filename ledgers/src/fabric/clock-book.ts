import { MidlockError } from '@midlock/protocol';
import type { EndorserTime } from './answers.ts';
import type { EndorserClock } from './stamp.ts';

export interface ClockBookOptions {
  /** Asks one organisation for its clock. */
  readonly query: (mspId: string) => Promise<EndorserTime>;
  /** This machine's clock; may be wrong by any amount. */
  readonly nowMs: () => bigint;
  /** How long an offset counts; default 30 s. */
  readonly maxAgeMs?: bigint;
  /** How long an organisation that did not answer is not asked again; default 5 s. */
  readonly retryAfterMs?: bigint;
}

/** What is known of an organisation's clock. */
export interface ClockOffset {
  readonly mspId: string;
  /** The organisation's clock minus this machine's, milliseconds. */
  readonly offsetMs: bigint;
  /** Half of the round trip: the offset's error. */
  readonly errorMs: bigint;
  readonly measuredAtMs: bigint;
}

/** Keeps one clock offset per organisation. */
export interface ClockBook {
  /** The organisations' clocks now; asks those whose offset is old. Throws ENDPOINT_UNREACHABLE, ENDPOINT_LIED. */
  clocks(mspIds: readonly string[]): Promise<readonly EndorserClock[]>;
  /** Forgets offsets, so that the next use measures again: an endorser refused a stamp. */
  forget(mspIds: readonly string[]): void;
  /** Everything measured, for logs and metrics. */
  offsets(): readonly ClockOffset[];
}

interface Reading extends ClockOffset {
  readonly time: EndorserTime;
}

export function createClockBook({
  query,
  nowMs,
  maxAgeMs = 30_000n,
  retryAfterMs = 5_000n,
}: ClockBookOptions): ClockBook {
  const readings = new Map<string, Promise<Reading>>();
  const lastGood = new Map<string, Reading>();
  const failures = new Map<string, { readonly error: unknown; readonly atMs: bigint }>();

  async function measure(mspId: string): Promise<Reading> {
    const before = nowMs();
    const time = await query(mspId).catch((error: unknown) => {
      if (!(error instanceof MidlockError)) throw error;
      throw new MidlockError(error.code, { ...error.data, organization: mspId });
    });
    const after = nowMs();
    if (time.mspId !== mspId)
      throw new MidlockError('ENDPOINT_LIED', { organization: mspId, answeredBy: time.mspId });
    return {
      mspId,
      offsetMs: time.clockMs - (before + after) / 2n,
      errorMs: (after - before + 1n) / 2n,
      measuredAtMs: after,
      time,
    };
  }

  async function reading(mspId: string): Promise<Reading> {
    const known = await readings.get(mspId)?.catch(() => undefined);
    if (known !== undefined && isFresh(known.measuredAtMs, maxAgeMs)) return known;
    const failure = failures.get(mspId);
    if (failure !== undefined && isFresh(failure.atMs, retryAfterMs)) throw failure.error;
    const fresh = measure(mspId);
    readings.set(mspId, fresh);
    try {
      lastGood.set(mspId, await fresh);
    } catch (error) {
      failures.set(mspId, { error, atMs: nowMs() });
      throw error;
    }
    return fresh;
  }

  /** An age below zero means that this machine's clock was set back. */
  function isFresh(atMs: bigint, forMs: bigint): boolean {
    const age = nowMs() - atMs;
    return age >= 0n && age < forMs;
  }

  return {
    clocks: (mspIds) =>
      Promise.all(
        mspIds.map(async (mspId) => {
          const { offsetMs, time } = await reading(mspId);
          return {
            mspId,
            nowMs: nowMs() + offsetMs,
            maxPastMs: time.maxPastSec * 1000n,
            maxFutureMs: time.maxFutureSec * 1000n,
          };
        }),
      ),
    forget: (mspIds) => {
      for (const mspId of mspIds) {
        readings.delete(mspId);
        failures.delete(mspId);
      }
    },
    offsets: () => [...lastGood.values()],
  };
}
