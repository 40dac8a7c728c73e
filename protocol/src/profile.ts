import { check } from './check.ts';

/** Figures of a Fabric network, in seconds (design: swap, Time). */
export interface FabricProfile {
  /** D_F: from a proposal to its VALID commit, finding k willing organisations included. */
  readonly commitSec: bigint;
  /** How far behind an endorser's clock a stamp may lie. */
  readonly maxPastSec: bigint;
  /** How far ahead of an endorser's clock a stamp may lie. */
  readonly maxFutureSec: bigint;
  /** Refund iff stamp >= T + gap; at least maxFuture. */
  readonly gapSec: bigint;
}

/** Figures of an Ethereum network, in seconds. */
export interface EthereumProfile {
  /** D_E: from sending a transaction to its inclusion. */
  readonly inclusionSec: bigint;
  /** K_E: from inclusion to finality. */
  readonly finalitySec: bigint;
  /** R_E: the longest time after which a branch with older blocks can still win, from block.timestamp to visibility. At most K_E. */
  readonly reorgSpanSec: bigint;
}

/** Figures of a party's own operation, in seconds. */
export interface PartyProfile {
  /** O: from any fact to the party's reaction, one crash and restart included. */
  readonly observeSec: bigint;
  /** d: bound on the error of any clock that decides. */
  readonly skewSec: bigint;
  /** n: how often one Ethereum transaction may be thrown out by reorgs. */
  readonly thrownOut: bigint;
  /** True where somebody else (a relayer, a second node) re-sends what a reorg dropped; takes O out of each round. */
  readonly resentByOthers: boolean;
}

/** One deployment's figures. The planner derives every deadline from them. */
export interface SwapProfile {
  readonly name: string;
  readonly fabric: FabricProfile;
  readonly ethereum: EthereumProfile;
  readonly party: PartyProfile;
}

/** 1 s blocks, one slot an epoch, 100 ms batches: for the demo and tests. */
export const DEVELOPMENT: SwapProfile = {
  name: 'development',
  fabric: { commitSec: 1n, maxPastSec: 3n, maxFutureSec: 1n, gapSec: 6n },
  ethereum: { inclusionSec: 2n, finalitySec: 3n, reorgSpanSec: 1n },
  party: { observeSec: 2n, skewSec: 1n, thrownOut: 1n, resentByOthers: true },
};

/** A public test network with two-epoch finality and a consortium with default windows. */
export const TESTNET: SwapProfile = {
  name: 'testnet',
  fabric: { commitSec: 30n, maxPastSec: 60n, maxFutureSec: 10n, gapSec: 120n },
  ethereum: { inclusionSec: 120n, finalitySec: 960n, reorgSpanSec: 960n },
  party: { observeSec: 300n, skewSec: 15n, thrownOut: 1n, resentByOthers: false },
};

/** One hour as finality and reorg span, so that an hour without finality costs nobody anything. */
export const MAINNET_LIKE: SwapProfile = {
  name: 'mainnet-like',
  fabric: { commitSec: 30n, maxPastSec: 60n, maxFutureSec: 10n, gapSec: 120n },
  ethereum: { inclusionSec: 180n, finalitySec: 3600n, reorgSpanSec: 3600n },
  party: { observeSec: 600n, skewSec: 15n, thrownOut: 1n, resentByOthers: false },
};

export const PROFILES: readonly SwapProfile[] = [DEVELOPMENT, TESTNET, MAINNET_LIKE];

/** The default dead zone between claim and refund on Fabric: at no moment can both be endorsed. */
export function defaultGapSec(
  fabric: Pick<FabricProfile, 'maxPastSec' | 'maxFutureSec'>,
  skewSec: bigint,
): bigint {
  return fabric.maxPastSec + fabric.maxFutureSec + 2n * skewSec;
}

/**
 * Refuses a profile that contradicts itself.
 * @throws {MidlockError} PROFILE_INVALID naming the broken rule:
 * every figure >= 0, D > 0; R <= K; gap >= maxFuture; maxPast >= 2 d + D_F; maxPast + maxFuture >= 2 d.
 */
export function checkProfile(profile: SwapProfile): void {
  const { fabric, ethereum, party } = profile;
  const rules: readonly (readonly [string, string, boolean])[] = [
    [
      'profile.no-negative',
      'no figure is negative',
      [
        ...figuresOf(fabric),
        ...figuresOf(ethereum),
        party.observeSec,
        party.skewSec,
        party.thrownOut,
      ].every((figure) => figure >= 0n),
    ],
    ['profile.commit-positive', 'fabric.commitSec > 0', fabric.commitSec > 0n],
    ['profile.inclusion-positive', 'ethereum.inclusionSec > 0', ethereum.inclusionSec > 0n],
    [
      'profile.reorg-span',
      'ethereum.reorgSpanSec <= ethereum.finalitySec',
      ethereum.reorgSpanSec <= ethereum.finalitySec,
    ],
    [
      'profile.dead-zone',
      'fabric.gapSec >= fabric.maxFutureSec',
      fabric.gapSec >= fabric.maxFutureSec,
    ],
    [
      'profile.window-covers-commit',
      'fabric.maxPastSec >= 2 skewSec + commitSec',
      fabric.maxPastSec >= 2n * party.skewSec + fabric.commitSec,
    ],
    // maxPast + maxFuture >= 2 d follows from this one.
  ];
  for (const [id, rule, kept] of rules)
    check(id, kept, 'PROFILE_INVALID', { profile: profile.name, rule });
}

function figuresOf(part: FabricProfile | EthereumProfile): readonly bigint[] {
  return Object.values(part) as readonly bigint[];
}
