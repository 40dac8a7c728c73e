import { MidlockError, type Address } from '@midlock/protocol';

/** Fees of one transaction, wei per gas. `legacy` for chains without EIP-1559. */
export type Fees =
  | {
      readonly kind: 'eip1559';
      readonly maxFeePerGas: bigint;
      readonly maxPriorityFeePerGas: bigint;
    }
  | { readonly kind: 'legacy'; readonly gasPrice: bigint };

/** How much to pay, and when more. */
export interface FeePolicy {
  /** Never pay more than this per gas, wei. */
  readonly maxFeePerGasCap: bigint;
  /** Least tip per gas, wei. */
  readonly minPriorityFeePerGas: bigint;
  /** Within so many seconds of the deadline the fee climbs to the cap, linearly. */
  readonly urgentWindowSec: bigint;
}

export const DEFAULT_FEE_POLICY: FeePolicy = {
  maxFeePerGasCap: 500_000_000_000n,
  minPriorityFeePerGas: 1_000_000_000n,
  urgentWindowSec: 600n,
};

/** What the chain asks now: base fee of the head (undefined before EIP-1559), the node's suggested tip or gas price. */
export interface FeeMarket {
  readonly baseFeePerGas: bigint | undefined;
  readonly suggested: bigint;
}

export interface FeeRequest {
  readonly market: FeeMarket;
  readonly policy: FeePolicy;
  /** Seconds until inclusion stops to matter; undefined when nothing presses. */
  readonly remainingSec?: bigint;
  /** Fees of the transaction that this one replaces; both fields rise by at least an eighth. */
  readonly replaces?: Fees;
}

/**
 * The fee curve, pure. Calm: twice the base fee plus the tip, so that six full blocks do not strand it.
 * In the urgent window the tip climbs linearly until the whole cap is bid at the deadline.
 * A replacement never pays less than 9/8 of what it replaces (nodes ask for 10 %, some for 12.5 %).
 * @throws {MidlockError} FEE_BUDGET when the replacement, or the base fee itself, lies above the cap.
 */
export function chooseFees({ market, policy, remainingSec, replaces }: FeeRequest): Fees {
  const cap = policy.maxFeePerGasCap;
  const base = market.baseFeePerGas;
  const calmTip = max(market.suggested, policy.minPriorityFeePerGas);
  const tip = climb(min(calmTip, cap), cap, urgency(policy, remainingSec));
  if (base === undefined || replaces?.kind === 'legacy') {
    const floor = replaces === undefined ? 0n : raised(feeOf(replaces));
    const gasPrice = max(base === undefined ? tip : min(2n * base + tip, cap), floor);
    if (gasPrice > cap) throw overCap(gasPrice, cap);
    return { kind: 'legacy', gasPrice };
  }
  const priorityFloor = replaces === undefined ? 0n : raised(replaces.maxPriorityFeePerGas);
  const feeFloor = max(base, replaces === undefined ? 0n : raised(replaces.maxFeePerGas));
  const maxPriorityFeePerGas = max(tip, priorityFloor);
  const maxFeePerGas = max(min(2n * base + maxPriorityFeePerGas, cap), feeFloor);
  if (maxFeePerGas > cap) throw overCap(maxFeePerGas, cap);
  return {
    kind: 'eip1559',
    maxFeePerGas,
    maxPriorityFeePerGas: min(maxPriorityFeePerGas, maxFeePerGas),
  };
}

/** The most that a transaction can take from its sender, wei. */
export function maxCost(fees: Fees, gasLimit: bigint, value: bigint): bigint {
  return feeOf(fees) * gasLimit + value;
}

/** Throws FEE_BUDGET when `balance` cannot pay the worst case. */
export function checkBudget(account: Address, balance: bigint, needed: bigint): void {
  if (balance < needed) throw new MidlockError('FEE_BUDGET', { account, balance, needed });
}

function feeOf(fees: Fees): bigint {
  return fees.kind === 'legacy' ? fees.gasPrice : fees.maxFeePerGas;
}

/** 0 = calm .. 1000 = at the deadline. */
function urgency(policy: FeePolicy, remainingSec: bigint | undefined): bigint {
  if (remainingSec === undefined || remainingSec >= policy.urgentWindowSec) return 0n;
  if (remainingSec <= 0n) return 1000n;
  return 1000n - (1000n * remainingSec) / policy.urgentWindowSec;
}

function climb(from: bigint, to: bigint, permille: bigint): bigint {
  return from + ((to - from) * permille) / 1000n;
}

function raised(fee: bigint): bigint {
  return (fee * 9n + 7n) / 8n;
}

function overCap(needed: bigint, cap: bigint): MidlockError {
  return new MidlockError('FEE_BUDGET', { reason: 'above the fee cap', needed, cap });
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function min(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
