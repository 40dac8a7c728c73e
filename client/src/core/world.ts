import type { LedgerName } from '@midlock/protocol';

/** What a core may know of the moment in which an event arrives; time is data, never read by the core. */
export interface World {
  /** The host's clock after correction, seconds. */
  readonly nowSec: bigint;
  /** Each ledger's own time, seconds: the head block's timestamp, on Fabric also the fastest endorser's clock. */
  readonly headSec: Readonly<Record<LedgerName, bigint>>;
  /** Ledgers that are still catching up or whose finality went backwards: no new lock and no reveal until they can be relied on. */
  readonly halted: readonly LedgerName[];
}

/** The later of the ledger's time and the corrected clock: what guards are judged by (design: swap, Time). */
export function latestSec(world: World, ledger: LedgerName): bigint {
  const head = world.headSec[ledger];
  return head > world.nowSec ? head : world.nowSec;
}
