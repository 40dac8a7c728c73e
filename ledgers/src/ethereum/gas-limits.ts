import type { EthereumLock } from '@midlock/protocol';

/** Gas that a one-shot payout may hand on and must keep back; fixed when an escrow is deployed (`limits()`). */
export interface PayoutGas {
  readonly payoutGas: bigint;
  readonly payoutReserve: bigint;
}

/**
 * Gas limits as constants: nothing is estimated, since an estimate of a claim would show the secret to a node.
 * Each is at least twice the measured cost (evm/gas), so that repricing does not strand a claim; unused gas costs nothing.
 */
const LOCK_BALANCE = 150_000n;
const LOCK_DIRECT = 300_000n;
const SETTLE = 120_000n;
const CONSENT = 200_000n;
const BATCH_BASE = 80_000n;
const BATCH_LOCK = 60_000n;
const BATCH_SETTLE = 50_000n;

export const TRANSFER_GAS = 21_000n;
export const TOKEN_GAS = 120_000n;
export const ACCOUNT_GAS = 250_000n;

export function lockGas(direct: boolean): bigint {
  return direct ? LOCK_DIRECT : LOCK_BALANCE;
}

/** For a claim or a refund. */
export function settleGas(lock: Pick<EthereumLock, 'direct'>, payout: PayoutGas): bigint {
  return SETTLE + payoutGas(lock, payout);
}

/** For a refund with an early consent: one signature check more, EIP-1271 included. */
export function consentGas(lock: Pick<EthereumLock, 'direct'>, payout: PayoutGas): bigint {
  return CONSENT + payoutGas(lock, payout);
}

export function lockManyGas(count: number): bigint {
  return BATCH_BASE + BATCH_LOCK * BigInt(count);
}

/** For claims or refunds of a batch. */
export function settleManyGas(
  locks: readonly Pick<EthereumLock, 'direct'>[],
  payout: PayoutGas,
): bigint {
  return locks.reduce((sum, lock) => sum + BATCH_SETTLE + payoutGas(lock, payout), BATCH_BASE);
}

function payoutGas({ direct }: Pick<EthereumLock, 'direct'>, payout: PayoutGas): bigint {
  return direct ? payout.payoutGas + payout.payoutReserve : 0n;
}
