import type { AssetKind, FabricAccount, FabricLeg, Hex32 } from '@midlock/protocol';
import type { MidlockContext } from './context.ts';

/** How much of an asset there is. `rows` counts what was summed in `free`. */
export interface AssetSupply {
  readonly issued: bigint;
  readonly burnt: bigint;
  readonly free: bigint;
  readonly rows: bigint;
  /** False where a limit cut the count: then nothing can be concluded. */
  readonly complete: boolean;
}

/**
 * What mid-accounts ask of whoever keeps an asset. Midlock's notes and unique assets are the first implementations;
 * an operator's own contract class can be another (README, Your own token).
 *
 * The promise that every swap depends on: while a lock is open, no other transaction may write a key that its
 * `credit` reads. Write new rows blindly instead of changing a shared balance.
 */
export interface AssetLedger {
  /** True iff this ledger keeps the asset; a pure function of its arguments. */
  keeps(kind: AssetKind, assetId: string): boolean;
  /** Sums for the conservation report, undefined for an asset it does not know. Evaluate only, so it may scan. */
  describe(ctx: MidlockContext, assetId: string): Promise<AssetSupply | undefined>;
  /**
   * Takes `leg.amount` from `leg.owner` for `swapId`; the caller's right to the owner's account is checked already.
   * `inputs` are the lock's second argument: note ids here, whatever an operator's ledger needs there.
   */
  debit(
    ctx: MidlockContext,
    leg: FabricLeg,
    swapId: Hex32,
    inputs: readonly string[],
  ): Promise<void>;
  /** Gives what `debit` took for `swapId` to `to`. It must not be able to fail once `debit` has committed. */
  credit(ctx: MidlockContext, leg: FabricLeg, swapId: Hex32, to: FabricAccount): Promise<void>;
}
