import type { AssetLedger } from './asset-ledger.ts';
import type { Clock } from './clock.ts';

/** What one organisation's chaincode process brings from outside. */
export interface ChaincodePorts {
  readonly clock: Clock;
  /** The organisation whose peer this process serves. */
  readonly mspId: string;
  /** Where locked assets come from and go to; the first that keeps an asset has it. */
  readonly ledgers: readonly AssetLedger[];
}
