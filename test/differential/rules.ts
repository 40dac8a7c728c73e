import { NETWORK_ID, CONFIG, NOW_MS } from '../../chaincode/src/testing/world.ts';
import type { FabricLimits } from '@midlock/client/model';
import type { FabricProfile, Hex32 } from '@midlock/protocol';

/** First second of every life cycle, on both ledgers. */
export const START_SEC = NOW_MS / 1000n;

/** The chaincode's configuration as the model takes it. */
export const FABRIC_PROFILE: FabricProfile = {
  commitSec: BigInt(CONFIG.minDurationSec),
  maxPastSec: BigInt(CONFIG.maxPastSec),
  maxFutureSec: BigInt(CONFIG.maxFutureSec),
  gapSec: BigInt(CONFIG.gapSec),
};

export const FABRIC_LIMITS: FabricLimits = {
  networkId: NETWORK_ID as Hex32,
  maxDurationSec: BigInt(CONFIG.maxDurationSec),
  marginSec: {
    'fabric-first': BigInt(CONFIG.fabricFirstMarginSec),
    'ethereum-first': BigInt(CONFIG.ethereumFirstMarginSec),
  },
};

/** The escrow's limits: at least and at most so many seconds to a deadline. */
export const ESCROW_SEC = { min: 3n, max: 600n } as const;

/** Fungible assets on Fabric; the last one nobody has. */
export const ASSETS = ['EUR', 'OIL'] as const;
export const UNKNOWN_ASSET = 'XYZ';
export interface WholeAsset {
  readonly assetId: string;
  readonly kind: 'unique' | 'evidence';
  readonly holder: 'alice' | 'bob';
}

/** A unique asset and a piece of evidence, each with its first holder. */
export const WHOLE_ASSETS: readonly WholeAsset[] = [
  { assetId: 'deed', kind: 'unique', holder: 'alice' },
  { assetId: 'paper', kind: 'evidence', holder: 'bob' },
];
/** Of all of these supply and locked amounts are compared, and with the unknown one balances. */
export const CONSERVED: readonly string[] = [
  ...ASSETS,
  ...WHOLE_ASSETS.map(({ assetId }) => assetId),
];

/** What everybody starts with: notes of this size on Fabric, minor units in the escrow and in the wallet on Ethereum. */
export const NOTE = 25n;
export const NOTES_EACH = 6;
export const CREDIT = 1_000n;
/** More than any lock can hold: only balances of the escrow run short. */
export const WALLET = 2n ** 100n;
